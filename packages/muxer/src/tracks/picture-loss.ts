import { isMissedAvcNalUnit } from '../h264/nal-unit.js';
import { isMissedHevcNalUnit } from '../h265/nal-unit.js';
import type { VideoCodec } from '../media-packet.js';
import { holdsMissedNalUnit } from '../nal/missed-nal-unit.js';

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
