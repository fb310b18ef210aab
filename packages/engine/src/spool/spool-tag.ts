import { readVideoTagHeader, TagRole, TagType } from '@cloudpush/muxer';

/** A tag as the spool takes it and gives it back; an `FlvTag` fits. */
export interface SpoolTag {
  readonly type: TagType;
  readonly role: TagRole;
  /** ms on the stream's 32-bit clock: an integer from 0 to 2^32 − 1. */
  readonly timestamp: number;
  /** The tag body in order; it must not change before its memory is released. */
  readonly parts: readonly Uint8Array[];
  /** The sum of the parts' lengths, at most 2^24 − 1. */
  readonly size: number;
}

/** The memory of a tag, such as a block of the pool. */
export interface SpoolHold {
  /** Lets go of it, once. `taken` is false where the tag did not reach the disk. */
  release(taken?: boolean): void;
}

/** ExVideoTagHeader (Enhanced RTMP); the frame type stands in the three bits behind it. */
const FRAME_TYPE_SHIFT = 4;
const FRAME_TYPE_MASK = 7;
const DISPOSABLE_INTER_FRAME = 3;
const KEY_FRAME = 1;
const AAC = 10;
const EX_AUDIO = 9;

/** The role of a tag by its body, which may be encrypted: tag headers never are. */
export function roleOf(type: TagType, body: Uint8Array): TagRole {
  if (type === TagType.scriptData || body.length === 0) return TagRole.data;
  return type === TagType.video ? videoRole(body) : audioRole(body);
}

function videoRole(body: Uint8Array): TagRole {
  const frameType = (body[0]! >> FRAME_TYPE_SHIFT) & FRAME_TYPE_MASK;
  try {
    const { content } = readVideoTagHeader(body);
    if (content === 'sequenceHeader') return TagRole.videoSequenceHeader;
    if (content === 'metadata') return TagRole.videoMetadata;
    if (content === 'endOfSequence') return TagRole.interFrame;
  } catch {
    // A codec that is not known here: its frame type is told all the same.
  }
  if (frameType === KEY_FRAME) return TagRole.keyFrame;
  return frameType === DISPOSABLE_INTER_FRAME ? TagRole.disposableFrame : TagRole.interFrame;
}

/** AACPacketType and AudioPacketType are 0 for a configuration alike. */
function audioRole(body: Uint8Array): TagRole {
  const format = body[0]! >> 4;
  const isHeader = (format === AAC && body[1] === 0) || (format === EX_AUDIO && (body[0]! & 15) === 0);
  return isHeader ? TagRole.audioSequenceHeader : TagRole.audioFrame;
}
