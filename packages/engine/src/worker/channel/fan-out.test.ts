import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { Gates, newGateMemory } from '../../memory/gates.js';
import { PATIENCE } from '../destination/backlog.js';
import type { DestinationStream } from '../destination/destination-stream.js';
import type { ShardContext } from '../shard-context.js';
import { FanOut } from './fan-out.js';

let clock = new FakeClock();

beforeEach(() => {
  clock = new FakeClock();
});

/** A destination that is as far as it is told to be. */
class FakeDestination {
  progress = 0;
  relieved = 0;
  reconsidered = 0;
  readonly backlog = {
    bytes: 0,
    full: false,
    hasRoom: true,
    mayDrop: false,
    relieve: () => void this.relieved++,
    reconsider: () => void this.reconsidered++,
  };

  constructor(progress: number, bytes: number) {
    this.progress = progress;
    this.backlog.bytes = bytes;
  }

  isAheadOf(other: FakeDestination): boolean {
    return this.progress > other.progress;
  }

  get self(): DestinationStream {
    return this as unknown as DestinationStream;
  }
}

function setUp(...destinations: FakeDestination[]): { takers: FanOut; gates: Gates; reports: string[] } {
  const gates = new Gates(newGateMemory(2));
  const reports: string[] = [];
  const context = { clock, gates, report: ({ type }: { type: string }) => void reports.push(type) };
  const takers = new FanOut(1, context as unknown as ShardContext);
  for (const destination of destinations) takers.add(destination.self);
  for (const destination of destinations) destination.reconsidered = 0;
  return { takers, gates, reports };
}

test.each([
  ['the first', [1000, 500, 100], 0],
  ['in the middle', [500, 1000, 100], 1],
  ['the last but one', [100, 500, 1000], 2],
])('of several that lag it is the slowest that lets go of something: %s', (_, bytes, slowest) => {
  const lagging = bytes.map((size) => new FakeDestination(1, size));
  const { takers } = setUp(...lagging, new FakeDestination(2, 2000));
  takers.relieve();
  expect(lagging.map(({ relieved }) => relieved)).toEqual(lagging.map((_one, i) => (i === slowest ? 1 : 0)));
});

test('the fastest lets go of nothing, nor one on which nothing waits', () => {
  const fastest = [new FakeDestination(2, 1000), new FakeDestination(2, 500)];
  const empty = new FakeDestination(1, 0);
  const { takers } = setUp(...fastest, empty);
  takers.relieve();
  expect([...fastest, empty].map(({ relieved }) => relieved)).toEqual([0, 0, 0]);
});

test('one that is to drop lets go of something though nobody is ahead of it', () => {
  const alone = new FakeDestination(1, 1000);
  const { takers } = setUp(alone);
  expect(takers.canRelieve).toBe(false);
  takers.relieve();
  expect(alone.relieved).toBe(0);
  alone.backlog.mayDrop = true;
  expect(takers.canRelieve).toBe(true);
  takers.relieve();
  expect(alone.relieved).toBe(1);
});

test('one is left behind when another is ahead of it and has room', () => {
  const [slow, fast] = [new FakeDestination(1, 0), new FakeDestination(2, 0)];
  const { takers } = setUp(slow, fast);
  expect(takers.isFanOut).toBe(true);
  expect(takers.isLeftBehind(slow.self)).toBe(true);
  expect(takers.isLeftBehind(fast.self)).toBe(false);
  fast.backlog.hasRoom = false;
  expect(takers.isLeftBehind(slow.self)).toBe(false);
});

test('the source waits while one is full, and is told so once, and once that it may go on', () => {
  const destinations = [new FakeDestination(1, 0), new FakeDestination(1, 0)];
  const { takers, gates, reports } = setUp(...destinations);
  for (const { backlog } of destinations) backlog.full = true;
  for (let i = 0; i < 2; i++) takers.pause();
  expect([reports, gates.isOpen(1), gates.isOpen(0)]).toEqual([['pause'], false, true]);
  destinations[0]!.backlog.full = false;
  takers.resumeIfRoom();
  expect(gates.isOpen(1)).toBe(false);
  destinations[1]!.backlog.full = false;
  for (let i = 0; i < 2; i++) takers.resumeIfRoom();
  expect([reports, gates.isOpen(1)]).toEqual([['pause', 'resume'], true]);
  expect(clock.pending).toBe(0);
});

test('the source does not wait for one that takes no more, but without any it waits for the next', () => {
  const [full, other] = [new FakeDestination(1, 0), new FakeDestination(1, 0)];
  const { takers, reports } = setUp(full, other);
  full.backlog.full = true;
  takers.pause();
  takers.remove(other.self);
  expect(reports).toEqual(['pause']);
  takers.remove(full.self);
  expect(reports).toEqual(['pause']);
  expect(takers.list).toEqual([]);
  takers.add(other.self);
  expect(reports).toEqual(['pause', 'resume']);
});

test('the source goes on at once when the one that it waited for takes no more', () => {
  const [full, other] = [new FakeDestination(1, 0), new FakeDestination(1, 0)];
  const { takers, reports } = setUp(full, other);
  full.backlog.full = true;
  takers.pause();
  takers.remove(full.self);
  expect(reports).toEqual(['pause', 'resume']);
  expect(takers.isFanOut).toBe(false);
});

test('the patience with one that is full and left behind ends when it was so twice in a row', () => {
  const [slow, fast] = [new FakeDestination(1, 0), new FakeDestination(2, 0)];
  const { takers } = setUp(slow, fast);
  slow.backlog.full = true;
  takers.pause();
  clock.pass(PATIENCE);
  expect(slow.reconsidered).toBe(0);
  fast.backlog.hasRoom = false;
  clock.pass(PATIENCE);
  fast.backlog.hasRoom = true;
  clock.pass(PATIENCE);
  expect(slow.reconsidered).toBe(0);
  clock.pass(PATIENCE);
  expect(slow.reconsidered).toBe(1);
  expect(fast.reconsidered).toBe(0);
});

test('the patience begins anew with each pause', () => {
  const [slow, fast] = [new FakeDestination(1, 0), new FakeDestination(2, 0)];
  const { takers } = setUp(slow, fast);
  for (let i = 0; i < 3; i++) {
    slow.backlog.full = true;
    takers.pause();
    clock.pass(PATIENCE * 1.5);
    slow.backlog.full = false;
    takers.resumeIfRoom();
  }
  expect(slow.reconsidered).toBe(0);
});

test('who comes and who goes has the others think again; nobody waits behind the end', () => {
  const [first, second] = [new FakeDestination(1, 0), new FakeDestination(1, 0)];
  const { takers } = setUp(first);
  takers.add(second.self);
  expect([first.reconsidered, second.reconsidered]).toEqual([1, 1]);
  takers.remove(second.self);
  expect([first.reconsidered, second.reconsidered]).toEqual([2, 1]);
  first.backlog.full = true;
  takers.pause();
  takers.end();
  expect(clock.pending).toBe(0);
});
