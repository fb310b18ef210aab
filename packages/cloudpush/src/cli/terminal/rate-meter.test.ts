import { expect, test } from 'vitest';
import { RateMeter } from './rate-meter.js';

test('the rate is that of about the last second', () => {
  const meter = new RateMeter();
  const rates: number[] = [];
  // 1 Mbit/s for two seconds, then nothing, looked at five times a second.
  for (let elapsed = 200; elapsed <= 4000; elapsed += 200) {
    rates.push(meter.update({ elapsed, bytes: Math.min(elapsed, 2000) * 125 }));
  }
  expect(rates.slice(0, 10).every((rate) => Math.abs(rate - 1) < 1e-9)).toBe(true);
  expect(rates[12]).toBeLessThan(0.7);
  expect(rates.at(-1)).toBe(0);
});

test('the first look already counts from the start', () => {
  expect(new RateMeter().update({ elapsed: 1000, bytes: 250_000 })).toBe(2);
});
