import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { failDisk, holdUp, numbersFrom, numbersOn, takeGaps } from '../testing/gap-bench.js';
import { inOrder } from '../testing/in-order-bench.js';
import { FRAME, SpoolBench } from '../testing/spool-bench.js';

/** So long after a failure, the disk is tried again: in pictures, and a few more. */
const OFF = 44;

/** Pictures are decoded from a key frame on, each behind the one before. */
function expectDecodable(numbers: readonly number[], isKey = (number: number) => number % 4 === 0): void {
  for (const [i, number] of numbers.entries())
    if (!isKey(number)) expect(number, numbers.join(' ')).toBe(numbers[i - 1]! + 1);
}

function expectAll(gaps: readonly number[][], wanted: readonly number[]): void {
  const arrived = new Set(gaps.flat());
  expect(wanted.filter((number) => !arrived.has(number))).toEqual([]);
}

test('an attempt that fails within a group that is written ahead does not tear that group', async () => {
  const highWatermark = { bytes: 1e6, ms: 3_600_000 };
  const bench = new SpoolBench({ when: 'always', speed: 100 }, { highWatermark });
  await bench.settle();
  await bench.publish();
  await bench.send(8);
  failDisk(bench, true);
  await bench.send(4);
  await bench.lose();
  failDisk(bench, false);
  const { made } = bench.shard.connections;
  await bench.send(OFF);
  // Two pictures behind a key frame that is on disk again.
  while (bench.offered.length % 4 !== 2) await bench.send(1);
  const first = bench.offered.length - 2;
  const failing = made.at(-1)!;
  await failing.fail(new RtmpError(RtmpErrorCode.socket, 'connect', 'down'));
  await bench.send(6);
  while (made.at(-1) === failing) await bench.send(4);
  await bench.publish();
  await bench.send(4);
  const gaps = await takeGaps(bench);
  for (const numbers of gaps) expectDecodable(numbers);
  expectAll(gaps, numbersFrom(first, 8));
});

test('a segment that begins while the disk does not work is known to be another when it does', async () => {
  const bench = new SpoolBench({ ...inOrder, when: 'always' });
  await bench.settle();
  await bench.publish();
  await bench.send(8);
  failDisk(bench, true);
  await bench.send(4);
  bench.offerBorder({ border: 'end', number: 1 });
  await bench.pass(500);
  bench.startGroup();
  bench.offerBorder({ border: 'start', number: 2 });
  failDisk(bench, false);
  await bench.send(OFF + 8);
  await bench.lose();
  await bench.send(8);
  const second = await bench.publish();
  await bench.send(40);
  expect(bench.state).toBe('idle');
  expect(numbersOn(second).at(-1)).toBe(bench.offered.at(-1)! / FRAME);
});

test('what does not follow what was sent, as the queue was thinned out between them, is not written behind it', async () => {
  const bench = new SpoolBench({ speed: 100 });
  bench.group = 8 * FRAME;
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(4);
  failDisk(bench, true);
  bench.destination.stream.spool!.relieve();
  await bench.send(5);
  bench.group = 100 * FRAME;
  await bench.send(2);
  holdUp(bench, publisher, true);
  await bench.send(4);
  // The pool runs short: what waits of the group goes.
  bench.destination.stream.backlog.relieve();
  failDisk(bench, false);
  await bench.send(OFF);
  bench.destination.stream.backlog.relieve();
  await bench.send(4);
  await bench.lose();
  await bench.send(4);
  await bench.publish();
  await bench.send(60);
  const gaps = await takeGaps(bench);
  expectAll(gaps, [8, 9, 10, 11]);
  for (const numbers of gaps) expectDecodable(numbers, (number) => number === 8 || number % 100 === 0);
});

test.each(['live', 'in-order'] as const)(
  'with `resume: %s`, what lies on disk is sent when the connection was lost while nothing could be written',
  async (resume) => {
    const bench = new SpoolBench({ resume, when: 'always', speed: 100 });
    await bench.settle();
    await bench.publish();
    await bench.send(8);
    failDisk(bench, true);
    await bench.send(4);
    expect(bench.state).toBe('off');
    await bench.lose();
    failDisk(bench, false);
    await bench.publish();
    expectAll(await takeGaps(bench), numbersFrom(0, 8));
  },
);

test('behind media that the disk did not take, what lies on it is sent again all the same', async () => {
  const bench = new SpoolBench({ when: 'always', speed: 100 });
  await bench.settle();
  await bench.publish();
  await bench.send(7);
  // Nothing more may wait for the disk behind it.
  bench.offer(4 * 1024 * 1024 - 60);
  await bench.send(12);
  await bench.lose();
  await bench.send(8);
  await bench.publish();
  await bench.send(4);
  expectAll(await takeGaps(bench), numbersFrom(0, 28));
});
