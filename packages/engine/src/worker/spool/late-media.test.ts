// Media that can only be written when the gap under way ends: it must not hold the memory that the key frame
// needs at which that gap could.

import { expect, test } from 'vitest';
import type { FakePublisher } from '../testing/fake-connection.js';
import { failDisk, holdUp, numbersOn, takeGaps } from '../testing/gap-bench.js';
import { inOrder } from '../testing/in-order-bench.js';
import { FRAME, SpoolBench } from '../testing/spool-bench.js';

const LARGE_QUEUE = { highWatermark: { bytes: 1e6, ms: 3_600_000 } };
const SMALL_QUEUE = {
  highWatermark: { bytes: 1000, ms: 3_600_000 },
  lowWatermark: { bytes: 300, ms: 3_600_000 },
};

interface Loss {
  readonly bench: SpoolBench;
  /** The connection that was lost. */
  readonly publisher: FakePublisher;
}

/** A loss in the midst of a group, while all is written ahead but for what came while the disk failed. */
async function lostAhead(resume: 'live' | 'in-order'): Promise<Loss> {
  const bench = new SpoolBench({ ...inOrder, resume, when: 'always' }, LARGE_QUEUE);
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(4);
  failDisk(bench, true);
  await bench.send(3);
  holdUp(bench, publisher, true);
  await bench.send(41);
  failDisk(bench, false);
  await bench.send(10);
  await bench.lose();
  expect(bench.held).toBeGreaterThan(0);
  return { bench, publisher };
}

/** A loss while what comes goes to disk, as the queue was full. */
async function lostWhenFull(): Promise<Loss> {
  const bench = new SpoolBench({ resume: 'live', speed: 10 }, SMALL_QUEUE);
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(6);
  holdUp(bench, publisher, true);
  await bench.send(13);
  await bench.lose();
  expect(bench.held).toBeGreaterThan(0);
  return { bench, publisher };
}

const losses = [
  { name: 'written ahead, live', make: () => lostAhead('live') },
  { name: 'written ahead, in order', make: () => lostAhead('in-order') },
  { name: 'a queue that was full', make: lostWhenFull },
] as const;

/** Numbers of pictures that were offered, and did not arrive with the stream nor with a gap. */
async function missing({ bench, publisher }: Loss): Promise<number[]> {
  bench.startGroup();
  const next = await bench.publish();
  await bench.send(120);
  const gaps = await takeGaps(bench);
  const arrived = new Set([...numbersOn(publisher), ...numbersOn(next), ...gaps.flat()]);
  return bench.offered.map((time) => time / FRAME).filter((number) => !arrived.has(number));
}

test.each(losses)(
  'a pool that runs short gets it back at once, and none is lost: $name',
  async ({ make }) => {
    const loss = await make();
    const { bench } = loss;
    expect(bench.destination.stream.spool?.relieve()).toBe(true);
    expect(bench.held).toBe(0);
    expect(await missing(loss)).toEqual([]);
  },
);

test.each(losses)('it leaves the pool when no picture comes for a while: $name', async ({ make }) => {
  const loss = await make();
  const { bench } = loss;
  await bench.pass(1500);
  expect(bench.held).toBe(0);
  expect(await missing(loss)).toEqual([]);
});
