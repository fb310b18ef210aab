import { readFileSync } from 'node:fs';
import { fixture } from '../support/media.js';

const stream = readFileSync(fixture('plain.h265'));
const SLICE_TYPES_END = 32;

/** The parameter sets and the first picture of the H.265 fixture. */
export const hevcPacket = firstAccessUnit();

function firstAccessUnit(): Uint8Array {
  const startCode = Buffer.from([0, 0, 1]);
  let start = stream.indexOf(startCode);
  while (start >= 0) {
    const next = stream.indexOf(startCode, start + 3);
    const type = (stream[start + 3]! >> 1) & 0x3f;
    if (type < SLICE_TYPES_END) return stream.subarray(0, next < 0 ? stream.length : next);
    start = next;
  }
  throw new Error('the H.265 fixture holds no picture');
}
