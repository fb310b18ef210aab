import { expect, test } from 'vitest';
import { QueueSamples } from './queue-trend.js';

function trendOf(...ms: number[]) {
  const samples = new QueueSamples();
  for (const length of ms) samples.add({ ms: length, bytes: 10 * length, unacknowledged: undefined });
  return samples.trend;
}

test('a queue that gets longer has grown by the difference between its first and its last third', () => {
  expect(trendOf(0, 100, 200, 300, 400, 500)).toEqual({
    ...{ maxMs: 500, maxBytes: 5000, growthMs: 400 },
    maxUnacknowledgedBytes: null,
  });
});

test('a queue that goes up and down has not grown', () => {
  expect(trendOf(80, 0, 300, 300, 0, 80)).toMatchObject({ maxMs: 300, maxBytes: 3000, growthMs: 0 });
});

test('a queue that gets shorter has grown by less than nothing', () => {
  expect(trendOf(300, 0, 0).growthMs).toBe(-300);
});

test('without samples nothing has grown', () => {
  expect(trendOf()).toMatchObject({ maxMs: 0, maxBytes: 0, growthMs: 0 });
});

test('the most that was not acknowledged is kept, once there are acknowledgements', () => {
  const samples = new QueueSamples();
  for (const unacknowledged of [undefined, 0, 700, 300]) samples.add({ ms: 0, bytes: 0, unacknowledged });
  expect(samples.trend.maxUnacknowledgedBytes).toBe(700);
});
