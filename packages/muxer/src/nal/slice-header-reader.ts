import { BitReader } from '../bits/bit-reader.js';
import { unescapeInto } from './emulation-prevention.js';

/** Parameter sets by their ids. */
export interface ById<T> {
  get(id: number): T | undefined;
}

/** More bytes than the header fields up to the picture order count can take. */
const PREFIX_SIZE = 64;

/**
 * A reader of the header of a slice, behind the header of its NAL unit. It reads as far as the picture order
 * count; behind that it may overrun.
 */
export function sliceHeaderReader(nal: Uint8Array, nalHeaderSize: number): BitReader {
  const rbsp = new Uint8Array(PREFIX_SIZE);
  return new BitReader(rbsp.subarray(0, unescapeInto(nal, 0, nal.length, rbsp)), nalHeaderSize);
}
