// Media that was sent, and is held in memory within its bound, by what the server acknowledges.

import { expect, test } from 'vitest';
import { SpoolCounter } from '../../memory/counters.js';
import type { FakePublisher } from '../testing/fake-connection.js';
import { numbersFrom, takeGaps } from '../testing/gap-bench.js';
import { SpoolBench } from '../testing/spool-bench.js';

/** Bytes of a picture: a group has 0.4 MB, and ten seconds 4 MB. */
const BIG = 100_000;

/** Gives the bytes that a server acknowledges, of those that it has. */
type Server = (received: number, before: number) => number;
const servers: Record<string, Server> = {
  'acknowledges nothing': () => 0,
  'acknowledges each 131,072 bytes': (received, before) => received - (received % 131_072) || before,
  'acknowledges each 5 MB': (received) => received - (received % 5_000_000),
  'acknowledges what it cannot have': (received) => (0xf000_0000 + received) >>> 0,
  'begins to count again': (received) => received % 4_000_000,
};

/** Sends pictures to a server that acknowledges them in its way. */
async function sendTo(bench: SpoolBench, publisher: FakePublisher, server: Server, count: number) {
  for (let i = 0; i < count; i++) {
    await bench.send(1, BIG);
    publisher.acknowledged = server(publisher.bytesWritten, publisher.acknowledged);
  }
}

/** @param others spools that share the pool */
async function publishing(others = 0): Promise<[SpoolBench, FakePublisher]> {
  const bench = new SpoolBench({ speed: 100 });
  for (let i = 0; i < others; i++) bench.gate.noteSpool(true);
  await bench.settle();
  return [bench, await bench.publish()];
}

/** Numbers of pictures that a gap brings when the connection is lost now. */
async function sentAgain(bench: SpoolBench): Promise<number[]> {
  const lost = bench.offered.length;
  await bench.lose();
  await bench.send(4);
  await bench.publish();
  await bench.send(8);
  return (await takeGaps(bench)).flat().filter((number) => number < lost);
}

test.each(Object.entries(servers))(
  'nothing is written of a stream that does well, and memory is bounded, where the server %s',
  async (_what, server) => {
    const [bench, publisher] = await publishing();
    for (let i = 0; i < 10; i++) {
      await sendTo(bench, publisher, server, 40);
      expect(bench.held).toBeLessThanOrEqual(34);
      expect(bench.count(SpoolCounter.spooledBytes)).toBe(0);
    }
    const again = await sentAgain(bench);
    expect(again).toEqual(numbersFrom(again[0]!, 400 - again[0]!));
    expect(again[0]! % 4).toBe(0);
    expect(bench.count(SpoolCounter.lostBytes)).toBe(0);
  },
);

test.each(Object.entries(servers))(
  'nor is it where the pool has no room for a group, where the server %s',
  async (_what, server) => {
    const [bench, publisher] = await publishing(200);
    await sendTo(bench, publisher, server, 81);
    expect(bench.held).toBeLessThanOrEqual(4);
    await sendTo(bench, publisher, server, 119);
    expect(bench.count(SpoolCounter.spooledBytes)).toBe(0);
    // The last group has been let go of.
    expect(await sentAgain(bench)).toEqual([]);
  },
);

test('a server that tells, and is late, has what it lacks written, and that is sent again', async () => {
  const [bench, publisher] = await publishing();
  await sendTo(bench, publisher, servers['acknowledges each 131,072 bytes']!, 40);
  await bench.send(40, BIG);
  expect(bench.count(SpoolCounter.spooledBytes)).toBeGreaterThan(0);
  expect(await sentAgain(bench)).toEqual(numbersFrom(36, 44));
});

test('once its acknowledgements have stopped for good, nothing is written any more', async () => {
  const [bench, publisher] = await publishing();
  await sendTo(bench, publisher, servers['acknowledges each 131,072 bytes']!, 40);
  await bench.send(180, BIG);
  const written = bench.count(SpoolCounter.spooledBytes);
  expect(written).toBeLessThan(17 * 2 ** 20);
  await bench.send(400, BIG);
  expect(bench.count(SpoolCounter.spooledBytes)).toBe(written);
  expect(bench.files).toEqual([]);
  expect(bench.state).toBe('idle');
});

test('what a server has that acknowledges nothing is not told by time while the connection has no room', async () => {
  const [bench, publisher] = await publishing();
  await bench.send(8);
  publisher.isWritable = false;
  await bench.send(1);
  await bench.pass(60_000);
  expect((await sentAgain(bench))[0]).toBe(0);
});
