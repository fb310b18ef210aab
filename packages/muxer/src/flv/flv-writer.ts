import { writeUint24, writeUint32 } from '../bits/bytes.js';
import {
  FLV_HEADER_SIZE,
  type FlvFileHeader,
  PREVIOUS_TAG_SIZE_SIZE,
  TAG_HEADER_SIZE,
  TypeFlags,
} from './flv-file.js';
import type { TagType } from './flv-tag.js';

/** A tag as the writer needs it; an `FlvTag` fits, and so does a received message. */
export interface WritableTag {
  readonly type: TagType;
  /** ms, 0 to 2^32 − 1. */
  readonly timestamp: number;
  readonly parts: readonly Uint8Array[];
  readonly size: number;
}

/** The bytes of an FLV file around the tag bodies. It writes nowhere itself. */
export class FlvWriter {
  /** The file header with PreviousTagSize0: the first 13 bytes of a file. */
  header(header: FlvFileHeader = { hasAudio: true, hasVideo: true }): Uint8Array {
    const bytes = new Uint8Array(FLV_HEADER_SIZE + PREVIOUS_TAG_SIZE_SIZE);
    bytes.set(Buffer.from('FLV\x01', 'latin1'));
    bytes[4] = (header.hasAudio ? TypeFlags.audio : 0) | (header.hasVideo ? TypeFlags.video : 0);
    writeUint32(bytes, 5, FLV_HEADER_SIZE);
    return bytes;
  }

  /** A tag as `[head, ...parts, PreviousTagSize]`; the body is not copied. */
  tag(tag: WritableTag): Uint8Array[] {
    const frame = new Uint8Array(TAG_HEADER_SIZE + PREVIOUS_TAG_SIZE_SIZE);
    frame[0] = tag.type;
    writeUint24(frame, 1, tag.size);
    writeUint24(frame, 4, tag.timestamp);
    frame[7] = tag.timestamp >>> 24; // TimestampExtended
    writeUint32(frame, TAG_HEADER_SIZE, TAG_HEADER_SIZE + tag.size);
    return [frame.subarray(0, TAG_HEADER_SIZE), ...tag.parts, frame.subarray(TAG_HEADER_SIZE)];
  }
}
