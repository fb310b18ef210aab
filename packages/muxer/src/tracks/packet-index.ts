import { NalUnitIndex } from '../nal/nal-unit-index.js';

/**
 * The NAL units of the packet at hand. All tracks share it: among a thousand of their own, none would be in
 * the processor's cache.
 */
export const index = new NalUnitIndex();

/** Reads the NAL units of a packet into the index. What cannot be read is refused when it is muxed. */
export function isIndexed(data: Uint8Array, lengthSize: number): boolean {
  try {
    index.read(data, lengthSize);
    return true;
  } catch {
    return false;
  }
}
