import { expect, test } from 'vitest';
import { BitRateMeter } from './bit-rate-meter.js';

/** The most bytes in ten neighbouring steps of 100 ms, the slow way. */
function naivePeak(samples: readonly (readonly [dts: number, size: number])[]): number {
  const steps = new Map<number, number>();
  for (const [dts, size] of samples) {
    const step = Math.floor(dts / 100);
    steps.set(step, (steps.get(step) ?? 0) + size);
  }
  let peak = 0;
  for (const last of steps.keys()) {
    let sum = 0;
    for (let step = last - 9; step <= last; step++) sum += steps.get(step) ?? 0;
    peak = Math.max(peak, sum);
  }
  return peak * 8;
}

test('mean and peak are those of a meter that keeps everything', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let round = 0; round < 50; round++) {
    const samples: [number, number][] = [];
    let dts = random(2) === 0 ? -5000 : 4_294_960_000;
    for (let i = 0; i < 200; i++) {
      dts += random(20) === 0 ? random(5000) : random(60);
      samples.push([dts, random(10_000)]);
    }
    const meter = new BitRateMeter();
    for (const [at, size] of samples) meter.see(at, size);
    const bytes = samples.reduce((sum, [, size]) => sum + size, 0);
    expect(meter.bytes).toBe(bytes);
    expect(meter.report(2000)).toEqual({ mean: bytes * 4, peak: naivePeak(samples) });
  }
});

test('less than a second has no peak, and no duration has no mean', () => {
  const meter = new BitRateMeter();
  meter.see(0, 1000);
  expect(meter.report(999)).toEqual({ mean: 8_000_000 / 999 });
  expect(meter.report(0)).toEqual({});
});

test('a step back begins the second anew', () => {
  const meter = new BitRateMeter();
  meter.see(900, 1000);
  meter.see(0, 1);
  meter.see(950, 10);
  expect(meter.report(1000).peak).toBe(8000);
});
