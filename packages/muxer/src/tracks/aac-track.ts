import { AdtsHeader } from '../aac/adts-header.js';
import { encodeAudioSpecificConfig } from '../aac/audio-specific-config.js';
import {
  type ProgramConfigElement,
  readProgramConfigElement,
  startsWithProgramConfig,
} from '../aac/program-config-element.js';
import { configurationChannels } from '../aac/sampling-frequencies.js';
import { around, equalBytes, readUint16 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import { AacPacketType, aacHeaderSize, aacTagHeader, SoundFormat } from '../flv/audio-tag-header.js';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { allocateBody, bodyHeadroom, ownTag, requireHeadroom } from '../flv/tag-body.js';
import { PacketFrames, requireFrameCount } from '../frames/packet-frames.js';
import type { MediaPacket } from '../media-packet.js';
import { type AudioParameters, unlessSame } from '../parameters.js';
import { stamp, type Timeline, type TrackClock, wrap32 } from '../timeline/timeline.js';
import type { AudioTrack } from './audio-track.js';

/** Samples of one channel in a raw data block. */
const samplesPerBlock = 1024;

/** Of the frame at hand. All tracks share it: among a thousand of their own, none would be in the processor's cache. */
const header = new AdtsHeader();
const frames = new PacketFrames();

/** An audio track of AAC in ADTS frames. */
export class AacTrack implements AudioTrack {
  readonly #timeline: Timeline;
  readonly #clock: TrackClock;
  #programConfig: ProgramConfigElement | undefined;
  #configuration = -1;
  #sentConfig: Uint8Array | undefined;
  parameters: AudioParameters | undefined;

  constructor(timeline: Timeline, clock: TrackClock) {
    this.#clock = clock;
    this.#timeline = timeline;
  }

  /** Each raw data block becomes a tag of its own, stamped by the samples before it in the packet. */
  mux(packet: MediaPacket, out: FlvTag[]): void {
    requireHeadroom(packet);
    this.#check(packet.data, packet.encrypted === true);
    const before = this.parameters;
    const timeline = this.#timeline;
    const dts = timeline.unwrap(Number.isNaN(packet.dts) ? packet.pts : packet.dts);
    let time = timeline.place(this.#clock, dts);
    const { data } = packet;
    if (frames.damage !== undefined) timeline.onWarning?.(frames.damage, frames.lost);
    for (let i = 0; i < frames.count; i++) {
      const offset = frames.starts[i]!;
      header.read(data, offset);
      time += (frames.missing[i]! * samplesPerBlock * 1000) / header.sampleRate;
      this.#configure(packet, offset, wrap32(stamp(this.#clock, time)), out);
      const blockDuration = (samplesPerBlock * 1000) / header.sampleRate;
      for (let block = 0; block < header.rawDataBlocks; block++) {
        this.#emitBlock(packet, offset, block, wrap32(stamp(this.#clock, time)), out);
        time += blockDuration;
      }
    }
    // A change that the packet itself takes back is none.
    this.parameters = unlessSame(before, this.parameters!);
  }

  /** Finds the frames, and looks at each, before anything is given out or written. */
  #check(data: Uint8Array, encrypted: boolean): void {
    if (data.length === 0)
      throw new MuxerError('ERR_CLOUDPUSH_AUDIO_EMPTY', { actual: 0, permitted: '≥ 1 byte' });
    frames.find(data, header);
    let programConfig = this.#programConfig;
    let blocks = 0;
    for (let i = 0; i < frames.count; i++) {
      const offset = frames.starts[i]!;
      header.read(data, offset);
      if (header.rawDataBlocks > 1 || header.channelConfiguration === 0) {
        const start = offset + header.headerSize;
        const withElement =
          header.channelConfiguration === 0 && !encrypted && startsWithProgramConfig(data, start);
        const element = withElement
          ? readProgramConfigElement(data, start, offset + header.frameLength)
          : programConfig;
        const damage = damageOf(header, data, offset, element);
        if (damage !== undefined) {
          frames.drop(i--, damage);
          continue;
        }
        programConfig = element;
      }
      blocks += header.rawDataBlocks;
      requireFrameCount(blocks, offset);
    }
    frames.require(data, header);
  }

  /** Sends a sequence header when the AudioSpecificConfig has changed. */
  #configure(packet: MediaPacket, offset: number, timestamp: number, out: FlvTag[]): void {
    const start = offset + header.headerSize;
    const ownChannels = header.channelConfiguration === 0;
    const withElement =
      ownChannels && packet.encrypted !== true && startsWithProgramConfig(packet.data, start);
    if (header.configuration === this.#configuration && !withElement) return;
    if (withElement) {
      this.#programConfig = readProgramConfigElement(packet.data, start, offset + header.frameLength);
    }
    const programConfig = ownChannels ? this.#programConfig : undefined;
    const config = encodeAudioSpecificConfig(header, programConfig);
    this.#configuration = header.configuration;
    if (this.#sentConfig !== undefined && equalBytes(config, this.#sentConfig)) return;
    this.#sentConfig = config;
    this.parameters = unlessSame(this.parameters, {
      codec: 'aac',
      sampleRate: header.sampleRate,
      channels: programConfig?.channels ?? configurationChannels[header.channelConfiguration]!,
      sampleSize: 16,
      objectType: header.objectType,
      audioCodecId: SoundFormat.aac,
      samplesPerFrame: samplesPerBlock,
    });
    out.push(sequenceHeader(config, timestamp));
  }

  #emitBlock(packet: MediaPacket, offset: number, block: number, timestamp: number, out: FlvTag[]): void {
    const start = rawDataBlockStart(header, packet.data, offset, block);
    const end = rawDataBlockEnd(header, packet.data, offset, block);
    if (packet.headroom > 0) {
      // The tag header takes the place of the end of the ADTS header; what is left of it is headroom.
      const first = start - aacHeaderSize;
      const body = around(packet.data, first, end);
      body[0] = aacTagHeader;
      body[1] = AacPacketType.raw;
      const room = offset === 0 && block === 0 ? first + packet.headroom : block === 0 ? first - offset : 0;
      out.push(new FlvTag(TagType.audio, TagRole.audioFrame, timestamp, [body], body.length, room));
      return;
    }
    const lead = allocateBody(aacHeaderSize);
    lead[0] = aacTagHeader;
    lead[1] = AacPacketType.raw;
    const parts = [lead, packet.data.subarray(start, end)];
    const size = aacHeaderSize + end - start;
    out.push(new FlvTag(TagType.audio, TagRole.audioFrame, timestamp, parts, size, bodyHeadroom));
  }

  sequenceHeader(timestamp: number): FlvTag | undefined {
    return this.#sentConfig === undefined ? undefined : sequenceHeader(this.#sentConfig, timestamp);
  }
}

function sequenceHeader(config: Uint8Array, timestamp: number): FlvTag {
  const body = allocateBody(aacHeaderSize + config.length);
  body[0] = aacTagHeader;
  body[1] = AacPacketType.sequenceHeader;
  body.set(config, aacHeaderSize);
  return ownTag(TagType.audio, TagRole.audioSequenceHeader, timestamp, body);
}

/** Bytes of crc_check behind each raw data block of a protected frame that has several. */
const blockCrcSize = 2;

/** What is wrong with a frame beside its header. */
function damageOf(
  header: AdtsHeader,
  data: Uint8Array,
  offset: number,
  programConfig: ProgramConfigElement | undefined,
): MuxerError | undefined {
  if (header.rawDataBlocks > 1) {
    const damage = rawDataBlockDamage(header, data, offset);
    if (damage !== undefined) return damage;
  }
  if (header.channelConfiguration !== 0 || programConfig !== undefined) return undefined;
  return new MuxerError('ERR_CLOUDPUSH_ADTS_NO_CHANNELS', {
    offset,
    field: 'channel_configuration',
    actual: 0,
    permitted: '1 to 7, or 0 with a program_config_element()',
  });
}

/**
 * Where several raw data blocks of a frame begin is told only with error protection, by
 * adts_header_error_check() (ISO/IEC 14496-3 §1.A.2.2.3), relative to the first of them.
 */
function rawDataBlockDamage(header: AdtsHeader, data: Uint8Array, offset: number): MuxerError | undefined {
  if (header.protectionAbsent) {
    return new MuxerError('ERR_CLOUDPUSH_ADTS_RAW_DATA_BLOCKS', {
      offset,
      field: 'number_of_raw_data_blocks_in_frame',
      actual: header.rawDataBlocks - 1,
      permitted: '0 when protection_absent is 1',
    });
  }
  for (let block = 0; block < header.rawDataBlocks; block++) {
    const start = rawDataBlockStart(header, data, offset, block);
    const end = rawDataBlockEnd(header, data, offset, block);
    if (start >= end || end > offset + header.frameLength) {
      return new MuxerError('ERR_CLOUDPUSH_ADTS_RAW_DATA_BLOCKS', {
        offset,
        field: 'raw_data_block_position',
        actual: end,
        permitted: `${start + 1} to ${offset + header.frameLength}`,
      });
    }
  }
  return undefined;
}

function rawDataBlockStart(header: AdtsHeader, data: Uint8Array, offset: number, block: number): number {
  const first = offset + header.headerSize;
  return block === 0 ? first : first + readUint16(data, offset + 7 + 2 * (block - 1));
}

function rawDataBlockEnd(header: AdtsHeader, data: Uint8Array, offset: number, block: number): number {
  if (header.rawDataBlocks === 1) return offset + header.frameLength;
  const last = block === header.rawDataBlocks - 1;
  const next = last ? offset + header.frameLength : rawDataBlockStart(header, data, offset, block + 1);
  return next - blockCrcSize;
}
