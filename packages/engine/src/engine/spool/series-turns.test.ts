import { expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { SeriesTurns, type SeriesUser } from './series-turns.js';

class FakeUser implements SeriesUser {
  readonly series: string;
  readonly channel: number;
  isEnding = false;
  readonly told: string[] = [];

  constructor(channel: number, series = 'cam') {
    this.channel = channel;
    this.series = series;
  }

  onSeriesFree(): void {
    this.told.push('free');
  }

  onSeriesHeld(error: { readonly code: string; readonly message: string }): void {
    this.told.push(error.code);
    expect(error.message).toContain('"cam"');
    expect(error.message).toContain('spool.series');
  }
}

const IN_USE = 'ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE';

test('a series is one destination’s: that of another channel is told at once, and has it when it is free', () => {
  const turns = new SeriesTurns(new FakeClock());
  const [a, b, c, other] = [new FakeUser(0), new FakeUser(1), new FakeUser(2), new FakeUser(3, 'yard')];
  expect([a, b, c, other].map((user) => turns.enter(user))).toEqual([true, false, false, true]);
  expect([a.told, b.told]).toEqual([[], [IN_USE]]);
  turns.leave(a);
  turns.leave(a);
  expect([b.told, c.told]).toEqual([[IN_USE, 'free'], [IN_USE]]);
  // Its shard has died: it is attached elsewhere.
  expect([turns.enter(b), turns.enter(c)]).toEqual([true, false]);
  turns.leave(b);
  turns.leave(c);
  expect(turns.enter(a)).toBe(true);
});

test('one that waits no longer is not told, and does not keep the next one from its turn', () => {
  const turns = new SeriesTurns(new FakeClock());
  const [a, b, c] = [new FakeUser(0), new FakeUser(1), new FakeUser(2)];
  for (const user of [a, b, c]) turns.enter(user);
  turns.leave(b);
  turns.leave(a);
  expect([b.told, c.told]).toEqual([[IN_USE], [IN_USE, 'free']]);
});

test('a handover within a channel, or from one that closes, is no fault, unless it takes too long', () => {
  const clock = new FakeClock();
  const turns = new SeriesTurns(clock);
  const [a, b, c] = [new FakeUser(0), new FakeUser(0), new FakeUser(1)];
  turns.enter(a);
  turns.enter(b);
  a.isEnding = true;
  turns.enter(c);
  clock.pass(36_000);
  expect([b.told, c.told]).toEqual([[], []]);
  turns.leave(a);
  expect(b.told).toEqual(['free']);
  clock.pass(72_000);
  expect([b.told, c.told]).toEqual([['free'], [IN_USE]]);
});
