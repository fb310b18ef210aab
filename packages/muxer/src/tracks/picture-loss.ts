import { avcNalUnitLengthSize } from '../h264/avc-decoder-configuration-record.js';
import { isMissedAvcNalUnit } from '../h264/nal-unit.js';
import { hevcNalUnitLengthSize } from '../h265/hevc-decoder-configuration-record.js';
import { isMissedHevcNalUnit } from '../h265/nal-unit.js';
import type { VideoCodec } from '../media-packet.js';
import { holdsMissedNalUnit } from '../nal/missed-nal-unit.js';

/**
 * Tells whether other pictures would, or might, miss this one if its packet did not go out: false when it
 * holds no picture, or one that no other refers to, which the NAL unit headers of H.264 tell, and those of
 * H.265 for the highest sub-layer alone. See `Muxer.awaitKeyFrame`.
 *
 * @param configuration the packet's, when its NAL units are length-prefixed (`MediaPacket.configuration`)
 */
export function isMissedWhenLost(codec: VideoCodec, data: Uint8Array, configuration?: Uint8Array): boolean {
  if (codec === 'h264') {
    const lengthSize = configuration === undefined ? 0 : avcNalUnitLengthSize(configuration);
    return holdsMissedNalUnit(data, lengthSize, (start) => isMissedAvcNalUnit(data, start));
  }
  if (codec === 'h265') {
    const lengthSize = configuration === undefined ? 0 : hevcNalUnitLengthSize(configuration);
    return holdsMissedNalUnit(data, lengthSize, (start) => isMissedHevcNalUnit(data, start));
  }
  return true;
}
