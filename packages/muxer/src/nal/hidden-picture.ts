import { type NalCodec, NalKind } from './nal-codec.js';
import { SeiWalker } from './sei.js';

/** More bytes than this behind the end of a NAL unit are no stray ones: a start code has as many. */
export const START_CODE_SIZE = 3;

const walker = new SeiWalker();

/**
 * Returns the offset of a picture in a NAL unit that is no slice, as the start code in front of it has been
 * overwritten; −1: there is none. It is looked for where the NAL unit ends by what it says itself.
 */
export function hiddenPicture(codec: NalCodec, data: Uint8Array, start: number, end: number): number {
  switch (codec.classify(data, start, end)) {
    case NalKind.accessUnitDelimiter:
      return pictureBehind(codec, data, endOfDelimiter(codec, start), end);
    case NalKind.parameterSet: {
      const known = codec.endOfKnown(data, start, end);
      return known < 0 ? -1 : pictureBehind(codec, data, known, end);
    }
    case NalKind.sei:
      return behindSei(codec, data, start, end);
    default:
      return -1;
  }
}

/** An access unit delimiter has one byte behind its header (ISO/IEC 14496-10 §7.3.2.4, 23008-2 §7.3.2.5). */
export function endOfDelimiter(codec: NalCodec, start: number): number {
  return start + codec.nalHeaderSize + 1;
}

/** Each message may be the last one, unless they end as they should. */
function behindSei(codec: NalCodec, data: Uint8Array, start: number, end: number): number {
  walker.begin(data, start + codec.nalHeaderSize, end);
  let found = -1;
  while (walker.next()) {
    walker.skipPayload();
    // One byte of rbsp_trailing_bits is behind the last.
    if (walker.position === end - 1 && data[end - 1] === 0x80) return -1;
    if (found < 0) found = pictureBehind(codec, data, walker.position + 1, end);
  }
  return found;
}

/** Looks behind a start code of three or four bytes, whatever they are now. */
function pictureBehind(codec: NalCodec, data: Uint8Array, from: number, end: number): number {
  for (const at of [from + START_CODE_SIZE, from + START_CODE_SIZE + 1])
    if (at < end && codec.beginsPicture(data, at, end)) return at;
  return -1;
}
