import { TagRole } from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { SpoolCounter } from '../../memory/counters.js';
import { diskError } from '../../spool/testing/simulated-disk.js';
import type { FakePublisher } from '../testing/fake-connection.js';
import { afterOutage, inOrder, picturesIn } from '../testing/in-order-bench.js';
import { FRAME, GROUP, SpoolBench } from '../testing/spool-bench.js';

/** Ascending, from the first one to the last, each once. */
function expectContiguous(timestamps: readonly number[], from: number, to: number): void {
  expect(timestamps).toEqual(picturesIn(from, to));
}

test('while the disk is full, what is on it goes out in order, and what comes is lost and counted', async () => {
  const bench = new SpoolBench(inOrder);
  await afterOutage(bench);
  bench.disk.onStep = ({ call }) => (call === 'write' ? diskError('ENOSPC') : undefined);
  await bench.send(4);
  expect(bench.state).toBe('off');
  expect(bench.shard.told).toContain('spoolOff');
  const second = await bench.publish();
  bench.disk.onStep = () => undefined;
  await bench.send(80);
  const sent = bench.sentOn(second);
  expect(sent).toEqual([...new Set(sent)].toSorted((a, b) => a - b));
  expect(sent.at(-1)).toBe(bench.offered.at(-1));
  const lost = bench.offered.length - sent.length;
  expect(lost).toBeGreaterThan(0);
  expect(bench.count(SpoolCounter.lostBytes)).toBeGreaterThanOrEqual(100);
  expect(bench.count(SpoolCounter.lostMs)).toBeGreaterThanOrEqual(FRAME);
});

test('a segment that cannot be read is tried three times, and then left out', async () => {
  const bench = new SpoolBench(inOrder);
  await afterOutage(bench);
  let attempts = 0;
  bench.disk.onStep = ({ call }) => {
    if (call !== 'read' || attempts >= 3) return undefined;
    attempts++;
    return diskError('EIO');
  };
  const second = await bench.publish();
  await bench.send(60);
  expect(attempts).toBe(3);
  expect(bench.shard.of('warning')).toHaveLength(3);
  expect(bench.sentOn(second).at(-1)).toBe(bench.offered.at(-1));
});

test('media that was given up is lost and told of, and does not come back behind what follows it', async () => {
  const bench = new SpoolBench(inOrder);
  await afterOutage(bench);
  bench.disk.onStep = ({ call }) => (call === 'read' ? diskError('EIO') : undefined);
  const second = await bench.publish();
  await bench.send(80);
  expect(bench.outcomes).toEqual(['opened', 'sent', 'lost']);
  expect(bench.count(SpoolCounter.lostMs)).toBeGreaterThan(20 * FRAME);
  expect(bench.count(SpoolCounter.lostBytes)).toBeGreaterThan(20 * 100);
  expect(bench.files).toEqual([]);
  const [live] = bench.sentOn(second);
  expect(live).toBeGreaterThan(28 * FRAME);
  bench.disk.onStep = () => undefined;
  await bench.lose();
  await bench.send(8);
  const third = await bench.publish();
  await bench.send(40);
  const again = bench.sentOn(third);
  expect(again[0]).toBeGreaterThanOrEqual(live!);
  expectContiguous(again, again[0]!, bench.offered.at(-1)!);
});

/**
 * A bench whose stream has all but caught up: what comes waits in memory, and the connection takes nothing.
 */
async function whileJoining(bench: SpoolBench): Promise<FakePublisher> {
  await afterOutage(bench);
  const publisher = await bench.publish();
  await bench.send(8);
  publisher.isWritable = false;
  await bench.send(6);
  return publisher;
}

test('a close while what comes waits in memory sends that, too', async () => {
  const bench = new SpoolBench(inOrder, { closeTimeout: 60_000 });
  const publisher = await whileJoining(bench);
  bench.destination.close();
  publisher.isWritable = true;
  const { latest } = bench.shard.connections;
  latest.drain();
  await bench.pass(5000);
  expectContiguous(bench.sentOn(publisher), 0, bench.offered.at(-1)!);
  expect(latest.closes).toBe(1);
  await latest.lose(undefined);
  await bench.pass(1000);
  expect(bench.files).toEqual([]);
  expect(bench.held).toBe(0);
});

test('a read that fails is made again, even the last one before the stream is live', async () => {
  for (let failing = 1, reads = failing; reads >= failing; failing += 2) {
    const bench = new SpoolBench(inOrder);
    await afterOutage(bench);
    reads = 0;
    bench.disk.onStep = ({ call }) => (call === 'read' && ++reads === failing ? diskError('EIO') : undefined);
    const publisher = await bench.publish();
    await bench.send(40);
    expect(bench.state).toBe('idle');
    expectContiguous(bench.sentOn(publisher), 0, bench.offered.at(-1)!);
  }
});

test.each(['outage', 'always'] as const)(
  'with `when: %s`, a group that lies on disk in pieces is sent again from its key frame',
  async (when) => {
    const bench = new SpoolBench({ ...inOrder, when, speed: 1.01 });
    bench.group = 30_000;
    await bench.settle();
    await bench.send(160);
    const first = await bench.publish();
    await bench.pass(25_000);
    expect(bench.sentOn(first).at(-1)).toBeGreaterThan(20_000);
    await bench.lose();
    const second = await bench.publish();
    await bench.pass(35_000);
    const again = bench.sentOn(second);
    expect(again.length).toBeGreaterThan(100);
    expectContiguous(again, 0, again.at(-1)!);
  },
);

/** A bench whose segment has ended while its stream was catching up, with the picture before a key frame. */
async function afterSegment(bench: SpoolBench): Promise<FakePublisher> {
  await afterOutage(bench);
  const publisher = await bench.publish();
  await bench.send(3);
  expect(bench.state).toBe('backfilling');
  bench.offer(100, { border: 'end', number: 1 });
  return publisher;
}

test('a segment that ends while the stream catches up ends it there, and the next one has nothing of it', async () => {
  const bench = new SpoolBench(inOrder);
  const publisher = await afterSegment(bench);
  const sent = bench.sentOn(publisher);
  expect(sent.at(-1)).toBe(bench.offered.at(-1));
  await bench.pass(1000);
  expect(bench.sentOn(publisher)).toEqual(sent);
  bench.offer(100, { border: 'start', number: 2 });
  const start = bench.offered.at(-1)!;
  await bench.pass(FRAME);
  await bench.send(19);
  const next = bench.sentOn(publisher).slice(sent.length);
  expect(new Set(next).size).toBe(20);
  expect(next[0]).toBe(start);
  expect(next).toEqual(next.toSorted((a, b) => a - b));
  // The rest of the segment that is over goes out beside it, once nothing of it is under way.
  const { made } = bench.shard.connections;
  const before = made.length;
  await bench.send(60);
  expect(made.length).toBeGreaterThan(before);
});

test('nothing is lost of a segment that ends while the stream catches up within a group of pictures', async () => {
  for (let ms = 0; ms < GROUP; ms += 50) {
    const bench = new SpoolBench(inOrder);
    await afterOutage(bench);
    const publisher = await bench.publish();
    await bench.pass(500 + ms);
    bench.offer(100, { border: 'end', number: 1 });
    const { length } = bench.offered;
    await bench.pass(500);
    bench.offer(100, { border: 'start', number: 2 });
    const { made } = bench.shard.connections;
    const before = made.length;
    await bench.send(50);
    expect(made.length).toBe(before + 1);
    const gap = await made.at(-1)!.succeed();
    for (let i = 0; made.at(-1)!.closes === 0 && i < 100; i++) await bench.send(1);
    const stored = gap.sent.filter(({ role }) => role === TagRole.keyFrame || role === TagRole.interFrame);
    // The clock of a gap's stream is its own: pictures tell their number.
    const pictures = stored.map(({ parts }) => parts.at(-1)!.at(-1)! * FRAME);
    expect(pictures[0]! % GROUP).toBe(0);
    const arrived = new Set([...bench.sentOn(publisher), ...pictures]);
    expect(bench.offered.slice(0, length).filter((timestamp) => !arrived.has(timestamp))).toEqual([]);
  }
});

test('a close behind a segment that ended while the stream was catching up does not wait', async () => {
  const bench = new SpoolBench(inOrder, { closeTimeout: 60_000 });
  await afterSegment(bench);
  const { latest } = bench.shard.connections;
  bench.destination.close();
  await bench.pass(500);
  expect(latest.closes).toBe(1);
  await latest.lose(undefined);
  await bench.pass(500);
  expect(bench.outcomes.at(-1)).toBe('kept');
  expect(bench.held).toBe(0);
});

test.each([
  ['outage', 'in-order'],
  ['always', 'in-order'],
  ['outage', 'live'],
  ['always', 'live'],
] as const)(
  'with `when: %s`, resume `%s`, a server that closed on the enhanced form of H.265 is sent none of it again',
  async (when, resume) => {
    const bench = new SpoolBench({ resume, when, speed: 4 }, {}, 'hvc1');
    await bench.settle();
    const first = await bench.publish();
    await bench.send(6);
    expect(bench.hasEnhanced(first)).toBe(true);
    await bench.fallBack();
    await bench.send(10);
    const second = await bench.publish();
    await bench.send(24);
    const later = [second];
    if (resume === 'live') later.push(await bench.shard.connections.latest.succeed());
    await bench.send(24);
    for (const publisher of later) {
      expect(bench.sentOn(publisher).length).toBeGreaterThan(12);
      expect(bench.hasEnhanced(publisher)).toBe(false);
    }
    if (resume === 'in-order') expectContiguous(bench.sentOn(second), 0, bench.offered.at(-1)!);
  },
);

test('what an earlier process has left on disk goes out in the form that the stream has now', async () => {
  const earlier = new SpoolBench({ resume: 'keep', when: 'always' }, {}, 'hvc1');
  await earlier.settle();
  await earlier.publish();
  await earlier.send(12);
  earlier.destination.destroy(new Error('the process ends'));
  await earlier.shard.connections.latest.lose(new RtmpError(RtmpErrorCode.aborted, 'publishing', 'closed'));
  await earlier.pass(500);
  expect(earlier.files.length).toBeGreaterThan(0);
  const bench = new SpoolBench({}, {}, true, earlier.disk);
  bench.admission.hevcForm = 'legacy';
  await bench.settle();
  await bench.publish();
  await bench.send(8);
  const gap = await bench.shard.connections.latest.succeed();
  await bench.send(24);
  expect(bench.sentOn(gap)).toHaveLength(12);
  expect(bench.hasEnhanced(gap)).toBe(false);
});

test('what waits in the older form of H.265 is known to lie on disk, and is not written twice', async () => {
  for (const resume of ['live', 'in-order'] as const) {
    const bench = new SpoolBench({ ...inOrder, resume, when: 'always' }, {}, 'hvc1');
    await bench.settle();
    const first = await bench.publish();
    await bench.send(4);
    first.isWritable = false;
    await bench.send(8);
    await bench.fallBack({ stays: true });
    first.isWritable = true;
    bench.shard.connections.latest.drain();
    await bench.send(8);
    await bench.lose();
    const second = await bench.publish();
    await bench.send(40);
    if (resume === 'in-order') expectContiguous(bench.sentOn(second), 0, bench.offered.at(-1)!);
    else {
      const gap = await bench.shard.connections.latest.succeed();
      await bench.send(40);
      const sent = bench.sentOn(gap);
      expect(sent).toEqual([...new Set(sent)]);
    }
  }
});
