import { AdtsHeader } from '../aac/adts-header.js';
import { encodeAudioSpecificConfig } from '../aac/audio-specific-config.js';
import {
  type ProgramConfigElement,
  readProgramConfigElement,
  startsWithProgramConfig,
} from '../aac/program-config-element.js';
import { adtsFrameDamage, rawDataBlockEnd, rawDataBlockStart } from '../aac/raw-data-blocks.js';
import { configurationChannels } from '../aac/sampling-frequencies.js';
import { MuxerError } from '../errors.js';
import { AAC_HEADER_SIZE, SoundFormat } from '../flv/audio-tag-header.js';
import type { FlvTag } from '../flv/flv-tag.js';
import { requireHeadroom } from '../flv/tag-body.js';
import { PacketFrames, requireFrameCount } from '../frames/packet-frames.js';
import type { MediaPacket } from '../media-packet.js';
import { type AudioParameters, unlessSame } from '../parameters.js';
import { stamp, type Timeline, type TrackClock, wrap32 } from '../timeline/timeline.js';
import { AacTags } from './aac-tags.js';
import type { AudioTrack } from './audio-track.js';
import { RawAacFrames } from './raw-aac-frames.js';

/** Samples of one channel in a raw data block. */
const SAMPLES_PER_BLOCK = 1024;

/**
 * Of the frame at hand. All tracks share it: among a thousand of their own, none would be in the processor's
 * cache.
 */
const header = new AdtsHeader();
const frames = new PacketFrames();

/** An audio track of AAC: ADTS frames, or raw ones with their configuration beside them. */
export class AacTrack implements AudioTrack {
  readonly #tags = new AacTags();
  readonly #raw = new RawAacFrames(this.#tags);
  readonly #timeline: Timeline;
  readonly #clock: TrackClock;
  #programConfig: ProgramConfigElement | undefined;
  #configuration = -1;
  parameters: AudioParameters | undefined;

  constructor(timeline: Timeline, clock: TrackClock) {
    this.#clock = clock;
    this.#timeline = timeline;
  }

  mux(packet: MediaPacket, out: FlvTag[]): void {
    requireHeadroom(packet);
    if (packet.data.length === 0)
      throw new MuxerError('ERR_CLOUDPUSH_AUDIO_EMPTY', { actual: 0, permitted: '≥ 1 byte' });
    if (packet.configuration === undefined) this.#muxAdts(packet, out);
    else this.#muxRaw(packet, packet.configuration, out);
  }

  #muxRaw(packet: MediaPacket, configuration: Uint8Array, out: FlvTag[]): void {
    this.#raw.check(packet, configuration);
    const timeline = this.#timeline;
    const dts = timeline.decodingTime(packet);
    const timestamp = wrap32(stamp(this.#clock, timeline.place(this.#clock, dts)));
    if (this.#raw.mux(packet, timestamp, out))
      this.parameters = unlessSame(this.parameters, this.#raw.parameters!);
    // Another ADTS header changes the configuration, whatever it was before.
    this.#configuration = -1;
  }

  /** Each raw data block becomes a tag of its own, stamped by the samples before it in the packet. */
  #muxAdts(packet: MediaPacket, out: FlvTag[]): void {
    this.#check(packet.data, packet.encrypted === true);
    const before = this.parameters;
    const timeline = this.#timeline;
    const dts = timeline.decodingTime(packet);
    let time = timeline.place(this.#clock, dts);
    const { data } = packet;
    if (frames.damage !== undefined) timeline.onWarning?.(frames.damage, frames.lost);
    for (let i = 0; i < frames.count; i++) {
      const offset = frames.starts[i]!;
      header.read(data, offset);
      time += (frames.missing[i]! * SAMPLES_PER_BLOCK * 1000) / header.sampleRate;
      this.#configure(packet, offset, wrap32(stamp(this.#clock, time)), out);
      const blockDuration = (SAMPLES_PER_BLOCK * 1000) / header.sampleRate;
      for (let block = 0; block < header.rawDataBlocks; block++) {
        this.#emitBlock(packet, offset, block, wrap32(stamp(this.#clock, time)), out);
        time += blockDuration;
      }
    }
    // Changes that cancel out within one packet are ignored.
    this.parameters = unlessSame(before, this.parameters!);
  }

  /** Finds the frames, and looks at each, before anything is given out or written. */
  #check(data: Uint8Array, encrypted: boolean): void {
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
        const damage = adtsFrameDamage(header, data, offset, element);
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
    if (!this.#tags.configure(config, timestamp, out)) return;
    this.parameters = unlessSame(this.parameters, {
      codec: 'aac',
      sampleRate: header.sampleRate,
      channels: programConfig?.channels ?? configurationChannels[header.channelConfiguration]!,
      sampleSize: 16,
      objectType: header.objectType,
      audioCodecId: SoundFormat.aac,
      samplesPerFrame: SAMPLES_PER_BLOCK,
    });
  }

  #emitBlock(packet: MediaPacket, offset: number, block: number, timestamp: number, out: FlvTag[]): void {
    const start = rawDataBlockStart(header, packet.data, offset, block);
    const end = rawDataBlockEnd(header, packet.data, offset, block);
    this.#tags.frame(packet.data, start, end, roomAt(packet, offset, block, start), timestamp, out);
  }

  sequenceHeader(timestamp: number): FlvTag | undefined {
    return this.#tags.repeat(timestamp);
  }
}

/**
 * The ADTS header is room for the tag header; that of the first frame has the packet's headroom in front of
 * it.
 */
function roomAt({ headroom }: MediaPacket, offset: number, block: number, start: number): number {
  if (headroom === 0) return 0;
  if (block > 0) return AAC_HEADER_SIZE;
  return offset === 0 ? start + headroom : start - offset;
}
