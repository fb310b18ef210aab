// Media that the disk has lost, or changed: it is told of once, and what is left of its gap is sent.

import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { SpoolCounter } from '../../memory/counters.js';
import { gapConnection, numbersFrom, numbersOn, takeGap } from '../testing/gap-bench.js';
import { afterOutage, inOrder } from '../testing/in-order-bench.js';
import { FRAME, SpoolBench } from '../testing/spool-bench.js';

/** Bytes of a picture. */
const PICTURE = 1000;

/** A bench with one gap of so many pictures, whose file has kept so many bytes of each hundred. */
async function withDamage(bench: SpoolBench, pictures: number, share: number): Promise<void> {
  await bench.settle();
  await bench.send(pictures, PICTURE);
  await bench.pass(2000);
  const path = bench.files[0]!;
  const content = bench.disk.content(path);
  bench.disk.setContent(path, content.subarray(0, Math.floor((content.length * share) / 100)));
}

function lostBytes(bench: SpoolBench): number {
  return bench.count(SpoolCounter.lostBytes);
}

test('a gap whose end is lost on disk is sent without it, and told of with what is lost', async () => {
  const bench = new SpoolBench({ speed: 100 });
  await withDamage(bench, 40, 50);
  await bench.publish();
  // The first attempt to send it fails, and so it is read twice.
  const connection = await gapConnection(bench);
  await connection.succeed();
  await bench.send(2);
  const lost = lostBytes(bench);
  expect(lost).toBeGreaterThan(PICTURE);
  await connection.lose(new RtmpError(RtmpErrorCode.peerClosed, 'close', 'closed'));
  const gap = numbersOn(await takeGap(bench));
  expect(gap).toEqual(numbersFrom(0, gap.length));
  expect(gap.length).toBeLessThan(24);
  await bench.pass(1000);
  expect(bench.outcomes).toEqual(['opened', 'sent', 'lost']);
  expect(lostBytes(bench)).toBe(lost);
  expect(bench.files).toEqual([]);
});

test('what is gone from disk when a series is opened again is told to be lost, and counted', async () => {
  const before = new SpoolBench({ resume: 'keep' });
  await withDamage(before, 40, 100);
  before.destination.destroy(new Error('enough'));
  await before.shard.connections.made.at(-1)!.lose(undefined);
  await before.pass(1000);
  const content = before.disk.content(before.files[0]!);
  before.disk.setContent(before.files[0]!, content.subarray(0, content.length / 2));
  const bench = new SpoolBench({ speed: 100 }, {}, true, before.disk);
  await bench.pass(1000);
  expect(bench.outcomes).toEqual(['lost']);
  const { gap } = bench.shard.of('gap')[0]!;
  expect(gap.error!.message).toMatch(/^[56] groups/);
  expect(gap.end! - gap.start).toBeGreaterThan(4000);
  await bench.pass(1000);
  expect(lostBytes(bench)).toBeGreaterThan(20 * PICTURE);
  await bench.publish();
  const sent = numbersOn(await takeGap(bench));
  expect(sent).toEqual(numbersFrom(0, sent.length));
  expect(sent.length).toBeGreaterThan(12);
});

test('a gap of which nothing can be read is told to be lost, and not to be sent', async () => {
  const bench = new SpoolBench({ speed: 100 });
  await withDamage(bench, 40, 2);
  await bench.publish();
  await bench.send(20);
  expect(bench.outcomes).toEqual(['opened', 'lost']);
  expect(bench.shard.of('gap').at(-1)!.gap.error!.message).toContain('10 groups');
  expect(bench.files).toEqual([]);
});

test('a gap whose last segment cannot be read is told to be sent, and the rest to be lost', async () => {
  const bench = new SpoolBench({ speed: 100 });
  await bench.settle();
  await bench.send(280, PICTURE);
  await bench.pass(2000);
  const last = bench.files[1]!;
  bench.disk.setContent(last, bench.disk.content(last).subarray(0, 300));
  await bench.publish();
  const gap = numbersOn(await takeGap(bench));
  expect(gap).toEqual(numbersFrom(0, 240));
  await bench.send(20);
  expect(bench.outcomes).toEqual(['opened', 'sent', 'lost']);
  const [, sent, lost] = bench.shard.of('gap').map(({ gap: report }) => report);
  expect(sent).toMatchObject({ ms: 239 * FRAME, streamName: lost!.streamName });
  expect(lost!.end! - sent!.end!).toBe(40 * FRAME);
  expect(bench.files).toEqual([]);
});

test('in order, the last group of a gap that is damaged is left out and told of, and its file goes', async () => {
  const bench = new SpoolBench(inOrder, { closeTimeout: 60_000 });
  await afterOutage(bench);
  const publisher = await bench.publish();
  const { latest } = bench.shard.connections;
  // The gap ends, and is sent to its end.
  bench.destination.close();
  await bench.pass(500);
  const content = bench.disk.content(bench.files.at(-1)!);
  content[content.length - 200]! ^= 1;
  await bench.pass(10_000);
  expect(numbersOn(publisher)).toEqual(numbersFrom(0, 24));
  expect(latest.closes).toBe(1);
  await latest.lose(undefined);
  await bench.pass(1000);
  expect(bench.outcomes).toEqual(['opened', 'sent', 'lost']);
  expect(bench.shard.of('gap').at(-1)!.gap.error!.message).toMatch(/^1 group/);
  expect(bench.files).toEqual([]);
});
