import { expect, test } from 'vitest';
import { ThroughputMeter } from './throughput-meter.js';

const TICK = 20;

/** Feeds a meter for so many ms; `sentAt` tells what had been sent at a time. */
function run(meter: ThroughputMeter, from: number, to: number, sentAt: (now: number) => number): void {
  for (let now = from; now < to; now += TICK) meter.update(now, sentAt(now), true);
}

test('a steady connection is measured within two seconds', () => {
  const meter = new ThroughputMeter();
  run(meter, 0, 2100, (now) => now * 200);
  expect(meter.throughput(2100)).toBeCloseTo(200_000, -4);
});

test('a connection that takes lumps is measured from lump to lump, and not by what dribbles between them', () => {
  const meter = new ThroughputMeter();
  // 1.4 MB every 7 s, and 20 kB in between.
  const sentAt = (now: number): number =>
    Math.floor(now / 7000) * 1_400_000 + (now % 7000 > 1500 ? 20_000 : 0);
  run(meter, 0, 7000, sentAt);
  expect(meter.isMeasured).toBe(false);
  run(meter, 7000, 7200, sentAt);
  expect(meter.throughput(7200)).toBeGreaterThan(190_000);
  expect(meter.throughput(7200)).toBeLessThan(215_000);
  run(meter, 7200, 13_900, sentAt);
  expect(meter.throughput(13_900)).toBeGreaterThan(190_000);
});

test('without a lump the bound falls with time', () => {
  const meter = new ThroughputMeter();
  run(meter, 0, 10_000, () => 0);
  expect(meter.throughput(10_000)).toBeCloseTo(140_000, -3);
  run(meter, 10_000, 20_000, () => 0);
  expect(meter.throughput(20_000)).toBeCloseTo(70_000, -3);
});

test('a moment at which the buffer was full measures the time until it is full again', () => {
  const meter = new ThroughputMeter();
  run(meter, 0, 2100, (now) => now * 200);
  meter.update(2100, 420_000, false);
  meter.update(12_000, 5_420_000, true);
  expect(meter.throughput(12_000)).toBeGreaterThan(490_000);
  expect(meter.throughput(12_000)).toBeLessThan(510_000);
});

test('nothing is known without a backlog, or of another connection', () => {
  const meter = new ThroughputMeter();
  run(meter, 0, 2100, (now) => now * 200);
  meter.update(2200, 440_000, false);
  expect(meter.throughput(2200)).toBeUndefined();
  meter.restart();
  meter.update(2300, 460_000, true);
  expect(meter.isMeasured).toBe(false);
});
