import { encodeAdtsFrame } from '../aac/encode-adts-frame.js';
import { type AudioSpecificConfig, parseAudioSpecificConfig } from '../aac/parse-audio-specific-config.js';
import { encodeAnnexB, splitLengthPrefixed } from '../annexb/length-prefixed.js';
import { readInt24, readUint32 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import type { AudioCodec, VideoCodec } from '../media-packet.js';
import { AacPacketType, SoundFormat } from './audio-tag-header.js';
import {
  type DecoderConfiguration,
  parseAvcDecoderConfigurationRecord,
  parseHevcDecoderConfigurationRecord,
} from './decoder-configuration.js';
import { TagType } from './flv-tag.js';
import {
  AvcPacketType,
  exVideoHeader,
  FrameType,
  fourCc,
  VideoCodecId,
  VideoPacketType,
} from './video-tag-header.js';

/** What the demuxer needs of a tag: a tag of a file, or a received message. */
export interface DemuxableTag {
  readonly type: number;
  /** ms, 0 to 2^32 − 1. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** A configuration or a sample of a track, as an elementary stream has it. */
export interface DemuxedUnit {
  /** `'config'`: parameter sets or decoder configuration, without a picture or sound. */
  readonly kind: 'config' | 'sample';
  readonly track: 'video' | 'audio';
  readonly codec: VideoCodec | AudioCodec;
  /** ms, as the tag has it. */
  readonly dts: number;
  /** dts + composition offset, ms. */
  readonly pts: number;
  readonly keyFrame: boolean;
  /** Annex-B for H.264 and H.265, an ADTS frame for AAC, whole frames for MP3; of an AAC config its AudioSpecificConfig. */
  readonly data: Uint8Array;
  /** The NAL units of an H.264 or H.265 unit, as views of the tag; empty for other codecs. */
  readonly nalUnits: readonly Uint8Array[];
}

const none: readonly Uint8Array[] = [];

/** Turns FLV tags back into elementary streams. Keeps the configuration of the tracks from tag to tag. */
export class FlvDemuxer {
  #lengthSize = 4;
  #audioConfig: AudioSpecificConfig | undefined;

  /**
   * The unit that a tag holds; undefined for tags that hold none (script data, end of sequence, metadata, and bodies
   * that are empty). Throws MuxerError for a codec it does not know and for bytes that are not valid.
   */
  demux(tag: DemuxableTag): DemuxedUnit | undefined {
    if (tag.payload.length === 0) return undefined;
    if (tag.type === TagType.video) return this.#demuxVideo(tag);
    if (tag.type === TagType.audio) return this.#demuxAudio(tag);
    return undefined;
  }

  #demuxVideo(tag: DemuxableTag): DemuxedUnit | undefined {
    const { payload } = tag;
    const first = payload[0]!;
    if ((first & exVideoHeader) !== 0) return this.#demuxEnhancedVideo(tag);
    const codecId = first & 15;
    if (codecId !== VideoCodecId.avc && codecId !== VideoCodecId.hevc)
      throw unknownCodec('CodecID', codecId, '7 or 12');
    requireBody(payload, 5);
    const codec = codecId === VideoCodecId.avc ? 'h264' : 'h265';
    const keyFrame = first >> 4 === FrameType.key;
    if (payload[1] === AvcPacketType.sequenceHeader)
      return this.#videoConfig(tag, codec, payload.subarray(5));
    if (payload[1] !== AvcPacketType.nalUnit) return undefined;
    return this.#videoSample(tag, codec, keyFrame, readInt24(payload, 2), payload.subarray(5));
  }

  #demuxEnhancedVideo(tag: DemuxableTag): DemuxedUnit | undefined {
    const { payload } = tag;
    requireBody(payload, 5);
    const id = readUint32(payload, 1);
    const codec = id === fourCc('hvc1') ? 'h265' : id === fourCc('avc1') ? 'h264' : undefined;
    const keyFrame = ((payload[0]! >> 4) & 7) === FrameType.key;
    const packetType = payload[0]! & 15;
    if (packetType === VideoPacketType.metadata || packetType === VideoPacketType.sequenceEnd)
      return undefined;
    if (codec === undefined) {
      const actual = Buffer.from(payload.subarray(1, 5)).toString('latin1');
      throw unknownCodec('FourCC', JSON.stringify(actual), 'hvc1 or avc1');
    }
    switch (packetType) {
      case VideoPacketType.sequenceStart:
        return this.#videoConfig(tag, codec, payload.subarray(5));
      case VideoPacketType.codedFrames:
        requireBody(payload, 8);
        return this.#videoSample(tag, codec, keyFrame, readInt24(payload, 5), payload.subarray(8));
      case VideoPacketType.codedFramesX:
        return this.#videoSample(tag, codec, keyFrame, 0, payload.subarray(5));
      default:
        throw new MuxerError('ERR_CLOUDPUSH_FLV_TAG_INVALID', {
          field: 'VideoPacketType',
          actual: packetType,
          permitted: '0 to 4',
        });
    }
  }

  #videoConfig(tag: DemuxableTag, codec: 'h264' | 'h265', record: Uint8Array): DemuxedUnit {
    const config: DecoderConfiguration =
      codec === 'h264'
        ? parseAvcDecoderConfigurationRecord(record)
        : parseHevcDecoderConfigurationRecord(record);
    this.#lengthSize = config.lengthSize;
    return this.#video('config', tag, codec, true, 0, config.nalUnits);
  }

  #videoSample(
    tag: DemuxableTag,
    codec: VideoCodec,
    keyFrame: boolean,
    offset: number,
    sample: Uint8Array,
  ): DemuxedUnit {
    return this.#video('sample', tag, codec, keyFrame, offset, splitLengthPrefixed(sample, this.#lengthSize));
  }

  #video(
    kind: 'config' | 'sample',
    tag: DemuxableTag,
    codec: VideoCodec,
    keyFrame: boolean,
    offset: number,
    nalUnits: readonly Uint8Array[],
  ): DemuxedUnit {
    const dts = tag.timestamp;
    return {
      kind,
      track: 'video',
      codec,
      dts,
      pts: dts + offset,
      keyFrame,
      data: encodeAnnexB(nalUnits),
      nalUnits,
    };
  }

  #demuxAudio(tag: DemuxableTag): DemuxedUnit | undefined {
    const { payload } = tag;
    const format = payload[0]! >> 4;
    if (format === SoundFormat.mp3 || format === SoundFormat.mp3At8kHz) {
      return payload.length === 1 ? undefined : audioUnit('sample', tag, 'mp3', payload.subarray(1));
    }
    if (format !== SoundFormat.aac) throw unknownCodec('SoundFormat', format, '2, 10 or 14');
    requireBody(payload, 2);
    const body = payload.subarray(2);
    if (payload[1] === AacPacketType.sequenceHeader) {
      this.#audioConfig = parseAudioSpecificConfig(body);
      if (this.#audioConfig === undefined) throw invalidAudio('AudioSpecificConfig', body.length);
      return audioUnit('config', tag, 'aac', body);
    }
    return this.#aacSample(tag, body);
  }

  #aacSample(tag: DemuxableTag, raw: Uint8Array): DemuxedUnit | undefined {
    if (raw.length === 0) return undefined;
    if (this.#audioConfig === undefined)
      throw invalidAudio('raw frame without AudioSpecificConfig', raw.length);
    const frame = encodeAdtsFrame(this.#audioConfig, raw);
    if (frame === undefined) throw invalidAudio('raw frame that ADTS cannot express', raw.length);
    return audioUnit('sample', tag, 'aac', frame);
  }
}

function audioUnit(
  kind: 'config' | 'sample',
  tag: DemuxableTag,
  codec: AudioCodec,
  data: Uint8Array,
): DemuxedUnit {
  return {
    kind,
    track: 'audio',
    codec,
    dts: tag.timestamp,
    pts: tag.timestamp,
    keyFrame: true,
    data,
    nalUnits: none,
  };
}

function requireBody(payload: Uint8Array, size: number): void {
  if (payload.length < size) {
    throw new MuxerError('ERR_CLOUDPUSH_FLV_TAG_INVALID', {
      field: 'tag body',
      actual: `${payload.length} bytes`,
      permitted: `≥ ${size} bytes`,
    });
  }
}

function unknownCodec(field: string, actual: number | string, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_FLV_CODEC', { field, actual, permitted });
}

function invalidAudio(field: string, size: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_FLV_TAG_INVALID', { field, actual: `${size} bytes` });
}
