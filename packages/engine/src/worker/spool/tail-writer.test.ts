// What was sent, is held in memory, and has to leave it while all that comes is written ahead.

import { expect, test } from 'vitest';
import { HeldDisk } from '../../spool/testing/held-disk.js';
import type { SimulatedDisk } from '../../spool/testing/simulated-disk.js';
import { holdUp, numbersFrom, numbersOn, takeGaps } from '../testing/gap-bench.js';
import { SpoolBench } from '../testing/spool-bench.js';

const resumes = ['live', 'in-order'] as const;
/** Bytes of a picture: two are more than may be held in memory. */
const LARGE = 1_200_000;

/** A spool that writes ahead, and whose folder is opened when so many pictures have come. */
async function openedBehind(
  pictures: number,
  resume: (typeof resumes)[number],
  disk?: SimulatedDisk,
): Promise<SpoolBench> {
  const limits = { highWatermark: { bytes: 10_000_000, ms: 3_600_000 } };
  const bench = new SpoolBench({ when: 'always', resume, speed: 100 }, limits, true, disk);
  for (let i = 0; i < pictures; i++) bench.offer();
  await bench.settle();
  return bench;
}

/** Numbers of pictures that arrive neither with the stream nor with a gap, when the connection is lost now. */
async function lostWithConnection(bench: SpoolBench): Promise<number[]> {
  await bench.lose();
  await bench.send(8);
  const next = await bench.publish();
  await bench.send(40);
  const gaps = await takeGaps(bench);
  const arrived = new Set([numbersOn(next), ...gaps].flat());
  expect(bench.state).toBe('idle');
  expect(bench.files.length).toBeLessThan(2);
  return numbersFrom(0, bench.offered.length).filter((number) => !arrived.has(number));
}

test.each(resumes)(
  'with `resume: %s`, what came before the folder was open is not lost when the pool runs short',
  async (resume) => {
    const bench = await openedBehind(2, resume);
    await bench.publish();
    await bench.send(4);
    expect(bench.held).toBeGreaterThan(0);
    // The gap that is being written goes on to the next key frame.
    expect(bench.destination.stream.spool!.relieve()).toBe(true);
    expect(bench.held).toBe(0);
    await bench.send(4);
    expect(await lostWithConnection(bench)).toEqual([]);
  },
);

test.each(resumes)(
  'with `resume: %s`, it is held in memory within its bound, and the rest is on disk',
  async (resume) => {
    const bench = await openedBehind(2, resume);
    await bench.publish();
    await bench.send(2, LARGE);
    await bench.send(8);
    expect(bench.held).toBe(0);
    expect(await lostWithConnection(bench)).toEqual([]);
  },
);

test('between two segments it goes to disk at once', async () => {
  const bench = await openedBehind(2, 'live');
  await bench.publish();
  await bench.send(4);
  bench.offerBorder({ border: 'end', number: 1 });
  await bench.pass(1000);
  const before = bench.files.length;
  expect(bench.destination.stream.spool!.relieve()).toBe(true);
  await bench.pass(1000);
  expect(bench.files.length).toBe(before + 1);
  expect(bench.held).toBe(0);
});

test('what a disk does not take that is too slow is let go of, down to the bound of memory', async () => {
  const disk = new HeldDisk();
  const bench = await openedBehind(2, 'live', disk);
  await bench.publish();
  await bench.send(2, LARGE);
  const release = disk.hold('write');
  await bench.send(1, LARGE);
  await bench.send(3, LARGE / 2);
  const { held } = bench;
  await bench.send(1);
  // The first group, which had four; the disk waits with the new one.
  expect(bench.held).toBe(held - 3);
  release();
  await bench.send(3);
  expect(await lostWithConnection(bench)).toEqual([0, 1, 2, 3]);
});

test('as long as a slow disk takes none of what waits for its turn, the gap under way goes on', async () => {
  const disk = new HeldDisk();
  const bench = await openedBehind(2, 'live', disk);
  await bench.publish();
  await bench.send(2, 50_000);
  const release = disk.hold('write');
  // They leave less room than what waits has bytes.
  await bench.send(3, 1_000_000);
  await bench.send(1, 1_100_000);
  bench.destination.stream.spool!.relieve();
  await bench.send(12);
  release();
  await bench.send(8);
  // What came at first, what the slow disk took, and what has come since.
  expect(bench.files).toHaveLength(3);
  expect(await lostWithConnection(bench)).toEqual([]);
});

test.each(resumes)(
  'with `resume: %s`, what a slow disk did not take in the midst of a stream is sent in its order',
  async (resume) => {
    const disk = new HeldDisk();
    const bench = await openedBehind(0, resume, disk);
    await bench.publish();
    await bench.send(4);
    const release = disk.hold('write');
    // The disk takes these four, and none of the next group.
    await bench.send(2, LARGE);
    await bench.send(2, LARGE / 2);
    await bench.send(1, LARGE / 2);
    await bench.send(3);
    release();
    await bench.send(12);
    await bench.lose();
    await bench.send(4);
    const next = await bench.publish();
    await bench.send(40);
    const gaps = await takeGaps(bench);
    const live = numbersOn(next);
    expect(live).toEqual(live.toSorted((a, b) => a - b));
    for (const gap of gaps) expect(gap).toEqual(gap.toSorted((a, b) => a - b));
    expect(new Set([...live, ...gaps.flat()])).toEqual(new Set(numbersFrom(0, bench.offered.length)));
  },
);

test('with `resume: in-order`, what waits for its place is not sent again by a stream that catches up', async () => {
  const limits = { highWatermark: { bytes: 1_000_000, ms: 3_600_000 } };
  const bench = new SpoolBench({ when: 'always', resume: 'in-order', speed: 100 }, limits, true);
  for (let i = 0; i < 2; i++) bench.offer();
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(4);
  bench.destination.stream.spool!.relieve();
  // Behind a queue that is full, all goes to disk, until the stream joins with what comes.
  holdUp(bench, publisher, true);
  await bench.send(1);
  await bench.send(1, LARGE);
  await bench.send(5);
  expect(bench.state).toBe('backfilling');
  bench.destination.stream.spool!.relieve();
  await bench.send(1);
  holdUp(bench, publisher, false);
  await bench.send(20);
  expect(numbersOn(publisher)).toEqual(numbersFrom(0, bench.offered.length));
  expect(await lostWithConnection(bench)).toEqual([]);
});
