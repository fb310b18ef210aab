import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type MonotonicClock, monotonicClock } from '../../base/clock.js';
import { ClipReader } from '../files/clip.js';
import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';
import { Feed, type PacketSink } from './feed.js';
import { Pacer } from './pacer.js';

let clock = 0;
/** Its time is set by the test, and its timers are vitest's. */
const pacerClock: MonotonicClock = { ...monotonicClock, now: () => clock };

beforeEach(() => {
  clock = 1000;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets `ms` milliseconds go by. */
async function pass(ms: number): Promise<void> {
  for (let i = 0; i < ms; i++) {
    clock++;
    await vi.advanceTimersByTimeAsync(1);
  }
}

/** Takes packets while it has room, and notes when. */
class NotingSink implements PacketSink {
  state: PacketSink['state'] = 'publishing';
  room = Number.POSITIVE_INFINITY;
  readonly taken: { at: number; pts: number; dts: number | undefined; keyFrame: boolean | undefined }[] = [];
  #wake: (() => void) | undefined;

  sendVideo(
    _data: Uint8Array,
    times: { pts: number; dts?: number | undefined; keyFrame?: boolean | undefined },
  ): boolean {
    if (this.room === 0 || this.state === 'closed') return false;
    this.room--;
    this.taken.push({ at: clock, pts: times.pts, dts: times.dts, keyFrame: times.keyFrame });
    return true;
  }

  sendAudio(data: Uint8Array, times: { pts: number }): boolean {
    return this.sendVideo(data, times);
  }

  writable(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  makeRoom(room: number): void {
    this.room = room;
    this.#wake?.();
  }

  get times(): number[] {
    return this.taken.map((packet) => packet.at);
  }
}

function pictures(count: number): SourcePacket[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 'video',
    codec: 'h264',
    data: new Uint8Array(10),
    pts: index * 40 + 80,
    dts: index * 40,
    keyFrame: index === 0,
    duration: 40,
  }));
}

function sounds(count: number): SourcePacket[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 'audio',
    codec: 'aac',
    data: new Uint8Array(10),
    pts: SOUND_TIMES[index]!,
    dts: SOUND_TIMES[index]!,
    keyFrame: true,
    duration: 20,
  }));
}

const SOUND_TIMES = [1, 20, 44, 62, 81, 100, 122, 140];

function feedOf(count: number, sink: PacketSink, limit?: number): Feed {
  return new Feed({ reader: new ClipReader(pictures(count)), sink, limit });
}

test('in real time every packet goes out when it is due', async () => {
  const sink = new NotingSink();
  const feed = feedOf(5, sink);
  new Pacer({ realTime: true, clock: pacerClock }).start(feed, 40);
  await pass(300);
  expect(sink.times).toEqual([1001, 1040, 1080, 1120, 1160]);
  expect(sink.taken[1]).toMatchObject({ pts: 120, dts: 40, keyFrame: false });
  expect(await feed.ended).toBe('source');
  expect(feed).toMatchObject({ videoFrames: 5, audioFrames: 0, bytes: 50, refusals: 0 });
});

test('a few channels send together, whenever they start, and many are spread over a frame', async () => {
  const sinks = Array.from({ length: 40 }, () => new NotingSink());
  const pacer = new Pacer({ realTime: true, clock: pacerClock });
  for (const sink of sinks) {
    pacer.start(feedOf(10, sink), 40);
    await pass(1);
  }
  await pass(500);
  const phases = sinks.map(({ times }) => times[5]! % 40);
  const groups = [phases.slice(0, 16), phases.slice(16, 32), phases.slice(32)];
  expect(groups.map((group) => new Set(group).size)).toEqual([1, 1, 1]);
  const [first, second, third] = groups.map((group) => group[0]!);
  expect([(second! - first! + 40) % 40, (third! - first! + 40) % 40]).toEqual([20, 10]);
});

test('the place of a channel that has ended is free for the next one', async () => {
  const pacer = new Pacer({ realTime: true, clock: pacerClock });
  const sinks = Array.from({ length: 20 }, () => new NotingSink());
  for (const sink of sinks) {
    pacer.start(feedOf(2, sink), 40);
    await pass(200);
  }
  expect(new Set(sinks.map(({ times }) => times[1]! % 40)).size).toBe(1);
});

test('sound that is due before the next picture is sent together with it, as far as the bound lets it', async () => {
  const sink = new NotingSink();
  // The pictures do not tell how long they last.
  const silent = pictures(4).map((picture) => ({ ...picture, duration: 0 }));
  const packets: SourcePacket[] = [...silent, ...sounds(8)].sort((a, b) => a.dts - b.dts);
  const feed = new Feed({ reader: new ClipReader(packets), sink, audioDelay: 30 });
  new Pacer({ realTime: true, clock: pacerClock }).start(feed, 40);
  await pass(300);
  const times = new Map(sink.taken.map(({ at, dts, pts }) => [`${dts === pts ? 'a' : 'v'}${dts}`, at]));
  // When the second picture is due is not known; 36 ms before the third one would be too long.
  expect(times.get('a20')).toBe(times.get('v40')! - 20);
  expect(times.get('a44')).toBe(times.get('v40')! + 4);
  expect(times.get('a62')).toBe(times.get('v80'));
  expect(sink.taken.map(({ dts }) => dts)).toEqual(packets.map(({ dts }) => dts));
  expect(feed.maxLag).toBeLessThan(5);
});

test('a sink without room holds up its own feed only, and nothing of it is lost', async () => {
  const stalled = new NotingSink();
  const healthy = new NotingSink();
  stalled.room = 2;
  const pacer = new Pacer({ realTime: true, clock: pacerClock });
  const late = feedOf(10, stalled);
  pacer.start(late, 40);
  pacer.start(feedOf(10, healthy), 40);
  await pass(300);
  expect(stalled.taken).toHaveLength(2);
  expect(healthy.taken).toHaveLength(8);
  expect(late.refusals).toBe(1);
  expect(late.lag(clock)).toBeCloseTo(220, -1);

  stalled.makeRoom(Number.POSITIVE_INFINITY);
  await pass(3);
  expect(stalled.taken.map((packet) => packet.dts)).toEqual([0, 40, 80, 120, 160, 200, 240, 280]);
  expect(late.lag(clock)).toBe(0);
  await pass(200);
  expect(stalled.taken).toHaveLength(10);
  expect(await late.ended).toBe('source');
});

test('as fast as possible, channels take turns instead of one after the other', async () => {
  const order: string[] = [];
  const pacer = new Pacer({ realTime: false, clock: { ...monotonicClock, now: () => clock++ / 100 } });
  for (const name of ['a', 'b', 'c']) {
    const sink = new NotingSink();
    sink.sendVideo = () => {
      order.push(name);
      return true;
    };
    pacer.start(feedOf(30, sink), 40);
  }
  await vi.runAllTimersAsync();
  expect(order).toHaveLength(90);
  const turns = Array.from({ length: 30 }, (_, turn) =>
    order
      .slice(turn * 3, turn * 3 + 3)
      .toSorted()
      .join(''),
  );
  expect(new Set(turns)).toEqual(new Set(['abc']));
});

test('a feed ends at its limit of media time, not of packets', async () => {
  const sink = new NotingSink();
  const feed = feedOf(100, sink, 200);
  new Pacer({ realTime: false, clock: pacerClock }).start(feed, 40);
  await vi.runAllTimersAsync();
  expect(await feed.ended).toBe('limit');
  expect(sink.taken.map((packet) => packet.dts)).toEqual([0, 40, 80, 120, 160]);
});

test('a feed that is told to stop sends nothing more', async () => {
  const sink = new NotingSink();
  const feed = feedOf(100, sink);
  new Pacer({ realTime: true, clock: pacerClock }).start(feed, 40);
  await pass(100);
  const before = sink.taken.length;
  feed.stop();
  await pass(200);
  expect(sink.taken).toHaveLength(before);
  expect(await feed.ended).toBe('stopped');
});

test('a feed ends when its sink has closed under it', async () => {
  const sink = new NotingSink();
  const feed = feedOf(100, sink);
  new Pacer({ realTime: true, clock: pacerClock }).start(feed, 40);
  await pass(100);
  sink.state = 'closed';
  await pass(100);
  expect(await feed.ended).toBe('closed');
});

test('a feed whose source breaks fails with the cause, and gives the source back', async () => {
  const broken = new Error('the disk is gone');
  let closed = false;
  const reader: PacketReader = {
    ended: false,
    next: () => undefined,
    more: () => Promise.reject(broken),
    close: async () => {
      closed = true;
    },
  };
  const feed = new Feed({ reader, sink: new NotingSink() });
  new Pacer({ realTime: true, clock: pacerClock }).start(feed, 40);
  await pass(10);
  expect(await feed.ended).toBe('failed');
  expect(feed.error).toBe(broken);
  expect(closed).toBe(true);
});
