import type { AudioConfiguration, VideoConfiguration } from '@cloudpush/engine';

const VIDEO_CODECS = { h264: 'H.264', h265: 'H.265', av1: 'AV1', vp9: 'VP9' } as const;
const AUDIO_CODECS = {
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  flac: 'FLAC',
  ac3: 'AC-3',
  eac3: 'E-AC-3',
  g711a: 'G.711 A-law',
  g711u: 'G.711 µ-law',
} as const;

/** Audio object types (ISO/IEC 14496-3 table 1.17) that ADTS can say. */
const OBJECT_TYPES: Readonly<Record<number, string>> = { 1: 'Main', 2: 'LC', 3: 'SSR', 4: 'LTP' };

/** chroma_format_idc (ISO/IEC 14496-10 table 6-1). */
const CHROMA_FORMATS = ['monochrome', '4:2:0', '4:2:2', '4:4:4'] as const;

/** H.264 High 3.1 (avc1.64001f) */
export function videoCodecText(configuration: VideoConfiguration): string {
  const { codec, profile, profileName = `profile ${profile}`, codecString } = configuration;
  return `${VIDEO_CODECS[codec]} ${profileName}${levelText(configuration)} (${codecString})`;
}

/** 1280x720, 25 fps, 8 bit 4:2:0 */
export function pictureText({
  width,
  height,
  frameRate,
  bitDepth,
  chromaFormat,
}: VideoConfiguration): string {
  const rate = frameRate === undefined ? 'no frame rate' : `${shortNumber(frameRate)} fps`;
  return `${width}x${height}, ${rate}, ${bitDepth} bit ${CHROMA_FORMATS[chromaFormat] ?? ''}`;
}

export function audioCodecText({ codec, objectType }: AudioConfiguration): string {
  const profile = OBJECT_TYPES[objectType ?? 0];
  return profile === undefined ? AUDIO_CODECS[codec] : `${AUDIO_CODECS[codec]} ${profile}`;
}

/** 48 kHz, 2 channels */
export function soundText({ sampleRate, channels }: AudioConfiguration): string {
  return `${shortNumber(sampleRate / 1000)} kHz, ${channels === 1 ? '1 channel' : `${channels} channels`}`;
}

/** Up to three digits behind the point, and no zeros at the end. */
export function shortNumber(value: number): string {
  return String(Number(value.toFixed(3)));
}

/** level_idc is ten times the level in H.264, thirty times in H.265; the others count levels otherwise. */
function levelText({ codec, level }: VideoConfiguration): string {
  if (codec === 'h264' || codec === 'h265') {
    return ` ${(level / (codec === 'h264' ? 10 : 30)).toFixed(1)}`;
  }
  return '';
}
