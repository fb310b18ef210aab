import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';

/** Codecs as a descriptor carries them: an index into these lists. The first of each is the default. */
export const VIDEO_CODECS: readonly VideoCodec[] = ['h264', 'h265', 'av1', 'vp9'];
export const AUDIO_CODECS: readonly AudioCodec[] = [
  'aac',
  'mp3',
  'opus',
  'flac',
  'ac3',
  'eac3',
  'g711a',
  'g711u',
];
