// Connections that a stream has left end badly while its disk does not work.

import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { SpoolCounter } from '../../memory/counters.js';
import { HeldDisk } from '../../spool/testing/held-disk.js';
import type { FakeConnection } from '../testing/fake-connection.js';
import { failDisk, numbersFrom, numbersOn, takeGaps } from '../testing/gap-bench.js';
import { FRAME, SpoolBench } from '../testing/spool-bench.js';

const RESET = new RtmpError(RtmpErrorCode.socket, 'publishing', 'reset');
const CLOSED = new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'closed');
/** So many pictures after a failure, the disk is tried again. */
const OFF = 44;
/** Bytes of a picture: two are more than may be held in memory. */
const LARGE = 1_200_000;

/** A stream that was handed eight pictures while its disk does not work. */
async function withoutDisk(resume: 'live' | 'in-order' = 'live'): Promise<SpoolBench> {
  const limits = { highWatermark: { bytes: 50e6, ms: 3_600_000 }, closeTimeout: 60_000 };
  const bench = new SpoolBench({ when: 'always', resume, speed: 100 }, limits);
  await bench.settle();
  failDisk(bench, true);
  bench.offer();
  await bench.pass(FRAME);
  expect(bench.state).toBe('off');
  await bench.publish();
  await bench.send(7);
  return bench;
}

/** The stream moves to another server: the connection that it has left. */
async function moveOn(bench: SpoolBench): Promise<FakeConnection> {
  const left = bench.shard.connections.latest;
  bench.destination.moveTo({ url: 'rtmp://other.example/live/a', token: undefined }, false);
  bench.startGroup();
  await bench.publish();
  await bench.send(4);
  expect(left.closes).toBe(1);
  return left;
}

/** The disk works again, and the destination is closed when all is sent: how it ends, and pictures of gaps. */
async function finish(bench: SpoolBench): Promise<{ error: string | undefined; gaps: number[][] }> {
  expect(bench.state).toBe('off');
  failDisk(bench, false);
  await bench.send(OFF);
  const gaps = await takeGaps(bench);
  // The server has all that was sent until then.
  await bench.send(60);
  bench.destination.close();
  await bench.shard.connections.made.findLast(({ isOfGap }) => !isOfGap)!.lose(undefined);
  await bench.pass(500);
  const [detached] = bench.shard.of('detached');
  return { error: detached!.error?.message, gaps };
}

test.each(['in front of its end', 'behind its end', 'before the stream left it'] as const)(
  'what memory could not keep of a connection that ends badly, let go of %s, is counted, and is part of the end',
  async (when) => {
    const bench = await withoutDisk();
    if (when === 'before the stream left it') await bench.send(4, LARGE);
    const left = await moveOn(bench);
    if (when === 'in front of its end') await bench.send(4, LARGE);
    await left.lose(RESET);
    if (when === 'behind its end') await bench.send(4, LARGE);
    const { error, gaps } = await finish(bench);
    expect(error).toBe('reset');
    expect(gaps.flat()).not.toContain(4);
    expect(bench.count(SpoolCounter.lostBytes)).toBeGreaterThan(0);
    expect(bench.count(SpoolCounter.lostMs)).toBeGreaterThan(0);
  },
);

test('what memory could not keep of a connection that ends well is no loss', async () => {
  const bench = await withoutDisk();
  const left = await moveOn(bench);
  await bench.send(4, LARGE);
  const before = bench.count(SpoolCounter.lostBytes);
  await left.lose(undefined);
  expect((await finish(bench)).error).toBeUndefined();
  expect(bench.count(SpoolCounter.lostBytes)).toBe(before);
});

test('what memory could not keep is no loss either where its server has it when the stream leaves', async () => {
  const bench = await withoutDisk();
  await bench.send(4, LARGE);
  await bench.send(60);
  const left = await moveOn(bench);
  await left.lose(RESET);
  expect((await finish(bench)).error).toBeUndefined();
});

test('where two connections have ended badly, and what they held is sent later, neither is part of the end', async () => {
  const bench = await withoutDisk();
  await (await moveOn(bench)).lose(RESET);
  await (await moveOn(bench)).lose(CLOSED);
  const { error, gaps } = await finish(bench);
  expect(error).toBeUndefined();
  expect(gaps.flat()).toEqual(expect.arrayContaining(numbersFrom(4, 8)));
});

test('a stream in order begins again when the disk works, and not before: what it was handed would be lost', async () => {
  const bench = await withoutDisk('in-order');
  const left = await moveOn(bench);
  const second = bench.shard.connections.latest;
  await left.lose(RESET);
  await bench.send(4);
  expect([bench.state, second.publisher!.destroyedBy]).toEqual(['off', undefined]);
  failDisk(bench, false);
  await bench.send(OFF);
  expect(second.publisher!.destroyedBy!.cause).toBe(RESET);
  await second.lose(second.publisher!.destroyedBy);
  const third = await bench.publish();
  await bench.send(60);
  expect(bench.state).toBe('idle');
  const numbers = numbersOn(third);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  const arrived = new Set([...numbersOn(second.publisher!), ...numbers]);
  expect(numbersFrom(4, bench.offered.length - 4).filter((number) => !arrived.has(number))).toEqual([]);
  bench.destination.close();
  await bench.shard.connections.latest.lose(undefined);
  await bench.pass(500);
  expect(bench.shard.of('detached').map(({ error }) => error)).toEqual([undefined]);
});

test.each([true, false])(
  'a stream in order that is being closed does not begin again: what was lost stays on disk; it works: %s',
  async (works) => {
    const bench = await withoutDisk('in-order');
    if (works) failDisk(bench, false);
    if (works) await bench.send(OFF);
    const first = bench.offered.length;
    const left = await moveOn(bench);
    const second = bench.shard.connections.latest;
    bench.destination.close();
    expect(second.closes).toBe(1);
    await left.lose(RESET);
    if (!works) failDisk(bench, false);
    await bench.pass(12_000);
    expect(second.publisher!.destroyedBy).toBeUndefined();
    await second.lose(undefined);
    await bench.pass(500);
    expect(bench.shard.of('detached').map(({ error }) => error?.message)).toEqual(['reset']);
    expect(bench.outcomes.at(-1)).toBe('kept');
    const next = new SpoolBench({ speed: 100 }, {}, true, bench.disk);
    await next.settle();
    await next.publish();
    expect((await takeGaps(next)).flat()).toEqual(expect.arrayContaining([first - 2, first - 1]));
  },
);

test('what leaves memory before a stream in order has begun again is counted, and part of the end', async () => {
  const disk = new HeldDisk();
  const limits = { highWatermark: { bytes: 50e6, ms: 3_600_000 }, closeTimeout: 60_000 };
  const bench = new SpoolBench({ when: 'always', resume: 'in-order', speed: 100 }, limits, true, disk);
  // It comes before the folder is open: no gap begins with it.
  bench.offer();
  await bench.settle();
  await bench.publish();
  await bench.send(3, 33_000);
  const left = await moveOn(bench);
  const second = bench.shard.connections.latest;
  const release = disk.hold('write');
  // The disk has no room behind these for what the left connection had, nor for a picture that is large.
  await bench.send(3, LARGE);
  await bench.send(1, 530_000);
  await left.lose(RESET);
  expect(second.publisher!.destroyedBy?.cause).toBe(RESET);
  await bench.send(1, 600_000);
  await bench.send(3);
  const { held } = bench;
  await bench.send(1);
  // The four that the left connection had; the new one waits for the disk.
  expect(bench.held).toBe(held - 4 + 1);
  release();
  await second.lose(second.publisher!.destroyedBy);
  await bench.publish();
  await bench.send(60);
  expect(bench.count(SpoolCounter.lostBytes)).toBe(99_100 + 600_000 + 3 * 100);
  bench.destination.close();
  await bench.shard.connections.latest.lose(undefined);
  await bench.pass(500);
  expect(bench.shard.of('detached').map(({ error }) => error?.message)).toEqual(['reset']);
});

test.each([
  ['outage', 'before its disk fails'],
  ['always', 'before its disk fails'],
  ['outage', 'behind that'],
] as const)(
  'with `when: %s`, a connection that was left ends badly %s, which loses what it held: that is part of the end',
  async (when, order) => {
    const limits = { highWatermark: { bytes: 50e6, ms: 3_600_000 }, closeTimeout: 60_000 };
    const bench = new SpoolBench({ when, speed: 100 }, limits);
    // With `always`, it comes before the folder is open: no gap begins with it.
    bench.offer();
    await bench.settle();
    await bench.publish();
    await bench.send(7);
    const left = await moveOn(bench);
    failDisk(bench, true);
    if (order === 'before its disk fails') await left.lose(RESET);
    else await bench.lose();
    await bench.send(8);
    failDisk(bench, false);
    if (order !== 'before its disk fails') await bench.publish();
    await bench.send(OFF);
    if (order !== 'before its disk fails') await left.lose(RESET);
    await takeGaps(bench);
    await bench.send(60);
    bench.destination.close();
    await bench.shard.connections.made.findLast(({ isOfGap }) => !isOfGap)!.lose(undefined);
    await bench.pass(500);
    expect(bench.count(SpoolCounter.lostBytes)).toBeGreaterThan(0);
    expect(bench.shard.of('detached').map(({ error }) => error?.message)).toEqual(['reset']);
  },
);
