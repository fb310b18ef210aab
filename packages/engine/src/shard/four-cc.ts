import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { Command } from '../memory/ring.js';
import { AUDIO_CODECS, VIDEO_CODECS } from './protocol.js';

const FOUR_CCS: Readonly<Partial<Record<VideoCodec | AudioCodec, string>>> = {
  h265: 'hvc1',
  av1: 'av01',
  vp9: 'vp09',
  opus: 'Opus',
  flac: 'fLaC',
  ac3: 'ac-3',
  eac3: 'ec-3',
};

/** By the codec's number in a descriptor. */
const VIDEO_FOUR_CCS = VIDEO_CODECS.map((codec) => FOUR_CCS[codec]);
const AUDIO_FOUR_CCS = AUDIO_CODECS.map((codec) => FOUR_CCS[codec]);

/** The FourCC of a codec that only some servers take; undefined for those that every server knows. */
export function fourCcOf(command: Command, codec: number): string | undefined {
  if (command === Command.video) return VIDEO_FOUR_CCS[codec];
  return command === Command.audio ? AUDIO_FOUR_CCS[codec] : undefined;
}
