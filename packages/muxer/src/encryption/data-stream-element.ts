import { damaged } from './sample-decipher.js';

// data_stream_element() of AAC (ISO/IEC 14496-3 §4.4.2.7), byte-aligned: what carries an encrypted frame.

/** id_syn_ele 4, element_instance_tag 0 and data_byte_align_flag 1. */
const ELEMENT_START = 0x81;

/** A count of 255 is followed by esc_count, another 8 bits to be added. */
const ESCAPED_COUNT = 255;

/** The most bytes in an element. One that is full is followed by another one, which may be empty. */
export const MAX_ELEMENT_DATA = 510;

/** The most bytes in front of the data. */
export const MAX_ELEMENT_HEAD_SIZE = 3;

/** Bytes in front of `size` bytes of data. */
function elementHeadSize(size: number): number {
  return size < ESCAPED_COUNT ? 2 : MAX_ELEMENT_HEAD_SIZE;
}

/** Bytes in front of the data in all the elements that carry `size` bytes. */
export function elementHeadsSize(size: number): number {
  const full = Math.floor(size / MAX_ELEMENT_DATA);
  return full * MAX_ELEMENT_HEAD_SIZE + elementHeadSize(size - full * MAX_ELEMENT_DATA);
}

/** Writes what is in front of `size` bytes of data; returns how many bytes that is. */
export function writeElementHead(target: Uint8Array, offset: number, size: number): number {
  target[offset] = ELEMENT_START;
  target[offset + 1] = Math.min(size, ESCAPED_COUNT);
  if (size >= ESCAPED_COUNT) target[offset + 2] = size - ESCAPED_COUNT;
  return elementHeadSize(size);
}

/** Returns where the data of the element at `offset` begins; undefined when none begins there. */
export function elementDataStart(bytes: Uint8Array, offset: number): number | undefined {
  if (bytes[offset] !== ELEMENT_START) return undefined;
  return offset + (bytes[offset + 1] === ESCAPED_COUNT ? MAX_ELEMENT_HEAD_SIZE : 2);
}

/** The data of the elements from `offset` on. Throws MuxerError when one is cut off or missing. */
export function readElements(bytes: Uint8Array, offset: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let position = offset;
  let size: number;
  do {
    const start = elementDataStart(bytes, position);
    if (start === undefined) throw damaged('id_syn_ele', bytes[position] ?? 'the end', '4', position);
    size = bytes[position + 1]!;
    if (size === ESCAPED_COUNT) size += bytes[position + 2] ?? 0;
    const left = bytes.length - start;
    if (size > left) throw damaged('data_stream_element', `${left} bytes`, `${size} bytes`, position);
    pieces.push(bytes.subarray(start, start + size));
    position = start + size;
  } while (size === MAX_ELEMENT_DATA);
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}
