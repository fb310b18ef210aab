import { beginsWithStartCode, findStartCodePrefix } from './nal-unit-index.js';

/** Whether a packet holds a NAL unit that is missed when it is lost: behind start codes, or where they have been left out. */
export function holdsMissedNalUnit(data: Uint8Array, isMissed: (start: number) => boolean): boolean {
  if (!beginsWithStartCode(data)) {
    const start = isLengthPrefixed(data) ? 4 : 0;
    if (start < data.length && data[start]! < 0x80 && isMissed(start)) return true;
  }
  let prefix = findStartCodePrefix(data, 0);
  for (; prefix >= 0; prefix = findStartCodePrefix(data, prefix + 3))
    if (prefix + 3 < data.length && isMissed(prefix + 3)) return true;
  return false;
}

/** As in MP4 files: the length of the first NAL unit stands in front of it. */
function isLengthPrefixed(data: Uint8Array): boolean {
  return data.length > 4 && data[0] === 0 && 256 * (256 * data[1]! + data[2]!) + data[3]! <= data.length - 4;
}
