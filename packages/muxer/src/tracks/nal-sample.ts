import { writeUint32 } from '../bits/bytes.js';
import { allocateBody, BODY_HEADROOM } from '../flv/tag-body.js';
import type { MediaPacket } from '../media-packet.js';
import type { NalUnitIndex } from '../nal/nal-unit-index.js';
import type { PendingNalUnits } from './pending-nal-units.js';

/** Bytes of the NAL units with a length of 4 bytes in front of each (ISO/IEC 14496-15 §5.3.4.2). */
export function nalSampleSize(index: NalUnitIndex): number {
  let size = 0;
  for (let i = 0; i < index.count; i++) size += 4 + index.ends[i]! - index.starts[i]!;
  return size;
}

/**
 * Turns the 4-byte start codes of a body into NAL unit lengths where they stand.
 * @param first where the body begins in the packet that the index is of; may be negative
 */
export function nalSampleInPlace(body: Uint8Array, index: NalUnitIndex, first: number): void {
  const { starts, ends, count } = index;
  for (let i = 0; i < count; i++) {
    const start = starts[i]!;
    writeUint32(body, start - first - 4, ends[i]! - start);
  }
}

export interface SlicedSample {
  readonly parts: Uint8Array[];
  readonly size: number;
  readonly headroom: number;
}

/**
 * A sample out of slices of the packet, with the lengths between them. Its first part begins with
 * `headerSize` bytes for the tag header; what is pending follows, but an access unit delimiter stays in front
 * of it. NAL units that sit back to back share a slice where their lengths stand between them already, or can
 * be written there.
 */
export function nalSampleSliced(
  packet: MediaPacket,
  index: NalUnitIndex,
  headerSize: number,
  pending: PendingNalUnits,
  delimiterFirst: boolean,
): SlicedSample {
  const { data } = packet;
  const { starts, ends, count, lengthSize } = index;
  const writable = packet.headroom > 0;
  const isPrefixed = lengthSize === 4;
  const pendingSize = pending.size;
  // The delimiter, a few bytes, is copied into the lead; the first NAL unit to be sliced is then the next
  // one.
  const first = delimiterFirst && pendingSize > 0 ? 1 : 0;
  const delimiterSize = first === 0 ? 0 : 4 + ends[0]! - starts[0]!;
  const leadSize = headerSize + delimiterSize + pendingSize + 4;
  const lengths = allocateBody(leadSize + 4 * (count - 1 - first));
  if (first === 1) {
    writeUint32(lengths, headerSize, ends[0]! - starts[0]!);
    lengths.set(data.subarray(starts[0]!, ends[0]!), headerSize + 4);
  }
  pending.copyTo(lengths, headerSize + delimiterSize);
  writeUint32(lengths, leadSize - 4, ends[first]! - starts[first]!);
  const parts: Uint8Array[] = [lengths.subarray(0, leadSize)];
  let runStart = starts[first]!;
  let runEnd = ends[first]!;
  for (let i = first + 1; i < count; i++) {
    const start = starts[i]!;
    const end = ends[i]!;
    const inPlace = (writable || isPrefixed) && start - 4 >= runEnd;
    if (inPlace && !isPrefixed) writeUint32(data, start - 4, end - start);
    if (!inPlace || start - 4 !== runEnd) {
      parts.push(data.subarray(runStart, runEnd));
      runStart = inPlace ? start - 4 : start;
    }
    if (!inPlace) {
      const at = leadSize + 4 * (i - first - 1);
      writeUint32(lengths, at, end - start);
      parts.push(lengths.subarray(at, at + 4));
    }
    runEnd = end;
  }
  parts.push(data.subarray(runStart, runEnd));
  return { parts, size: headerSize + pendingSize + nalSampleSize(index), headroom: BODY_HEADROOM };
}
