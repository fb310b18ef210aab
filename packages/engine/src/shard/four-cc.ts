import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { Command } from '../memory/ring.js';
import { AUDIO_CODECS, VIDEO_CODECS } from './protocol.js';

/** The FourCC of a codec that only some servers take; undefined for those that every server knows. */
export function fourCcOf(command: Command, codec: number): string | undefined {
  if (command === Command.video) return FOUR_CCS[VIDEO_CODECS[codec]!];
  return command === Command.audio ? FOUR_CCS[AUDIO_CODECS[codec]!] : undefined;
}

const FOUR_CCS: Readonly<Partial<Record<VideoCodec | AudioCodec, string>>> = {
  h265: 'hvc1',
  av1: 'av01',
  vp9: 'vp09',
  opus: 'Opus',
  flac: 'fLaC',
  ac3: 'ac-3',
  eac3: 'ec-3',
};
