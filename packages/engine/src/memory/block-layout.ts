/**
 * Layout of a block in the media pool. Memory is counted in granules of 64 bytes, one cache line. A block is
 * a run of granules; its first two are the header (16 bytes of allocator state) and the headroom (112 bytes),
 * so that a payload starts on a cache line:
 *
 * ```text
 * | word 0: granules << 1 | free | word 1: block before | word 2 | word 3 | headroom, 112 bytes | payload ...
 *                                                          |        '- free: previous free block; used: owner
 *                                                          '- free: next free block; used: next released block
 * ```
 *
 * A block is named by the number of its first granule.
 */

/** Bytes of a granule, and the alignment of a payload. */
export const GRANULE = 64;
/** Bytes of allocator state at the start of a block. */
const BLOCK_HEADER = 16;
/** Granules in front of a payload. */
const LEADING_GRANULES = 2;
/**
 * Bytes in front of a payload that its holder may overwrite, so that a packet leaves in one piece: the RTMP
 * chunk header (up to 18 bytes), the FLV tag-body header (up to 9), and what encryption adds to nearly all
 * frames (43 to 90).
 */
export const HEADROOM = LEADING_GRANULES * GRANULE - BLOCK_HEADER;

/** No block. */
export const NO_BLOCK = -1;

/** Words of 32 bits in a granule: the first four of a block are its header, and these are their places. */
export const WORDS = GRANULE / 4;
export const SIZE = 0;
export const BEFORE = 1;
/** Of a free block: the next one of its class. Of a used one: the next one that was released. */
export const NEXT = 2;
/** Of a free block: the one before it in its class. */
export const PREVIOUS = 3;
/** Of a used block, where a free one has {@link PREVIOUS}. */
export const OWNER = 3;

/** Granules that a payload of `bytes` takes, its header included. */
export function granulesFor(bytes: number): number {
  return LEADING_GRANULES + Math.ceil(bytes / GRANULE);
}

/** The largest payload, in bytes, that a block of so many granules has room for. */
export function largestPayload(granules: number): number {
  return (granules - LEADING_GRANULES) * GRANULE;
}

/** Byte offset of a block's payload in the pool. */
export function payloadOffset(block: number): number {
  return (block + LEADING_GRANULES) * GRANULE;
}
