import type { MuxerErrorCode } from '../errors.js';

/** Finds frames among other bytes, as AAC, MP3 and AC-3 do each in its own way. */
export interface FrameSync {
  /** Bytes that tell how long a frame is. */
  readonly prefixSize: number;
  /** The byte that every frame begins with. */
  readonly syncByte: number;
  /**
   * Length of the frame whose header is at `offset`; 0: that is no header. All bytes of the header are there.
   */
  lengthAt(data: Uint8Array, offset: number): number;
  /**
   * The header fields that all frames of one stream have in common, as a number. All bytes of the header are
   * there.
   */
  kindAt(data: Uint8Array, offset: number): number;
}

/** A header that explains what is wrong with a frame. */
export interface FrameReader extends FrameSync {
  /** Reads the header at data[offset] and checks that the whole frame is there. Throws MuxerError. */
  read(data: Uint8Array, offset: number): void;
  /** The error code of a frame that ends before its header says. */
  readonly cutOffCode: MuxerErrorCode;
}

/** Length of the frame at `offset`; 0 when none is there, or not all of it. */
export function wholeFrameAt(sync: FrameSync, data: Uint8Array, offset: number): number {
  if (data.length - offset < sync.prefixSize) return 0;
  const length = sync.lengthAt(data, offset);
  return length <= data.length - offset ? length : 0;
}

/**
 * Returns the offset of another frame inside of the one at data[start, end), which has no frame behind it:
 * its length is damaged then. That other frame is of the same kind, and one follows it, or nothing. −1: there
 * is none.
 */
export function frameInside(sync: FrameSync, data: Uint8Array, start: number, end: number): number {
  const kind = sync.kindAt(data, start);
  const last = Math.min(end, data.length - sync.prefixSize + 1);
  for (let at = next(sync, data, start + sync.prefixSize); at < last; at = next(sync, data, at + 1)) {
    if (sync.kindAt(data, at) !== kind) continue;
    const length = wholeFrameAt(sync, data, at);
    if (length === 0) continue;
    if (at + length === data.length || wholeFrameAt(sync, data, at + length) > 0) return at;
  }
  return -1;
}

/**
 * Returns the offset of the next byte that a frame may begin with; the end of the data when there is none.
 */
export function next(sync: FrameSync, data: Uint8Array, from: number): number {
  const at = data.indexOf(sync.syncByte, from);
  return at < 0 ? data.length : at;
}
