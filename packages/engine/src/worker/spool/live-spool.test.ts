import { TagRole } from '@cloudpush/muxer';
import { decodeAmf0, type EcmaArray, RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { SpoolCounter } from '../../memory/counters.js';
import { diskError } from '../../spool/testing/simulated-disk.js';
import type { FakePublisher } from '../testing/fake-connection.js';
import { gapConnection, takeGap } from '../testing/gap-bench.js';
import { FRAME, GROUP, SpoolBench } from '../testing/spool-bench.js';

/** Timestamps from one to another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: (to - from) / FRAME + 1 }, (_, i) => from + i * FRAME);
}

/** A bench whose server was down for 20 pictures behind the first 8, and is up again. */
async function afterOutage(bench: SpoolBench): Promise<FakePublisher> {
  await bench.settle();
  await bench.publish();
  await bench.send(8);
  await bench.lose();
  await bench.send(20);
  return await bench.publish();
}

test('live goes on at the next key frame, and the gap is a stream of its own from time 0', async () => {
  const bench = new SpoolBench({ speed: 10 });
  const second = await afterOutage(bench);
  await bench.send(4);
  const live = bench.sentOn(second);
  expect(live[0]).toBe(28 * FRAME);
  const gap = await takeGap(bench);
  // Nothing was acknowledged: all that was sent may be lost.
  expect(bench.sentOn(gap)).toEqual(range(0, 27 * FRAME));
  const metadata = gap.sent
    .filter(({ role }) => role === TagRole.data)
    .map(({ parts }) => Buffer.concat(parts));
  expect(decodeAmf0(metadata[0]!)[0]).toBe('onMetaData');
  expect((decodeAmf0(metadata[0]!)[1] as EcmaArray).properties).toMatchObject({ gapOf: 'a', gapPart: 1 });
  // The wall clock in front of each key frame.
  expect(metadata.filter((body) => decodeAmf0(body)[0] === 'onFI')).toHaveLength(7);
  await bench.pass(1000);
  expect(bench.outcomes).toEqual(['opened', 'sent']);
  expect(bench.files).toEqual([]);
  expect(bench.count(SpoolCounter.sentMs)).toBe(27 * FRAME);
});

test('a gap goes out at its speed, stops while live channels are held up, and is begun anew after 20 s', async () => {
  const bench = new SpoolBench({ speed: 2 });
  await afterOutage(bench);
  const connection = await gapConnection(bench);
  const publisher = await connection.succeed();
  await bench.send(2);
  const before = bench.sentOn(publisher).length;
  await bench.send(4);
  expect(bench.sentOn(publisher).length - before).toBe(8);
  expect(bench.state).toBe('backfilling');
  bench.gate.noteCongested(true);
  const held = bench.sentOn(publisher).length;
  await bench.send(4);
  expect(bench.sentOn(publisher)).toHaveLength(held);
  await bench.send(80);
  expect(bench.state).toBe('waiting');
  bench.gate.noteCongested(false);
  const again = await takeGap(bench);
  expect(bench.sentOn(again)).toEqual(range(0, 27 * FRAME));
});

test('a server that refuses gaps is asked again later, and later still', async () => {
  const bench = new SpoolBench({ speed: 10 });
  await afterOutage(bench);
  const waits: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = bench.shard.clock.now();
    const connection = await gapConnection(bench);
    waits.push(bench.shard.clock.now() - start);
    await connection.fail(new RtmpError(RtmpErrorCode.publishRejected, 'publishing', 'no'));
    await bench.settle();
  }
  expect(bench.shard.of('warning')).toHaveLength(3);
  expect(waits[1]).toBeGreaterThanOrEqual(2000);
  expect(waits[2]).toBeGreaterThanOrEqual(4000);
  expect(bench.files).toHaveLength(1);
});

test('a gap stops when the live stream is lost, and stays on disk', async () => {
  const bench = new SpoolBench({ speed: 1 });
  await afterOutage(bench);
  const connection = await gapConnection(bench);
  await connection.succeed();
  await bench.send(2);
  await bench.lose();
  await bench.pass(100);
  expect(connection.signal.aborted).toBe(true);
  expect(bench.files.length).toBeGreaterThan(0);
  expect(bench.shard.of('warning')).toEqual([]);
});

test('with `keep`, nothing is sent, and the gap is told', async () => {
  const bench = new SpoolBench({ resume: 'keep' });
  await afterOutage(bench);
  await bench.send(40);
  expect(bench.outcomes).toEqual(['opened', 'kept']);
  expect(bench.shard.connections.made).toHaveLength(2);
});

test('what a server acknowledges goes, from memory and from disk', async () => {
  const bench = new SpoolBench({ when: 'always' });
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(40, 4000);
  // Nothing is known to have arrived, but for what is older than ten seconds.
  expect(bench.files).toHaveLength(1);
  Object.assign(publisher, { acknowledged: publisher.bytesWritten });
  await bench.send(8, 4000);
  await bench.lose();
  await bench.publish();
  await bench.send(4, 4000);
  const gap = await takeGap(bench);
  // It begins with the group that holds the last bytes that were acknowledged.
  const missed = bench.sentOn(gap).length;
  expect(missed).toBeGreaterThanOrEqual(8);
  expect(missed).toBeLessThanOrEqual(8 + (2 * GROUP) / FRAME);
});

test.each(['ENOSPC', 'EIO'])(
  'a disk with %s in an outage is told once; live goes on, and later gaps are whole',
  async (code) => {
    const bench = new SpoolBench({ speed: 10 });
    await bench.settle();
    await bench.publish();
    await bench.send(8);
    await bench.lose();
    await bench.send(8);
    bench.disk.onStep = ({ call, bytes }) =>
      call === 'write' ? { written: bytes >> 1, error: diskError(code) } : undefined;
    await bench.send(8);
    expect(bench.shard.of('spoolOff')).toHaveLength(1);
    expect(bench.shard.of('spoolOff')[0]!.error).toMatchObject({
      code: 'ERR_CLOUDPUSH_SPOOL_FAILED',
      message: expect.stringContaining(code),
    });
    expect(bench.state).toBe('off');
    const second = await bench.publish();
    await bench.send(8);
    const live = bench.sentOn(second);
    expect(live.length).toBeGreaterThan(0);
    expect(live[0]! % GROUP).toBe(0);
    // Space is back.
    bench.disk.onStep = () => undefined;
    await bench.send(40);
    expect(bench.shard.of('spoolOff')).toHaveLength(1);
    await bench.lose();
    await bench.send(8);
    expect(bench.state).toBe('spooling');
    await bench.publish();
    await bench.send(4);
    const gaps: number[][] = [];
    for (let i = 0; i < 2; i++) gaps.push(bench.sentOn(await takeGap(bench)));
    // Nothing torn: what was on disk before is there from its first picture on, without a hole.
    for (const gap of gaps) expect(gap).toEqual(range(0, gap.at(-1)!));
    expect(bench.count(SpoolCounter.lostBytes)).toBeGreaterThan(0);
    expect(bench.count(SpoolCounter.lostMs)).toBeGreaterThan(0);
  },
);

test('a disk that works again takes what was sent meanwhile bit by bit, and memory was bounded before', async () => {
  const bench = new SpoolBench({ speed: 10 });
  await bench.settle();
  await bench.publish();
  bench.disk.onStep = ({ call }) => (call === 'write' ? diskError('ENOSPC') : undefined);
  await bench.send(4, 60_000);
  bench.destination.stream.spool!.relieve();
  await bench.send(36, 300_000);
  expect(bench.held).toBeLessThan(16);
  bench.disk.onStep = () => undefined;
  await bench.send(24, 300_000);
  await bench.lose();
  await bench.send(4, 1000);
  await bench.publish();
  const gap = bench.sentOn(await takeGap(bench));
  expect(gap).toEqual(range(0, gap.at(-1)!));
});
