import { expect, test } from 'vitest';
import { BackfillPacer } from './backfill-pacer.js';

const TICK = 50;
const FRAME = 40;
const BYTES = 20_000;

/** Sends frames as fast as the pacer lets them go, for so many ms. Returns ms of media. */
function run(pacer: BackfillPacer, from: number, ms: number, bytes = BYTES): number {
  let sent = 0;
  for (let now = from; now < from + ms; now += TICK) {
    pacer.pass(now);
    while (pacer.take(FRAME, bytes)) sent += FRAME;
  }
  return sent;
}

test('media goes out at most so much faster than real time', () => {
  const pacer = new BackfillPacer(2);
  pacer.begin(0);
  const sent = run(pacer, 0, 10_000);
  expect(sent).toBeGreaterThan(19_000);
  expect(sent).toBeLessThan(21_000);
  expect(pacer.rate).toBeGreaterThan(0.9e6);
});

test('after a while without sending, no burst follows', () => {
  const pacer = new BackfillPacer(2);
  pacer.begin(0);
  run(pacer, 0, 1000);
  pacer.pass(60_000);
  let burst = 0;
  while (pacer.take(FRAME, BYTES)) burst += FRAME;
  expect(burst).toBeLessThanOrEqual(600);
});

test('a connection that takes less gets four fifths of it, and more again by and by', () => {
  const pacer = new BackfillPacer(100);
  pacer.begin(0);
  pacer.onBlocked(500_000, 0);
  const bytes = (run(pacer, TICK, 1900) / FRAME) * BYTES;
  expect(bytes).toBeGreaterThan(0.7 * 400_000);
  expect(bytes).toBeLessThan(1.1 * 800_000);
  const later = (run(pacer, 2000, 20_000) / FRAME) * BYTES;
  expect(later / 20).toBeGreaterThan(400_000);
});

test('when live channels are held up, half of the rate before is tried, once for each trouble', () => {
  const pacer = new BackfillPacer(2);
  pacer.begin(0);
  run(pacer, 0, 4000);
  const { rate } = pacer;
  for (let i = 0; i < 5; i++) pacer.onCongested(4000);
  const bytes = (run(pacer, 4000, 1900) / FRAME) * BYTES;
  expect(bytes / 1.9).toBeGreaterThan(0.3 * rate);
  expect(bytes / 1.9).toBeLessThan(0.7 * rate);
});
