import { type NaiveFrame, naiveFrames } from './naive-frames.js';

const kilobits: Record<number, number[]> = {
  1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

/** The fields of a header. */
function fields(frame: readonly number[]) {
  const bits = frame
    .slice(0, 4)
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const version = { '00': 2.5, '10': 2, '11': 1 }[bits.slice(11, 13)];
  const index = Number.parseInt(bits.slice(16, 20), 2);
  const rate = [44_100, 48_000, 32_000][Number.parseInt(bits.slice(20, 22), 2)];
  const mono = bits.slice(24, 26) === '11';
  return { bits, version, index, rate, mono };
}

/** The frame that the bytes begin with, or what is wrong with it. */
function look(rest: readonly number[]): NaiveFrame {
  if (rest.length < 4) return 'ERR_CLOUDPUSH_MP3_CUT_OFF';
  const { bits, version, index, rate, mono } = fields(rest);
  if (!bits.startsWith('11111111111')) return 'ERR_CLOUDPUSH_MP3_SYNC';
  if (
    version === undefined ||
    bits.slice(13, 15) !== '01' ||
    index === 0 ||
    index === 15 ||
    rate === undefined
  ) {
    return 'ERR_CLOUDPUSH_MP3_HEADER_INVALID';
  }
  const { samples, sampleRate } = timing(version, rate);
  const bitRate = kilobits[version === 1 ? 1 : 2]![index - 1]! * 1000;
  const length = Math.floor((samples * bitRate) / 8 / sampleRate) + Number(bits[22]);
  if (length > rest.length) return 'ERR_CLOUDPUSH_MP3_CUT_OFF';
  return { length, kind: `${bits.slice(8, 16)} ${bits.slice(20, 22)} ${mono}` };
}

function timing(version: number, rate: number) {
  const sampleRate = version === 1 ? rate : version === 2 ? rate / 2 : rate / 4;
  return { samples: version === 1 ? 1152 : 576, sampleRate };
}

interface NaiveMp3Frame {
  flags: number;
  payload: number[];
  duration: number;
  missing: number;
}

/** MP3 frames with the byte that goes in front of each in FLV, and their duration in ms. */
export function naiveMp3Frames(bytes: readonly number[]): {
  frames: NaiveMp3Frame[];
  damage: string | undefined;
} {
  const found = naiveFrames(bytes, look, 'ERR_CLOUDPUSH_MP3_CUT_OFF');
  const frames = found.frames.map(({ at, length, missing }) => {
    const payload = bytes.slice(at, at + length);
    const { version, rate, mono } = fields(payload);
    const { samples, sampleRate } = timing(version!, rate!);
    const soundRate = sampleRate >= 32_000 ? 3 : sampleRate >= 16_000 ? 2 : 1;
    const flags = 2 * 16 + soundRate * 4 + 2 + (mono ? 0 : 1);
    return { flags, payload, duration: (samples * 1000) / sampleRate, missing };
  });
  return { frames, damage: found.damage };
}
