import { expect, test } from 'vitest';
import { BEGINNING, sampleChannel, sampleDestination } from '../../http/testing/sample-state.js';
import type { ChannelState } from '../../state.js';
import { streamedState } from '../../view/testing/streamed.js';
import { History, KEPT_SAMPLES } from './history.js';

/** A channel that has run for so many seconds: 1000 bytes, 25 pictures and 2 drops in each. */
function after(seconds: number, name = 'gate'): ChannelState {
  const sample = sampleChannel(name);
  const { counters } = sampleDestination();
  return {
    ...sample,
    source: {
      ...sample.source,
      counters: { ...sample.source.counters, bytesReceived: seconds * 1000, videoFrames: seconds * 25 },
    },
    destinations: [
      sampleDestination({
        counters: { ...counters, droppedAudio: seconds * 2 },
        bitRate: 9000,
        queuedMs: seconds,
      }),
      sampleDestination({ name: 'backup', bitRate: 1000, queuedMs: 3 }),
    ],
  };
}

function record(history: History, seconds: number, channels: readonly ChannelState[]): void {
  history.record(streamedState(channels, { at: BEGINNING + seconds * 1000 }));
}

test('samples are what happened between two states', () => {
  const history = new History();
  record(history, 0, [after(0)]);
  expect(history.series('gate', 'bitRateIn')).toHaveLength(0);
  record(history, 1, [after(1)]);
  record(history, 3, [after(3)]);
  expect([...history.series('gate', 'bitRateIn')]).toEqual([8000, 8000]);
  expect([...history.series('gate', 'frameRate')]).toEqual([25, 25]);
  expect([...history.series('gate', 'bitRateOut')]).toEqual([10_000, 10_000]);
  expect([...history.series('gate', 'drops')]).toEqual([2, 4]);
  expect([...history.series('gate', 'queuedMs')]).toEqual([3, 3]);
  expect(history.times('gate')).toEqual([BEGINNING + 1000, BEGINNING + 3000]);
  expect([...history.series('gate', 'drops', 1)]).toEqual([4]);
});

test('drops are added up over five minutes and all channels', () => {
  const history = new History();
  for (let second = 0; second <= 400; second++)
    record(history, second, [after(second), after(second, 'door')]);
  expect(history.recentDrops()).toBe(2 * 2 * 300);
});

test('ten minutes are kept, the latest ones', () => {
  const history = new History();
  for (let second = 0; second <= KEPT_SAMPLES + 50; second++) record(history, second, [after(second)]);
  const times = history.times('gate');
  expect(times).toHaveLength(KEPT_SAMPLES);
  expect([times[0], times.at(-1)]).toEqual([BEGINNING + 51_000, BEGINNING + 650_000]);
  expect(history.series('gate', 'queuedMs', 2)).toEqual(Float32Array.of(649, 650));
});

test('counters that begin anew give no negative rate, and a state that is no later gives no sample', () => {
  const history = new History();
  record(history, 10, [after(10)]);
  record(history, 11, [after(0)]);
  record(history, 11, [after(5)]);
  record(history, 9, [after(5)]);
  expect([...history.series('gate', 'bitRateIn')]).toEqual([0]);
  expect([...history.series('gate', 'drops')]).toEqual([0]);
});

test('a channel that is gone is forgotten', () => {
  const history = new History();
  record(history, 0, [after(0)]);
  record(history, 1, [after(1)]);
  record(history, 2, []);
  expect(history.times('gate')).toEqual([]);
});
