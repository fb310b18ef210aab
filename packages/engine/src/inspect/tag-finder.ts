import { TagType } from '@cloudpush/muxer';
import type { FilePieces } from './file-pieces.js';

/** Bytes of a tag header, and of the PreviousTagSize behind each tag (FLV E.4.1). */
const TAG_HEADER_SIZE = 11;
const PREVIOUS_TAG_SIZE_SIZE = 4;

const TYPES: ReadonlySet<number> = new Set(Object.values(TagType));

/**
 * Finds the next tag in an FLV file whose bytes make no sense before: a tag header whose StreamID is 0, with
 * a tag behind it that the PreviousTagSize at its end confirms.
 * @returns undefined when there is none up to the end of the file
 */
export async function findTag(pieces: FilePieces, from: number): Promise<number | undefined> {
  for (let offset = from; ; ) {
    const piece = await pieces.read(offset);
    const last = piece.length - TAG_HEADER_SIZE;
    for (let at = 0; at <= last; at++) {
      const size = tagSize(piece, at);
      if (size > 0 && (await isConfirmed(pieces, { piece, offset }, at, size))) return offset + at;
    }
    if (last < 0) return undefined;
    offset += last + 1;
  }
}

/** Bytes of the tag whose header may be at `at`; 0: that is no header of a tag with a body. */
function tagSize(piece: Uint8Array, at: number): number {
  if (!TYPES.has(piece[at]!) || piece[at + 8] !== 0 || piece[at + 9] !== 0 || piece[at + 10] !== 0) return 0;
  const dataSize = (piece[at + 1]! << 16) | (piece[at + 2]! << 8) | piece[at + 3]!;
  return dataSize === 0 ? 0 : TAG_HEADER_SIZE + dataSize;
}

async function isConfirmed(
  pieces: FilePieces,
  { piece, offset }: { readonly piece: Uint8Array; readonly offset: number },
  at: number,
  size: number,
): Promise<boolean> {
  const end = at + size + PREVIOUS_TAG_SIZE_SIZE;
  const told =
    end <= piece.length
      ? piece.subarray(at + size, end)
      : await pieces.read(offset + at + size, PREVIOUS_TAG_SIZE_SIZE);
  return told.length === PREVIOUS_TAG_SIZE_SIZE && Buffer.from(told).readUInt32BE() === size;
}
