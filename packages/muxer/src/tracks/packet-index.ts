import { NalUnitIndex } from '../nal/nal-unit-index.js';

/**
 * The NAL units of the packet at hand. All tracks share it: among a thousand of their own, none would be in
 * the processor's cache.
 */
export const index = new NalUnitIndex();
