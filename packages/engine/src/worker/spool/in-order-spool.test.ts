import { TagRole, TagType } from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { SpoolCounter } from '../../memory/counters.js';
import { SimulatedDisk } from '../../spool/testing/simulated-disk.js';
import { FakePublisher } from '../testing/fake-connection.js';
import { afterOutage, inOrder, picturesIn } from '../testing/in-order-bench.js';
import { FRAME, GROUP, SpoolBench } from '../testing/spool-bench.js';

/** Ascending, from the first one to the last, each once. */
function expectContiguous(timestamps: readonly number[], from: number, to: number): void {
  expect(timestamps).toEqual(picturesIn(from, to));
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
    // Media that was sent goes to disk meanwhile, the group under way included.
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

test('the rest of a group under way when the queue is full goes out with its sound, though nothing was written before', async () => {
  const queue = { highWatermark: { bytes: 3000 }, lowWatermark: { bytes: 500 } };
  const bench = new SpoolBench(inOrder, queue, true, new SimulatedDisk(), false);
  await bench.settle();
  // After the folder was opened: what was written last tells nothing of the stream.
  bench.offerHeaders();
  const publisher = await bench.publish();
  // It becomes full within a group of eight pictures.
  bench.group = 8 * FRAME;
  const count = 16;
  for (let i = 0; i < count; i++) {
    bench.offerSound();
    await bench.send(1, 600);
    publisher.isWritable = false;
  }
  expect(bench.outcomes).toEqual(['opened']);
  publisher.isWritable = true;
  bench.shard.connections.latest.drain();
  await bench.send(40, 100);
  expect(bench.outcomes).toEqual(['opened', 'sent']);
  const sent = publisher.sent.filter(({ role }) => role === TagRole.audioFrame);
  expect(sent).toHaveLength(count);
  const pictures = publisher.sent.filter(
    ({ type, role }) => type === TagType.video && role !== TagRole.videoSequenceHeader,
  );
  expectContiguous(
    pictures.map(({ timestamp }) => timestamp),
    0,
    bench.offered.at(-1)!,
  );
});

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
