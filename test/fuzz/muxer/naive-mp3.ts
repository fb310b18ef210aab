import { NaiveError } from './naive-bits.js';

const kilobits: Record<number, number[]> = {
  1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

/** MP3 frames with the byte that goes in front of each in FLV, and their duration in ms. */
export function naiveMp3Frames(
  bytes: readonly number[],
): { flags: number; payload: number[]; duration: number }[] {
  const frames: { flags: number; payload: number[]; duration: number }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.slice(at);
    if (rest.length < 4) throw new NaiveError('ERR_CLOUDPUSH_MP3_CUT_OFF');
    const bits = rest
      .slice(0, 4)
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('');
    if (!bits.startsWith('11111111111')) throw new NaiveError('ERR_CLOUDPUSH_MP3_SYNC');
    const version = { '00': 2.5, '10': 2, '11': 1 }[bits.slice(11, 13)];
    const index = Number.parseInt(bits.slice(16, 20), 2);
    const rate = [44_100, 48_000, 32_000][Number.parseInt(bits.slice(20, 22), 2)];
    if (
      version === undefined ||
      bits.slice(13, 15) !== '01' ||
      index === 0 ||
      index === 15 ||
      rate === undefined
    ) {
      throw new NaiveError('ERR_CLOUDPUSH_MP3_HEADER_INVALID');
    }
    const sampleRate = version === 1 ? rate : version === 2 ? rate / 2 : rate / 4;
    const samples = version === 1 ? 1152 : 576;
    const bitRate = kilobits[version === 1 ? 1 : 2]![index - 1]! * 1000;
    const length = Math.floor((samples * bitRate) / 8 / sampleRate) + Number(bits[22]);
    if (length > rest.length) throw new NaiveError('ERR_CLOUDPUSH_MP3_CUT_OFF');
    const mono = bits.slice(24, 26) === '11';
    const soundRate = sampleRate >= 32_000 ? 3 : sampleRate >= 16_000 ? 2 : 1;
    const flags = 2 * 16 + soundRate * 4 + 2 + (mono ? 0 : 1);
    frames.push({ flags, payload: rest.slice(0, length), duration: (samples * 1000) / sampleRate });
    at += length;
    if (frames.length > 1024) throw new NaiveError('ERR_CLOUDPUSH_AUDIO_FRAME_LIMIT');
  }
  return frames;
}
