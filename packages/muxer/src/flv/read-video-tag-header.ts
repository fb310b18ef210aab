import { readInt24, readUint32 } from '../bits/bytes.js';
import type { VideoCodec } from '../media-packet.js';
import { invalidTag, printFourCc, requireBody, unknownCodec } from './demuxed-unit.js';
import { skipModEx } from './mod-ex.js';
import {
  AvcPacketType,
  exVideoHeader,
  FrameType,
  fourCc,
  VideoCodecId,
  VideoPacketType,
} from './video-tag-header.js';

/** What a tag holds of its track. */
export type TagContent =
  | 'sequenceHeader'
  | 'frame'
  | 'endOfSequence'
  /** Facts about the track, such as `colorInfo` or the order of channels (Enhanced RTMP). */
  | 'metadata'
  /** Seeking begins or ends (FLV E.4.3.1). */
  | 'command'
  /** Parts of several tracks, or of one that is named by its number (Enhanced RTMP v2). */
  | 'multitrack'
  /** A packet type that the specification leaves free. */
  | 'other';

/** What the header of a video tag tells (FLV E.4.3.1, Enhanced RTMP `ExVideoTagHeader`). */
export interface VideoTagHeader {
  readonly content: TagContent;
  /** Enhanced RTMP: the codec is told by its FourCC; else by a CodecID. */
  readonly enhanced: boolean;
  readonly keyFrame: boolean;
  /** Undefined where `content` is neither a sequence header nor a frame. */
  readonly codec: VideoCodec | undefined;
  /** ms, signed. */
  readonly compositionTimeOffset: number;
  /** Where the configuration or the frame begins in the tag body. */
  readonly position: number;
}

const codecs = new Map<number, VideoCodec>([
  [fourCc('avc1'), 'h264'],
  [fourCc('hvc1'), 'h265'],
  [fourCc('av01'), 'av1'],
  [fourCc('vp09'), 'vp9'],
]);

/**
 * Reads the header of a video tag.
 * @param payload the tag body, one byte at least
 * @throws MuxerError `ERR_CLOUDPUSH_FLV_TAG_INVALID`, `ERR_CLOUDPUSH_FLV_CODEC`
 */
export function readVideoTagHeader(payload: Uint8Array): VideoTagHeader {
  const first = payload[0]!;
  const enhanced = (first & exVideoHeader) !== 0;
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
  if (codec === undefined) {
    throw unknownCodec('FourCC', printFourCc(payload, position), 'avc1, hvc1, av01 or vp09', position);
  }
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
