import { expect, test } from 'vitest';
import { SampleClock } from './sample-clock.js';

test('timestamps that run ahead of the samples have drifted', () => {
  const clock = new SampleClock();
  for (let frame = 0; frame <= 100; frame++) clock.see(1000 + frame * 22, 1024, 48_000);
  const samples = (100 * 1024) / 48;
  const report = clock.report();
  expect(report?.samples).toBeCloseTo(samples);
  expect(report?.timestamps).toBe(2200);
  expect(report?.drift).toBeCloseTo(2200 - samples);
});

test('frames of unknown length, and a single one, say nothing', () => {
  const clock = new SampleClock();
  clock.see(0, 1024, 48_000);
  expect(clock.report()).toBeUndefined();
  clock.see(20, undefined, 48_000);
  expect(clock.report()).toBeUndefined();
});
