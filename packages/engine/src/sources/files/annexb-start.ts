import { InvalidMedia } from './packet-parser.js';

const START_CODE = Buffer.of(0, 0, 1);
const NAMES = { h264: 'H.264', h265: 'H.265' } as const;

/**
 * Refuses a file that is not a byte stream of the codec its name says: one that does not begin with a start
 * code (14496-10 B.1), or whose parameter sets are those of the other codec.
 */
export function checkVideoStart(piece: Uint8Array, codec: 'h264' | 'h265'): void {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  const zeros = bytes.findIndex((byte) => byte !== 0);
  if (zeros < 2 || bytes[zeros] !== 1) {
    const found = bytes
      .subarray(0, 8)
      .toString('hex')
      .replace(/..(?=.)/g, '$& ');
    throw new InvalidMedia(
      `a start code 00 00 01 was expected, found ${found}: this is no raw ${NAMES[codec]}`,
      0,
    );
  }
  const actual = annexBCodec(bytes);
  if (actual !== undefined && actual !== codec) {
    throw new InvalidMedia(`this is ${NAMES[actual]}, and the file name says ${NAMES[codec]}`, zeros + 1);
  }
}

/**
 * Finds the codec that the first parameter set of an Annex-B byte stream belongs to; undefined when there is
 * none.
 */
export function annexBCodec(piece: Uint8Array): 'h264' | 'h265' | undefined {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  let at = bytes.indexOf(START_CODE);
  while (at >= 0 && at + 5 <= bytes.length) {
    const first = bytes[at + 3]!;
    const second = bytes[at + 4]!;
    // nal_unit_type 32 to 34 of layer 0, temporal id 0 (23008-2 7.3.1.2)
    if ((first === 0x40 || first === 0x42 || first === 0x44) && second === 1) return 'h265';
    // nal_unit_type 7 with some nal_ref_idc (14496-10 7.3.1)
    if ((first & 0x9f) === 7 && first !== 7) return 'h264';
    at = bytes.indexOf(START_CODE, at + 3);
  }
  return undefined;
}
