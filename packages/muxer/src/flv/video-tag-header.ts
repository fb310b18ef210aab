import { readInt24, readUint32, writeUint24, writeUint32 } from '../bits/bytes.js';
import { byFourCc, fourCcOf } from '../four-cc.js';
import type { VideoCodec } from '../media-packet.js';
import { skipModEx } from './mod-ex.js';
import { allocateBody } from './tag-body.js';
import type { TagContent } from './tag-content.js';
import { invalidTag, requireBody, unknownCodec, unknownFourCc } from './tag-errors.js';

/** Form of H.265 in FLV: Enhanced RTMP's `hvc1`, or the older "codec id 12" that many servers expect. */
export type HevcForm = 'enhanced' | 'legacy';

/** FrameType (FLV E.4.3.1; Enhanced RTMP `VideoFrameType`). */
export const FrameType = { key: 1, inter: 2, disposableInter: 3, generatedKey: 4, command: 5 } as const;

/** CodecID (FLV E.4.3.1); 12 is the form that servers used for H.265 before Enhanced RTMP. */
export const VideoCodecId = { avc: 7, hevc: 12 } as const;

/** AVCPacketType (FLV E.4.3.1). */
export const AvcPacketType = { sequenceHeader: 0, nalUnit: 1, endOfSequence: 2 } as const;

/** VideoPacketType (Enhanced RTMP). */
export const VideoPacketType = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  codedFramesX: 3,
  metadata: 4,
  mpeg2TsSequenceStart: 5,
  multitrack: 6,
  modEx: 7,
} as const;

/** isExVideoHeader: the top bit of the first byte. */
export const EX_VIDEO_HEADER = 0x80;

/** Form of a video track in tags: with a CodecID (legacy) or with a FourCC (Enhanced RTMP). */
export interface VideoTagFormat {
  /** The `videocodecid` of onMetaData: the CodecID, or the FourCC as a number. */
  readonly videoCodecId: number;
  readonly enhanced: boolean;
  /** True: coded frames carry a composition time offset; AVC and HEVC only. */
  readonly hasCompositionTime: boolean;
}

export const avcTagFormat: VideoTagFormat = {
  videoCodecId: VideoCodecId.avc,
  enhanced: false,
  hasCompositionTime: true,
};
const hevcLegacyTagFormat: VideoTagFormat = {
  videoCodecId: VideoCodecId.hevc,
  enhanced: false,
  hasCompositionTime: true,
};
const hevcTagFormat: VideoTagFormat = {
  videoCodecId: fourCcOf('h265'),
  enhanced: true,
  hasCompositionTime: true,
};

/** The tag format of H.265 in this form. */
export function hevcTagFormatOf(form: HevcForm): VideoTagFormat {
  return form === 'legacy' ? hevcLegacyTagFormat : hevcTagFormat;
}

export const av1TagFormat: VideoTagFormat = {
  videoCodecId: fourCcOf('av1'),
  enhanced: true,
  hasCompositionTime: false,
};
export const vp9TagFormat: VideoTagFormat = {
  videoCodecId: fourCcOf('vp9'),
  enhanced: true,
  hasCompositionTime: false,
};

/** Bytes of the tag header of a coded frame; without an offset Enhanced RTMP saves the three bytes for it. */
export function videoHeaderSize(format: VideoTagFormat, compositionTimeOffset: number): number {
  return format.enhanced && compositionTimeOffset !== 0 ? 8 : 5;
}

/**
 * Writes the tag header of a coded frame: VideoTagHeader (FLV E.4.3.1) or ExVideoTagHeader (Enhanced RTMP).
 */
export function writeVideoHeader(
  target: Uint8Array,
  offset: number,
  format: VideoTagFormat,
  keyFrame: boolean,
  compositionTimeOffset: number,
): void {
  const frameType = keyFrame ? FrameType.key : FrameType.inter;
  if (!format.enhanced) {
    target[offset] = (frameType << 4) | format.videoCodecId;
    target[offset + 1] = AvcPacketType.nalUnit;
    writeUint24(target, offset + 2, compositionTimeOffset);
    return;
  }
  const withoutOffset = compositionTimeOffset === 0 && format.hasCompositionTime;
  const packetType = withoutOffset ? VideoPacketType.codedFramesX : VideoPacketType.codedFrames;
  target[offset] = EX_VIDEO_HEADER | (frameType << 4) | packetType;
  writeUint32(target, offset + 1, format.videoCodecId);
  if (compositionTimeOffset !== 0) writeUint24(target, offset + 5, compositionTimeOffset);
}

/** A whole sequence header tag body, in a buffer of its own with headroom. */
export function videoSequenceHeader(format: VideoTagFormat, configuration: Uint8Array): Uint8Array {
  const body = allocateBody(VIDEO_SEQUENCE_HEADER_SIZE + configuration.length);
  writeVideoSequenceHeader(body, 0, format);
  body.set(configuration, VIDEO_SEQUENCE_HEADER_SIZE);
  return body;
}

/** Both forms of a sequence header take 5 bytes in front of the configuration record. */
const VIDEO_SEQUENCE_HEADER_SIZE = 5;

function writeVideoSequenceHeader(target: Uint8Array, offset: number, format: VideoTagFormat): void {
  if (format.enhanced) {
    target[offset] = EX_VIDEO_HEADER | (FrameType.key << 4) | VideoPacketType.sequenceStart;
    writeUint32(target, offset + 1, format.videoCodecId);
  } else {
    target[offset] = (FrameType.key << 4) | format.videoCodecId;
    target[offset + 1] = AvcPacketType.sequenceHeader;
    writeUint24(target, offset + 2, 0);
  }
}

/** The header of a video tag (FLV E.4.3.1, Enhanced RTMP `ExVideoTagHeader`). */
export interface VideoTagHeader {
  readonly content: TagContent;
  /** Enhanced RTMP: the codec is told by its FourCC; else by a CodecID. */
  readonly enhanced: boolean;
  readonly keyFrame: boolean;
  /** Undefined where `content` is neither a sequence header nor a frame. */
  readonly codec: VideoCodec | undefined;
  /** ms, signed. */
  readonly compositionTimeOffset: number;
  /** Offset of the configuration or the frame in the tag body. */
  readonly position: number;
}

const codecs = byFourCc('h264', 'h265', 'av1', 'vp9');

/**
 * Reads the header of a video tag.
 * @param payload the tag body, one byte at least
 * @throws MuxerError `ERR_CLOUDPUSH_FLV_TAG_INVALID`, `ERR_CLOUDPUSH_FLV_CODEC`
 */
export function readVideoTagHeader(payload: Uint8Array): VideoTagHeader {
  const first = payload[0]!;
  const enhanced = (first & EX_VIDEO_HEADER) !== 0;
  const frameType = (first >> 4) & 7;
  // A command takes the place of the picture, in both forms of the header.
  if (frameType === FrameType.command) return withoutFrame('command', enhanced);
  const keyFrame = frameType === FrameType.key;
  return enhanced ? readEnhanced(payload, keyFrame) : readLegacy(payload, keyFrame);
}

function readLegacy(payload: Uint8Array, keyFrame: boolean): VideoTagHeader {
  const codecId = payload[0]! & 15;
  if (codecId !== VideoCodecId.avc && codecId !== VideoCodecId.hevc) {
    throw unknownCodec('CodecID', codecId, '7 or 12');
  }
  requireBody(payload, 5);
  const codec = codecId === VideoCodecId.avc ? 'h264' : 'h265';
  switch (payload[1]) {
    case AvcPacketType.sequenceHeader:
      return withCodec('sequenceHeader', false, keyFrame, codec, 0, 5);
    case AvcPacketType.nalUnit:
      return withCodec('frame', false, keyFrame, codec, readInt24(payload, 2), 5);
    case AvcPacketType.endOfSequence:
      return withoutFrame('endOfSequence', false);
    default:
      return withoutFrame('other', false);
  }
}

function readEnhanced(payload: Uint8Array, keyFrame: boolean): VideoTagHeader {
  const { packetType, position } = skipModEx(payload);
  switch (packetType) {
    case VideoPacketType.metadata:
      return withoutFrame('metadata', true);
    case VideoPacketType.sequenceEnd:
      return withoutFrame('endOfSequence', true);
    case VideoPacketType.multitrack:
      return withoutFrame('multitrack', true);
    default:
  }
  requireBody(payload, position + 4);
  const codec = codecs.get(readUint32(payload, position));
  if (codec === undefined) throw unknownFourCc(payload, position, 'avc1, hvc1, av01 or vp09');
  const body = position + 4;
  switch (packetType) {
    case VideoPacketType.sequenceStart:
      return withCodec('sequenceHeader', true, keyFrame, codec, 0, body);
    case VideoPacketType.codedFrames:
      if (codec === 'av1' || codec === 'vp9') return withCodec('frame', true, keyFrame, codec, 0, body);
      requireBody(payload, body + 3);
      return withCodec('frame', true, keyFrame, codec, readInt24(payload, body), body + 3);
    case VideoPacketType.codedFramesX:
      return withCodec('frame', true, keyFrame, codec, 0, body);
    default:
      throw invalidTag('VideoPacketType', packetType, '0 to 4, 6 or 7');
  }
}

function withCodec(
  content: TagContent,
  enhanced: boolean,
  keyFrame: boolean,
  codec: VideoCodec,
  compositionTimeOffset: number,
  position: number,
): VideoTagHeader {
  return { content, enhanced, keyFrame, codec, compositionTimeOffset, position };
}

function withoutFrame(content: TagContent, enhanced: boolean): VideoTagHeader {
  return { content, enhanced, keyFrame: false, codec: undefined, compositionTimeOffset: 0, position: 0 };
}
