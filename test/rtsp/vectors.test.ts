import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rtspLimits } from '../../packages/engine/src/sources/rtsp/limits.js';
import { replay } from '../support/rtsp-replay.js';

/** A recording of GStreamer's RTSP server, over TCP: responses with frames among them, up to the goodbye. */
function vector(name: string): Buffer {
  return readFileSync(new URL(`vectors/gstreamer-${name}.bin`, import.meta.url));
}

/** Pictures and audio frames, and packets that were lost. */
const recordings: readonly [name: string, pictures: number, sound: number | undefined, lost: number][] = [
  ['h265', 50, 94, 0],
  ['bframes', 50, undefined, 0],
  ['h264latm', 5, 10, 0],
  ['lossy264', 9, undefined, 1],
];

for (const [name, pictures, sound, lost] of recordings) {
  test(`the recording ${name} gives the same, cut into pieces of any size`, () => {
    const bytes = vector(name);
    const whole = replay([bytes], rtspLimits);
    expect([pictures, sound, lost]).toEqual([
      whole.sinks[0]!.collected.length,
      whole.sinks[1]?.collected.length,
      whole.client.statistics(0)!.lost,
    ]);
    for (const size of [1, 2, 3, 5, 7, 64, 1000, 1460]) {
      const pieces = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      const { log, sinks } = replay(pieces, rtspLimits);
      expect(log).toEqual(whole.log);
      expect(sinks).toEqual(whole.sinks);
    }
  });
}

test('a recording gives the same, cut in two at any byte of its first 2600', () => {
  const bytes = vector('h265').subarray(0, 2600);
  const { log } = replay([bytes], rtspLimits);
  for (let at = 1; at < bytes.length; at++) {
    expect(replay([bytes.subarray(0, at), bytes.subarray(at)], rtspLimits).log, `cut at ${at}`).toEqual(log);
  }
});
