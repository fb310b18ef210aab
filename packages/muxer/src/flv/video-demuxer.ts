import { encodeAnnexB, splitLengthPrefixed } from '../annexb/length-prefixed.js';
import { readInt24, readUint32 } from '../bits/bytes.js';
import type { VideoCodec } from '../media-packet.js';
import {
  parseAvcDecoderConfigurationRecord,
  parseHevcDecoderConfigurationRecord,
} from './decoder-configuration.js';
import {
  type DemuxableTag,
  type DemuxedVideo,
  invalidTag,
  noNalUnits,
  printFourCc,
  requireBody,
  unknownCodec,
} from './demuxed-unit.js';
import { skipModEx } from './mod-ex.js';
import {
  AvcPacketType,
  exVideoHeader,
  FrameType,
  fourCc,
  VideoCodecId,
  VideoPacketType,
} from './video-tag-header.js';

const codecs = new Map<number, VideoCodec>([
  [fourCc('avc1'), 'h264'],
  [fourCc('hvc1'), 'h265'],
  [fourCc('av01'), 'av1'],
  [fourCc('vp09'), 'vp9'],
]);

/** Bytes of an `av1C` before its configOBUs. */
const av1RecordHeaderSize = 4;

/** Turns video tags back into an elementary stream. */
export class VideoDemuxer {
  #lengthSize = 4;

  demux(tag: DemuxableTag): DemuxedVideo | undefined {
    const { payload } = tag;
    const first = payload[0]!;
    // A command (seeking begins or ends) takes the place of the picture, in both forms of the header.
    if (((first >> 4) & 7) === FrameType.command) return undefined;
    if ((first & exVideoHeader) !== 0) return this.#demuxEnhanced(tag);
    const codecId = first & 15;
    if (codecId !== VideoCodecId.avc && codecId !== VideoCodecId.hevc) {
      throw unknownCodec('CodecID', codecId, '7 or 12');
    }
    requireBody(payload, 5);
    const codec = codecId === VideoCodecId.avc ? 'h264' : 'h265';
    if (payload[1] === AvcPacketType.sequenceHeader) return this.#config(tag, codec, payload.subarray(5));
    if (payload[1] !== AvcPacketType.nalUnit) return undefined;
    return this.#sample(tag, codec, first >> 4 === FrameType.key, readInt24(payload, 2), payload.subarray(5));
  }

  #demuxEnhanced(tag: DemuxableTag): DemuxedVideo | undefined {
    const { payload } = tag;
    const { packetType, position } = skipModEx(payload);
    if (packetType === VideoPacketType.metadata || packetType === VideoPacketType.sequenceEnd)
      return undefined;
    requireBody(payload, position + 4);
    const codec = codecs.get(readUint32(payload, position));
    if (codec === undefined) {
      throw unknownCodec('FourCC', printFourCc(payload, position), 'avc1, hvc1, av01 or vp09', position);
    }
    const body = position + 4;
    const keyFrame = ((payload[0]! >> 4) & 7) === FrameType.key;
    switch (packetType) {
      case VideoPacketType.sequenceStart:
        return this.#config(tag, codec, payload.subarray(body));
      case VideoPacketType.codedFrames:
        if (codec === 'av1' || codec === 'vp9')
          return this.#sample(tag, codec, keyFrame, 0, payload.subarray(body));
        requireBody(payload, body + 3);
        return this.#sample(tag, codec, keyFrame, readInt24(payload, body), payload.subarray(body + 3));
      case VideoPacketType.codedFramesX:
        return this.#sample(tag, codec, keyFrame, 0, payload.subarray(body));
      default:
        throw invalidTag('VideoPacketType', packetType, '0 to 4, or 7');
    }
  }

  #config(tag: DemuxableTag, codec: VideoCodec, record: Uint8Array): DemuxedVideo {
    if (codec === 'av1')
      return unit('config', tag, codec, true, 0, record.subarray(av1RecordHeaderSize), noNalUnits);
    if (codec === 'vp9') return unit('config', tag, codec, true, 0, record, noNalUnits);
    const { lengthSize, nalUnits } =
      codec === 'h264'
        ? parseAvcDecoderConfigurationRecord(record)
        : parseHevcDecoderConfigurationRecord(record);
    this.#lengthSize = lengthSize;
    return unit('config', tag, codec, true, 0, encodeAnnexB(nalUnits), nalUnits);
  }

  #sample(
    tag: DemuxableTag,
    codec: VideoCodec,
    keyFrame: boolean,
    offset: number,
    sample: Uint8Array,
  ): DemuxedVideo {
    if (codec === 'av1' || codec === 'vp9')
      return unit('sample', tag, codec, keyFrame, offset, sample, noNalUnits);
    const nalUnits = splitLengthPrefixed(sample, this.#lengthSize);
    return unit('sample', tag, codec, keyFrame, offset, encodeAnnexB(nalUnits), nalUnits);
  }
}

function unit(
  kind: 'config' | 'sample',
  tag: DemuxableTag,
  codec: VideoCodec,
  keyFrame: boolean,
  offset: number,
  data: Uint8Array,
  nalUnits: readonly Uint8Array[],
): DemuxedVideo {
  const dts = tag.timestamp;
  return { kind, track: 'video', codec, dts, pts: dts + offset, keyFrame, data, nalUnits };
}
