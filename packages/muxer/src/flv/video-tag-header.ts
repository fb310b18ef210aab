import { writeUint24, writeUint32 } from '../bits/bytes.js';
import { allocateBody } from './tag-body.js';

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
export const exVideoHeader = 0x80;

/** How a video track is put into tags: with a CodecID (legacy) or with a FourCC (Enhanced RTMP). */
export interface VideoTagFormat {
  /** What onMetaData's `videocodecid` says: the CodecID, or the FourCC as a number. */
  readonly videoCodecId: number;
  readonly enhanced: boolean;
  /** Whether coded frames carry a composition time offset: AVC and HEVC only. */
  readonly hasCompositionTime: boolean;
}

/** The number of a four-character code. */
export function fourCc(text: string): number {
  return Buffer.from(text, 'latin1').readUInt32BE(0);
}

export const avcTagFormat: VideoTagFormat = {
  videoCodecId: VideoCodecId.avc,
  enhanced: false,
  hasCompositionTime: true,
};
export const hevcLegacyTagFormat: VideoTagFormat = {
  videoCodecId: VideoCodecId.hevc,
  enhanced: false,
  hasCompositionTime: true,
};
export const hevcTagFormat: VideoTagFormat = {
  videoCodecId: fourCc('hvc1'),
  enhanced: true,
  hasCompositionTime: true,
};

export const av1TagFormat: VideoTagFormat = {
  videoCodecId: fourCc('av01'),
  enhanced: true,
  hasCompositionTime: false,
};
export const vp9TagFormat: VideoTagFormat = {
  videoCodecId: fourCc('vp09'),
  enhanced: true,
  hasCompositionTime: false,
};

/** Bytes of the tag header of a coded frame; without an offset Enhanced RTMP saves the three bytes for it. */
export function videoHeaderSize(format: VideoTagFormat, compositionTimeOffset: number): number {
  return format.enhanced && compositionTimeOffset !== 0 ? 8 : 5;
}

/** Writes the tag header of a coded frame: VideoTagHeader (FLV E.4.3.1) or ExVideoTagHeader (Enhanced RTMP). */
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
  target[offset] = exVideoHeader | (frameType << 4) | packetType;
  writeUint32(target, offset + 1, format.videoCodecId);
  if (compositionTimeOffset !== 0) writeUint24(target, offset + 5, compositionTimeOffset);
}

/** A whole sequence header tag body, in a buffer of its own with headroom. */
export function videoSequenceHeader(format: VideoTagFormat, configuration: Uint8Array): Uint8Array {
  const body = allocateBody(videoSequenceHeaderSize + configuration.length);
  writeVideoSequenceHeader(body, 0, format);
  body.set(configuration, videoSequenceHeaderSize);
  return body;
}

/** Both forms of a sequence header take 5 bytes in front of the configuration record. */
const videoSequenceHeaderSize = 5;

function writeVideoSequenceHeader(target: Uint8Array, offset: number, format: VideoTagFormat): void {
  if (format.enhanced) {
    target[offset] = exVideoHeader | (FrameType.key << 4) | VideoPacketType.sequenceStart;
    writeUint32(target, offset + 1, format.videoCodecId);
  } else {
    target[offset] = (FrameType.key << 4) | format.videoCodecId;
    target[offset + 1] = AvcPacketType.sequenceHeader;
    writeUint24(target, offset + 2, 0);
  }
}
