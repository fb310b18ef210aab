import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { SpoolCounter } from '../../memory/counters.js';
import { diskError } from '../../spool/testing/simulated-disk.js';
import { FakePublisher } from '../testing/fake-connection.js';
import { FRAME, GROUP, SpoolBench } from '../testing/spool-bench.js';

const inOrder = { resume: 'in-order', speed: 4 } as const;

/** Ascending, from the first one to the last, each once. */
function expectContiguous(timestamps: readonly number[], from: number, to: number): void {
  const expected: number[] = [];
  for (let timestamp = from; timestamp <= to; timestamp += FRAME) expected.push(timestamp);
  expect(timestamps).toEqual(expected);
}

/** A bench whose server was down for 20 pictures behind the first 8. */
async function afterOutage(bench: SpoolBench): Promise<void> {
  await bench.settle();
  await bench.publish();
  await bench.send(8);
  await bench.lose();
  await bench.send(20);
}

test.each(['outage', 'always'] as const)(
  'with `when: %s`, a connection that is made after an outage gets everything from disk first, and then what comes',
  async (when) => {
    const bench = new SpoolBench({ ...inOrder, when });
    await afterOutage(bench);
    expect(bench.state).toBe('spooling');
    const second = await bench.publish();
    await bench.send(24);
    expect(bench.outcomes).toEqual(['opened', 'sent']);
    expect(bench.state).toBe('idle');
    await bench.send(4);
    expectContiguous(bench.sentOn(second), 0, bench.offered.at(-1)!);
    const gap = bench.shard.of('gap')[1]!.gap;
    expect(gap).toMatchObject({ streamName: 'name', bytes: expect.any(Number) });
    expect(gap.bytes).toBe(bench.count(SpoolCounter.sentBytes));
  },
);

test('sound alone goes on in order as well', async () => {
  const bench = new SpoolBench({ ...inOrder, when: 'always' }, {}, false);
  await afterOutage(bench);
  const second = await bench.publish();
  await bench.send(40);
  expect(bench.outcomes).toEqual(['opened', 'sent']);
  expectContiguous(bench.sentOn(second), 0, bench.offered.at(-1)!);
});

test('it sends no faster than its speed, and at real time while live channels are held up', async () => {
  const bench = new SpoolBench({ ...inOrder, speed: 2 });
  await afterOutage(bench);
  bench.gate.noteCongested(true);
  const second = await bench.publish();
  const count = async (ms: number): Promise<number> => {
    const before = bench.sentOn(second).length;
    await bench.pass(ms);
    return bench.sentOn(second).length - before;
  };
  await count(500);
  expect(await count(2000)).toBe(2000 / FRAME);
  bench.gate.noteCongested(false);
  await count(500);
  expect(await count(1000)).toBe((2 * 1000) / FRAME);
  expect(bench.state).toBe('backfilling');
  expect(bench.count(SpoolCounter.behindMs)).toBeGreaterThan(0);
});

test('after a loss on the way, it begins at the group that the server may not have', async () => {
  const bench = new SpoolBench(inOrder);
  await afterOutage(bench);
  const second = await bench.publish();
  await bench.send(3);
  await bench.lose();
  const sent = bench.sentOn(second);
  expect(sent.length).toBeGreaterThan(0);
  const third = await bench.publish();
  await bench.send(32);
  const again = bench.sentOn(third);
  expect(again[0]! % GROUP).toBe(0);
  expect(again[0]!).toBeLessThanOrEqual(sent.at(-1)!);
  expectContiguous(again, again[0]!, bench.offered.at(-1)!);
  expect(bench.outcomes.at(-1)).toBe('sent');
});

test.each(['outage', 'always'] as const)(
  'with `when: %s`, a queue that is full on a connection that stands costs nothing, and nothing is sent twice',
  async (when) => {
    const bench = new SpoolBench(
      { ...inOrder, when },
      { highWatermark: { bytes: 4000 }, lowWatermark: { bytes: 1000 } },
    );
    await bench.settle();
    const publisher = await bench.publish();
    await bench.send(5, 300);
    // What was sent goes to disk meanwhile, the group under way included.
    bench.destination.stream.spool!.relieve();
    await bench.send(1, 300);
    publisher.isWritable = false;
    await bench.send(40, 300);
    expect(bench.outcomes).toEqual(['opened']);
    publisher.isWritable = true;
    bench.shard.connections.latest.drain();
    await bench.send(40, 300);
    expect(bench.outcomes).toEqual(['opened', 'sent']);
    expectContiguous(bench.sentOn(publisher), 0, bench.offered.at(-1)!);
  },
);

test('what is on disk of a group under way when the queue is full is whole there, and sent again after a loss', async () => {
  const bench = new SpoolBench(inOrder, { highWatermark: { bytes: 4000 }, lowWatermark: { bytes: 1000 } });
  await bench.settle();
  const first = await bench.publish();
  await bench.send(5, 300);
  bench.destination.stream.spool!.relieve();
  await bench.send(1, 300);
  first.isWritable = false;
  await bench.send(20, 300);
  await bench.lose();
  const second = await bench.publish();
  await bench.send(40, 300);
  expectContiguous(bench.sentOn(second), 0, bench.offered.at(-1)!);
});

test('a queue that is full within its first group takes the rest of it, and then it is spooled', async () => {
  const bench = new SpoolBench(inOrder, { highWatermark: { bytes: 500 }, lowWatermark: { bytes: 100 } });
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(1, 300);
  publisher.isWritable = false;
  await bench.send(12, 300);
  publisher.isWritable = true;
  bench.shard.connections.latest.drain();
  await bench.send(24, 300);
  expectContiguous(bench.sentOn(publisher), 0, bench.offered.at(-1)!);
});

test('more than may wait in memory goes to disk again, and the stream joins later', async () => {
  const bench = new SpoolBench(inOrder, { highWatermark: { bytes: 2000 }, lowWatermark: { bytes: 500 } });
  await afterOutage(bench);
  const publisher = new FakePublisher();
  const second = await bench.publish(publisher);
  while (bench.outcomes.length < 2) {
    // It stops taking whenever the stream is about to join.
    publisher.isWritable = bench.offered.length % 16 < 12;
    if (publisher.isWritable) bench.shard.connections.latest.drain();
    await bench.send(1, 600);
    if (bench.offered.length > 200) break;
  }
  publisher.isWritable = true;
  bench.shard.connections.latest.drain();
  await bench.send(24);
  expectContiguous(bench.sentOn(second), 0, bench.offered.at(-1)!);
});

test('a close waits until it has caught up, and then ends the stream', async () => {
  const bench = new SpoolBench(inOrder, { closeTimeout: 60_000 });
  await afterOutage(bench);
  bench.destination.close();
  const second = await bench.publish();
  const { latest } = bench.shard.connections;
  await bench.pass(500);
  expect(latest.closes).toBe(0);
  await bench.pass(5000);
  expect(latest.closes).toBe(1);
  expectContiguous(bench.sentOn(second), 0, bench.offered.at(-1)!);
  await latest.lose(undefined);
  await bench.pass(1000);
  expect(bench.files).toEqual([]);
  expect(bench.held).toBe(0);
});

test('a close that comes to its end before stays what it is on disk', async () => {
  const bench = new SpoolBench(inOrder, { closeTimeout: 1000 });
  await afterOutage(bench);
  bench.destination.close();
  const second = await bench.publish();
  await bench.pass(1000);
  await bench.shard.connections.latest.lose(new RtmpError(RtmpErrorCode.aborted, 'publishing', 'closed'));
  await bench.pass(500);
  expect(bench.outcomes.at(-1)).toBe('kept');
  expect(bench.files.length).toBeGreaterThan(0);
  expect(bench.held).toBe(0);
  expect(bench.sentOn(second).length).toBeLessThan(bench.offered.length);
});

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

/** A bench whose stream has all but caught up: what comes waits in memory, and the connection takes nothing. */
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
  // What is left of the segment that is over goes out beside it, once nothing of it is under way.
  const { made } = bench.shard.connections;
  const before = made.length;
  await bench.send(60);
  expect(made.length).toBeGreaterThan(before);
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
