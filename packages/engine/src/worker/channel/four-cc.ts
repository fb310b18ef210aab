import { type AudioCodec, type FlvTag, fourCcs, TagType, type VideoCodec } from '@cloudpush/muxer';
import { Command } from '../../memory/ring.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';

/** Every server knows these three in their older forms; the rest are told by their FourCCs alone. */
const { h264: _h264, aac: _aac, mp3: _mp3, ...ENHANCED } = fourCcs;
const FOUR_CCS: Readonly<Partial<Record<VideoCodec | AudioCodec, string>>> = ENHANCED;

/** By the codec's number in a descriptor. */
const VIDEO_FOUR_CCS = VIDEO_CODECS.map((codec) => FOUR_CCS[codec]);
const AUDIO_FOUR_CCS = AUDIO_CODECS.map((codec) => FOUR_CCS[codec]);

/** The FourCC of a codec that only some servers take; undefined for those that every server knows. */
export function fourCcOf(command: Command, codec: number): string | undefined {
  if (command === Command.video) return VIDEO_FOUR_CCS[codec];
  return command === Command.audio ? AUDIO_FOUR_CCS[codec] : undefined;
}

/** Bits of a tag body's first byte (Enhanced RTMP v1 and v2, "Enhanced Video" and "Enhanced Audio"). */
const IS_EX_VIDEO_HEADER = 0x80;
const EX_AUDIO_SOUND_FORMAT = 9;

/** The FourCC of a tag that is in Enhanced RTMP's form; undefined for those in the older ones. */
export function enhancedFourCcOf({ type, parts }: FlvTag): string | undefined {
  const body = parts[0]!;
  const first = body[0]!;
  const isEnhanced =
    type === TagType.video
      ? (first & IS_EX_VIDEO_HEADER) !== 0
      : type === TagType.audio && first >> 4 === EX_AUDIO_SOUND_FORMAT;
  return isEnhanced && body.length >= 5 ? String.fromCharCode(...body.subarray(1, 5)) : undefined;
}
