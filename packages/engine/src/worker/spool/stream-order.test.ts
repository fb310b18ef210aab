import { expect, test } from 'vitest';
import { DestinationCounter, SpoolCounter } from '../../memory/counters.js';
import { HeldDisk } from '../../spool/testing/held-disk.js';
import { SimulatedDisk } from '../../spool/testing/simulated-disk.js';
import { failDisk, holdUp, numbersFrom, numbersOn, takeGaps } from '../testing/gap-bench.js';
import { inOrder } from '../testing/in-order-bench.js';
import { FRAME, SpoolBench } from '../testing/spool-bench.js';

const SMALL_QUEUE = {
  highWatermark: { bytes: 1000, ms: 3_600_000 },
  lowWatermark: { bytes: 300, ms: 3_600_000 },
};
const LARGE_QUEUE = { highWatermark: { bytes: 1e6, ms: 3_600_000 } };

/** The segment ends, and the next one begins with a key frame. */
async function nextSegment(bench: SpoolBench, number: number): Promise<void> {
  bench.offerBorder({ border: 'end', number: number - 1 });
  await bench.pass(FRAME);
  bench.startGroup();
  bench.offerBorder({ border: 'start', number });
}

test.each(['outage', 'always'] as const)(
  'with `when: %s`, what waits behind the border of two segments goes to disk as the second one, and is sent in it',
  async (when) => {
    const bench = new SpoolBench({ ...inOrder, when }, SMALL_QUEUE);
    await bench.settle();
    const publisher = await bench.publish();
    await bench.send(6);
    holdUp(bench, publisher, true);
    await bench.send(1);
    await nextSegment(bench, 2);
    await bench.send(16);
    expect(bench.state).toBe('backfilling');
    holdUp(bench, publisher, false);
    await bench.send(40);
    expect(bench.state).toBe('idle');
    const numbers = numbersOn(publisher);
    expect(numbers).toEqual(bench.offered.map((time) => time / FRAME));
  },
);

test('of a queue that goes to disk from the segment before on, all of the present one is sent', async () => {
  const bench = new SpoolBench({ ...inOrder, when: 'always' }, SMALL_QUEUE);
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(2);
  holdUp(bench, publisher, true);
  await bench.send(7);
  await nextSegment(bench, 2);
  await bench.send(12);
  holdUp(bench, publisher, false);
  const gaps = await takeGaps(bench);
  const arrived = new Set([...numbersOn(publisher), ...gaps.flat()]);
  expect(bench.offered.map((time) => time / FRAME).filter((number) => !arrived.has(number))).toEqual([]);
});

test('what is written later than what follows it is sent before that', async () => {
  const bench = new SpoolBench({ ...inOrder, when: 'always' }, LARGE_QUEUE);
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(4);
  failDisk(bench, true);
  await bench.send(3);
  holdUp(bench, publisher, true);
  // It waits in memory, and is sent when the disk has taken what comes behind it.
  await bench.send(41);
  failDisk(bench, false);
  await bench.send(8);
  holdUp(bench, publisher, false);
  await bench.send(2);
  await bench.lose();
  await bench.send(8);
  const second = await bench.publish();
  await bench.send(60);
  const numbers = numbersOn(second);
  expect(numbers).toEqual(numbersFrom(numbers[0]!, numbers.length));
  expect(numbers[0]).toBeLessThan(16);
});

test('a gap begins when its first picture came, however long that has waited to be sent', async () => {
  const bench = new SpoolBench({}, LARGE_QUEUE);
  await bench.settle();
  const start = bench.shard.clock.wallTime();
  await bench.send(20);
  await bench.publish();
  await bench.send(1);
  await bench.lose();
  expect(bench.shard.of('gap')[0]!.gap).toMatchObject({ outcome: 'opened', start });
});

test('a wall clock that steps back does not change the order', async () => {
  const bench = new SpoolBench(inOrder);
  await bench.settle();
  await bench.publish();
  await bench.send(8);
  await bench.lose();
  await bench.send(8);
  // The gap ends, and the clock is set back before the next one begins.
  failDisk(bench, true);
  await bench.send(1);
  failDisk(bench, false);
  bench.shard.clock.setBack(3_600_000);
  await bench.send(60);
  const second = await bench.publish();
  await bench.send(60);
  const numbers = numbersOn(second);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(numbers[0]).toBe(0);
});

test('media of a gap that has not been sent is told of, while a server has yet to acknowledge the rest of it', async () => {
  const bench = new SpoolBench({ when: 'always' }, SMALL_QUEUE);
  await bench.settle();
  const publisher = await bench.publish();
  Object.assign(publisher, { acknowledged: 1 });
  await bench.send(5);
  holdUp(bench, publisher, true);
  await bench.send(20);
  holdUp(bench, publisher, false);
  await bench.send(12);
  const sent = new Set(numbersOn(publisher));
  const missing = bench.offered.map((time) => time / FRAME).filter((number) => !sent.has(number));
  expect(missing.length).toBeGreaterThan(0);
  expect([bench.state, bench.count(SpoolCounter.gaps)]).toEqual(['waiting', 1]);
  expect(bench.count(SpoolCounter.behindMs)).toBeGreaterThanOrEqual((missing.length - 4) * FRAME);
  // It has all, and says so.
  Object.assign(publisher, { acknowledged: publisher.bytesWritten });
  await bench.send(8, 4000);
  Object.assign(publisher, { acknowledged: publisher.bytesWritten });
  const gaps = await takeGaps(bench);
  expect(gaps.flat()).toEqual(expect.arrayContaining(missing));
  expect(bench.state).toBe('idle');
});

test('headers that came before the folder was open are known to what is written ahead', async () => {
  const bench = new SpoolBench({ when: 'always', speed: 100 }, LARGE_QUEUE, true, new SimulatedDisk(), false);
  bench.offerHeaders();
  bench.offer();
  await bench.settle();
  bench.offerSound();
  await bench.pass(1000);
  // It would be a gap of sound alone, though there are pictures.
  expect(bench.files).toEqual([]);
  await bench.send(11);
  await bench.publish();
  await bench.lose();
  await bench.publish();
  await bench.send(1);
  const gaps = await takeGaps(bench);
  for (const [first] of gaps) expect(first! % 4).toBe(0);
  expect(new Set(gaps.flat())).toEqual(new Set(numbersFrom(0, 12)));
});

test.each(['live', 'in-order'] as const)(
  'with `resume: %s`, the tail of a segment goes out alone when the next one loses its connection at their border',
  async (resume) => {
    const bench = new SpoolBench({ resume, speed: 100 });
    await bench.settle();
    await bench.publish();
    await bench.send(10);
    // The pool runs short: what was sent, and comes of its group, goes to disk.
    bench.destination.stream.spool!.relieve();
    await bench.send(1);
    await nextSegment(bench, 2);
    await bench.settle();
    expect(bench.destination.stream.segment).toBe(2);
    await bench.lose();
    await bench.send(12);
    await bench.publish();
    const gaps = await takeGaps(bench);
    expect(bench.state).toBe('idle');
    expect(gaps[0]).toEqual(numbersFrom(0, 11));
  },
);

/** Pictures that were dropped. */
function dropped({ shard }: SpoolBench): number {
  const { destinations } = shard.counters;
  return (
    destinations.get(0, DestinationCounter.droppedPictures) +
    destinations.get(0, DestinationCounter.droppedUndecodable)
  );
}

test('the rest of a group that went to disk as the queue was full is written and counted once', async () => {
  const bench = new SpoolBench({ speed: 100 }, SMALL_QUEUE);
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(5);
  // What was sent of the group goes to disk, and what comes of it.
  bench.destination.stream.spool!.relieve();
  holdUp(bench, publisher, true);
  await bench.send(14);
  expect(bench.state).toBe('spooling');
  await bench.send(3);
  await bench.lose();
  await bench.send(4);
  await bench.publish();
  const gaps = await takeGaps(bench);
  expect(new Set(gaps.flat())).toEqual(new Set(numbersFrom(0, gaps.flat().at(-1)! + 1)));
  for (const gap of gaps) expect(gap).toEqual([...new Set(gap)]);
  expect(dropped(bench)).toBe(0);
});

test.each(['outage', 'always'] as const)(
  'with `when: %s`, the rest of a segment that waits in front of a border on disk is lost with no connection',
  async (when) => {
    const bench = new SpoolBench({ speed: 100, when }, SMALL_QUEUE);
    await bench.settle();
    const publisher = await bench.publish();
    await bench.send(5);
    holdUp(bench, publisher, true);
    await bench.send(14);
    expect(bench.state).toBe('spooling');
    await nextSegment(bench, 2);
    await bench.send(2);
    await bench.lose();
    await bench.send(6);
    await bench.publish();
    const gaps = await takeGaps(bench);
    const numbers = bench.offered.map((time) => time / FRAME);
    const end = numbers.indexOf(gaps.flat().at(-1)!) + 1;
    expect(new Set(gaps.flat())).toEqual(new Set(numbers.slice(0, end)));
    expect(dropped(bench)).toBe(0);
  },
);

/** The disk is so slow that it does not take the end of a group: the next one begins another gap. */
async function refuse(bench: SpoolBench, disk: HeldDisk): Promise<void> {
  const release = disk.hold('write');
  await bench.send(4, 1_200_000);
  release();
  await bench.send(4);
}

test.each(['live', 'in-order'] as const)(
  'with `resume: %s`, a gap that ends while all of it waits in the queue is sent with that, and not beside it',
  async (resume) => {
    const disk = new HeldDisk();
    const limits = { highWatermark: { bytes: 50e6, ms: 3_600_000 } };
    const bench = new SpoolBench({ when: 'always', resume, speed: 100 }, limits, true, disk);
    await bench.settle();
    const publisher = await bench.publish();
    await bench.send(4);
    holdUp(bench, publisher, true);
    if (resume === 'live') for (let i = 0; i < 2; i++) await refuse(bench, disk);
    for (let segment = 2; resume === 'in-order' && segment < 4; segment++) {
      await nextSegment(bench, segment);
      await bench.send(4);
    }
    await bench.send(20);
    expect(bench.files.length).toBeGreaterThan(2);
    expect(bench.shard.connections.made.filter(({ isOfGap }) => isOfGap)).toEqual([]);
    holdUp(bench, publisher, false);
    expect(await takeGaps(bench)).toEqual([]);
    expect(numbersOn(publisher)).toEqual(bench.offered.map((time) => time / FRAME));
  },
);
