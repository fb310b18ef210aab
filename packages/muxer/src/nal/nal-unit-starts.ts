import { findStartCodePrefix } from './nal-unit-index.js';
import { readNalUnitLength } from './nal-unit-length.js';

/**
 * Yields the offsets of the NAL units of a packet, whatever else is wrong with it: behind start codes, or
 * behind lengths of `lengthSize` bytes.
 * @param lengthSize 0: start codes
 */
export function* nalUnitStarts(data: Uint8Array, lengthSize: number): Generator<number> {
  if (lengthSize === 0) {
    let prefix = findStartCodePrefix(data, 0);
    for (; prefix >= 0 && prefix + 3 < data.length; prefix = findStartCodePrefix(data, prefix + 3))
      yield prefix + 3;
    return;
  }
  for (let at = 0; at + lengthSize < data.length; ) {
    const start = at + lengthSize;
    const length = readNalUnitLength(data, at, lengthSize);
    if (length > 0) yield start;
    at = start + length;
  }
}
