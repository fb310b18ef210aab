import type { AudioCodec, HevcForm, VideoCodec } from '@cloudpush/muxer';

/** `videocodecid` of `onMetaData`: a codec id of FLV 10.1, 12 of H.265's older form, or a FourCC as a number (Enhanced RTMP). */
const VIDEO_CODEC_IDS: Readonly<Record<VideoCodec, number>> = {
  h264: 7,
  h265: 0x68766331,
  av1: 0x61763031,
  vp9: 0x76703039,
};
const LEGACY_HEVC = 12;

const AUDIO_CODEC_IDS: Readonly<Record<AudioCodec, number>> = {
  aac: 10,
  mp3: 2,
  opus: 0x4f707573,
  flac: 0x664c6143,
  ac3: 0x61632d33,
  eac3: 0x65632d33,
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
