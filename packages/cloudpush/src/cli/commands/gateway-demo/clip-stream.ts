import { AvcNalUnitType, avcNalUnitType } from '@cloudpush/muxer';
import { nalUnitsOf } from './h264-rtp.js';

/** One picture of the clip, ready to be sent. */
export interface ClipPicture {
  readonly payloads: readonly Buffer[];
  /** Presentation time, in pictures from the clip's begin on. */
  readonly presentationIndex: number;
}

export const PAYLOAD_TYPE = 96;
const PARAMETER_SETS = [AvcNalUnitType.sps, AvcNalUnitType.pps];

/**
 * The session description of a camera (RFC 8866, RFC 6184 §8.2.1).
 * @param accessUnit the clip's first, with its parameter sets
 */
export function sessionDescription(accessUnit: Uint8Array): string {
  const units = nalUnitsOf(accessUnit);
  const sets = PARAMETER_SETS.map((type) => units.find((unit) => avcNalUnitType(unit[0]!) === type)!);
  const profile = sets[0]!.subarray(1, 4).toString('hex');
  const sprop = sets.map((set) => set.toString('base64')).join(',');
  return [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=synthetic camera',
    't=0 0',
    'a=control:*',
    `m=video 0 RTP/AVP ${PAYLOAD_TYPE}`,
    'c=IN IP4 0.0.0.0',
    `a=rtpmap:${PAYLOAD_TYPE} H264/90000`,
    `a=fmtp:${PAYLOAD_TYPE} packetization-mode=1;profile-level-id=${profile};sprop-parameter-sets=${sprop}`,
    'a=control:video',
    '',
  ].join('\r\n');
}
