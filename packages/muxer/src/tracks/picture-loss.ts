import { isMissedAvcNalUnit } from '../h264/nal-unit.js';
import { isMissedHevcNalUnit } from '../h265/nal-unit.js';
import type { VideoCodec } from '../media-packet.js';
import { beginsWithStartCode, findStartCodePrefix } from '../nal/nal-unit-index.js';

/**
 * Whether other pictures would, or might, miss this one if its packet did not go out: false when it holds no picture, or
 * one that no other refers to, which the NAL unit headers of H.264 tell, and those of H.265 for the highest sub-layer alone. See
 * `Muxer.awaitKeyFrame`.
 */
export function isMissedWhenLost(codec: VideoCodec, data: Uint8Array): boolean {
  if (codec === 'h264') return holdsMissedNalUnit(data, (start) => isMissedAvcNalUnit(data, start));
  if (codec === 'h265') return holdsMissedNalUnit(data, (start) => isMissedHevcNalUnit(data, start));
  return true;
}

/** Whether there is such a NAL unit in the bytes: behind start codes, or where they have been left out. */
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
