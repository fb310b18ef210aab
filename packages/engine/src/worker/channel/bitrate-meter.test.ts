import { describe, expect, test } from 'vitest';
import { BitrateMeter } from './bitrate-meter.js';

/** 25 frames a second of 1,000 bytes, from `from` to `to` ms. */
function feed(meter: BitrateMeter, from: number, to: number, bytes = 1000): void {
  for (let time = from; time < to; time += 40) meter.add(bytes, time % 2 ** 32);
}

describe('a bitrate meter', () => {
  test('knows no rate before two seconds of media', () => {
    const meter = new BitrateMeter();
    expect(meter.rate).toBeUndefined();
    feed(meter, 0, 1990);
    expect(meter.rate).toBeUndefined();
    meter.add(1000, 2000);
    expect(meter.rate).toBe(200_000);
  });

  test('follows the source within four seconds', () => {
    const meter = new BitrateMeter();
    feed(meter, 0, 10_000);
    expect(meter.rate).toBe(200_000);
    feed(meter, 10_000, 14_040, 3000);
    expect(meter.rate).toBe(600_000);
  });

  test('counts on across the wrap of the clock, and starts anew where the clock does', () => {
    const meter = new BitrateMeter();
    feed(meter, 2 ** 32 - 2000, 2 ** 32 + 2040);
    expect(meter.rate).toBe(200_000);
    feed(meter, 0, 1000, 5000);
    expect(meter.rate).toBeUndefined();
    feed(meter, 1000, 5000, 5000);
    expect(meter.rate).toBe(1_000_000);
  });

  test('takes a pause of the source for time without media, and a long one for a new start', () => {
    const meter = new BitrateMeter();
    feed(meter, 0, 2000);
    meter.add(1000, 4000);
    expect(meter.rate).toBe(100_000);
    meter.add(1000, 60_000);
    expect(meter.rate).toBeUndefined();
  });
});
