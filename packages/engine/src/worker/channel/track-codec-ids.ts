import { type AudioCodec, fourCcOf, type HevcForm, type VideoCodec } from '@cloudpush/muxer';

/**
 * `videocodecid` of `onMetaData`: a codec id of FLV 10.1, 12 of H.265's older form, or a FourCC as a number
 * (Enhanced RTMP).
 */
const VIDEO_CODEC_IDS: Readonly<Record<VideoCodec, number>> = {
  h264: 7,
  h265: fourCcOf('h265'),
  av1: fourCcOf('av1'),
  vp9: fourCcOf('vp9'),
};
const LEGACY_HEVC = 12;

/** `audiocodecid` of `onMetaData`: a sound format of FLV 10.1, or a FourCC as a number. */
const AUDIO_CODEC_IDS: Readonly<Record<AudioCodec, number>> = {
  aac: 10,
  mp3: 2,
  g711a: 7,
  g711u: 8,
  opus: fourCcOf('opus'),
  flac: fourCcOf('flac'),
  ac3: fourCcOf('ac3'),
  eac3: fourCcOf('eac3'),
};

/** Of a track that is known by its codec alone. */
export function videoCodecId(codec: VideoCodec | 'none' | undefined, form: HevcForm): number | undefined {
  if (codec === undefined || codec === 'none') return undefined;
  return codec === 'h265' && form === 'legacy' ? LEGACY_HEVC : VIDEO_CODEC_IDS[codec];
}

/** Of a track that is known by its codec alone. */
export function audioCodecId(codec: AudioCodec | 'none' | undefined): number | undefined {
  return codec === undefined || codec === 'none' ? undefined : AUDIO_CODEC_IDS[codec];
}
