import { beginsWithStartCode } from './nal-unit-index.js';
import { nalUnitStarts } from './nal-unit-starts.js';

/**
 * Tells whether a packet holds a NAL unit that is missed when it is lost.
 * @param lengthSize bytes of the length in front of each NAL unit; 0: start codes, or where they have been
 *   left out
 */
export function holdsMissedNalUnit(
  data: Uint8Array,
  lengthSize: number,
  isMissed: (start: number) => boolean,
): boolean {
  if (lengthSize === 0 && !beginsWithStartCode(data)) {
    const start = isLengthPrefixed(data) ? 4 : 0;
    if (start < data.length && data[start]! < 0x80 && isMissed(start)) return true;
  }
  for (const start of nalUnitStarts(data, lengthSize)) if (isMissed(start)) return true;
  return false;
}

/** As in MP4 files: the length of the first NAL unit stands in front of it. */
function isLengthPrefixed(data: Uint8Array): boolean {
  return data.length > 4 && data[0] === 0 && 256 * (256 * data[1]! + data[2]!) + data[3]! <= data.length - 4;
}
