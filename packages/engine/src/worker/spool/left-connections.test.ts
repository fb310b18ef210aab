import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import type { FakeConnection } from '../testing/fake-connection.js';
import { failDisk, holdUp, numbersFrom, numbersOn, takeGaps } from '../testing/gap-bench.js';
import { FRAME, SpoolBench } from '../testing/spool-bench.js';

const RESET = new RtmpError(RtmpErrorCode.socket, 'publishing', 'reset');
const CLOSED = new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'closed');

/** A bench whose stream has moved to another server behind eight pictures: the connection that it has left. */
async function afterMove(bench: SpoolBench, before = 0): Promise<FakeConnection> {
  await bench.settle();
  await bench.publish();
  const left = bench.shard.connections.latest;
  await bench.send(8 - before);
  bench.destination.moveTo({ url: 'rtmp://other.example/live/a', token: undefined }, false);
  const publisher = await bench.publish();
  await bench.send(6);
  expect(left.closes).toBe(1);
  expect(numbersOn(publisher)).toEqual(numbersFrom(8, 6));
  return left;
}

/** The stream has reset its connection, to begin again on another one. */
async function beginAgain(bench: SpoolBench): Promise<void> {
  const { latest } = bench.shard.connections;
  await latest.lose(latest.publisher!.destroyedBy!);
  await bench.publish();
}

test.each(['outage', 'always'] as const)(
  'with `when: %s`, what a connection held that the stream has left is sent again where it ended badly',
  async (when) => {
    const bench = new SpoolBench({ when, speed: 100 });
    const left = await afterMove(bench);
    await left.lose(RESET);
    const gaps = await takeGaps(bench);
    expect(new Set(gaps.flat())).toEqual(new Set([...numbersFrom(0, 8), ...gaps.flat()]));
    const { publisher } = bench.shard.connections.made.findLast(({ isOfGap }) => !isOfGap)!;
    expect(numbersOn(publisher!).at(-1)).toBe(bench.offered.at(-1)! / FRAME);
    expect(bench.files.length).toBeLessThanOrEqual(1);
  },
);

test.each(['live', 'in-order'] as const)(
  'with `resume: %s`, a bad end whose media is sent again is no part of how the destination ends',
  async (resume) => {
    const bench = new SpoolBench({ resume, speed: 100 });
    await (await afterMove(bench)).lose(RESET);
    if (resume === 'in-order') await beginAgain(bench);
    await takeGaps(bench);
    const live = bench.shard.connections.made.findLast(({ isOfGap }) => !isOfGap)!;
    bench.destination.close();
    await live.lose(undefined);
    await bench.pass(500);
    expect(bench.shard.of('detached').map(({ error }) => error)).toEqual([undefined]);
    expect(bench.files).toEqual([]);
  },
);

test.each(['live', 'in-order'] as const)(
  'with `resume: %s`, a bad end of a connection whose media was sent again before is no part of it either',
  async (resume) => {
    const bench = new SpoolBench({ resume, speed: 100 });
    const left = await afterMove(bench);
    const standing = bench.shard.connections.latest;
    await standing.lose(CLOSED);
    await bench.send(4);
    await bench.publish();
    await takeGaps(bench);
    // What it had is on disk since, and was sent.
    await left.lose(RESET);
    const live = bench.shard.connections.made.findLast(({ isOfGap }) => !isOfGap)!;
    bench.destination.close();
    await live.lose(undefined);
    await bench.pass(500);
    expect(bench.shard.of('detached').map(({ error }) => error)).toEqual([undefined]);
  },
);

test.each(['outage', 'always'] as const)(
  'with `when: %s`, nothing is sent twice where a connection that was left ends well',
  async (when) => {
    const bench = new SpoolBench({ when, speed: 100 });
    const left = await afterMove(bench);
    await left.lose(undefined);
    expect(await takeGaps(bench)).toEqual([]);
  },
);

test.each(['outage', 'always'] as const)(
  'with `when: %s` and in order, the stream begins again at what a connection may have lost that it has left',
  async (when) => {
    const bench = new SpoolBench({ when, resume: 'in-order', speed: 100 });
    const left = await afterMove(bench);
    const second = bench.shard.connections.latest.publisher!;
    await left.lose(RESET);
    expect(second.destroyedBy?.cause).toBe(RESET);
    await bench.shard.connections.latest.lose(second.destroyedBy);
    const third = await bench.publish();
    await bench.send(20);
    const numbers = numbersOn(third);
    expect(numbers).toEqual(numbersFrom(0, bench.offered.length));
  },
);

test.each(['left first', 'left last'] as const)(
  'where the close time-out resets both connections, the one that was %s, all that they held stays on disk',
  async (order) => {
    const bench = new SpoolBench({ speed: 100 }, { closeTimeout: 1000 });
    const left = await afterMove(bench);
    const second = bench.shard.connections.latest;
    bench.destination.close();
    await bench.pass(1000);
    expect([left, second].map(({ signal }) => signal.aborted)).toEqual([true, true]);
    for (const one of order === 'left first' ? [left, second] : [second, left]) await one.lose(RESET);
    await bench.pass(500);
    expect(bench.outcomes.at(-1)).toBe('kept');
    const next = new SpoolBench({ speed: 100 }, {}, true, bench.disk);
    await next.settle();
    await next.publish();
    expect((await takeGaps(next)).flat()).toEqual(numbersFrom(0, 14));
  },
);

/** A stream in order that begins again, as the connection that it had left ended badly. */
async function beginsAgain(bench: SpoolBench, error: Error): Promise<void> {
  const left = await afterMove(bench);
  const { latest } = bench.shard.connections;
  await left.lose(error);
  await latest.lose(latest.publisher!.destroyedBy);
  await bench.publish();
  await bench.send(20);
}

test('a server whose connection is well is not taken for one that refuses the codec', async () => {
  const bench = new SpoolBench({ resume: 'in-order', speed: 100 }, {}, 'hvc1');
  const fallBacks: number[] = [];
  Object.assign(bench.admission, { fallBack: (number: number) => fallBacks.push(number) > 0 });
  await beginsAgain(bench, RESET);
  expect(fallBacks).toEqual([]);
  const [lost] = bench.shard.of('disconnected');
  expect(lost).toMatchObject({ delay: 0, wasPublishing: true, error: { cause: { message: 'reset' } } });
});

test('the stream begins again without a policy of reconnecting, too', async () => {
  const bench = new SpoolBench({ resume: 'in-order', speed: 100 }, { reconnect: false });
  await beginsAgain(bench, RESET);
  expect(bench.shard.of('detached')).toEqual([]);
  expect(numbersOn(bench.shard.connections.latest.publisher!)).toEqual(numbersFrom(0, bench.offered.length));
});

test('a connection that a border of segments finds well is not said to bear one stream alone', async () => {
  const bench = new SpoolBench({ resume: 'in-order', speed: 100 }, { segmentConnection: 'auto' });
  const left = await afterMove(bench);
  const { latest } = bench.shard.connections;
  bench.offerBorder({ border: 'end', number: 1 });
  await bench.pass(FRAME);
  await left.lose(CLOSED);
  await latest.lose(latest.publisher!.destroyedBy);
  bench.offerBorder({ border: 'start', number: 2 });
  await bench.pass(FRAME);
  const third = await bench.publish();
  await bench.send(4);
  bench.offerBorder({ border: 'end', number: 2 });
  await bench.pass(FRAME);
  const connection = bench.shard.connections.made.find(({ publisher }) => publisher === third)!;
  expect([third.unpublishes, connection.closes]).toEqual([1, 0]);
});

test('the end of a segment that its own connection has lost is sent again', async () => {
  const bench = new SpoolBench({ speed: 100 }, { segmentConnection: 'new' });
  await bench.settle();
  await bench.publish();
  const left = bench.shard.connections.latest;
  await bench.send(8);
  bench.offerBorder({ border: 'end', number: 1 });
  await bench.pass(FRAME);
  expect(left.closes).toBe(1);
  await left.lose(RESET);
  bench.offerBorder({ border: 'start', number: 2 });
  await bench.pass(FRAME);
  await bench.publish();
  await bench.send(4);
  expect((await takeGaps(bench)).flat()).toEqual(expect.arrayContaining(numbersFrom(0, 8)));
});

test.each([
  ['behind a segment', false],
  ['where the next one is to begin', true],
])('what a server may not have that closes the connection %s is sent again', async (_when, begins) => {
  const bench = new SpoolBench({ speed: 100 }, { segmentConnection: 'same' });
  await bench.settle();
  await bench.publish();
  const { latest } = bench.shard.connections;
  await bench.send(8);
  bench.offerBorder({ border: 'end', number: 1 });
  await bench.pass(FRAME);
  if (begins) {
    latest.nextStream = () => new Promise(() => {});
    bench.offerBorder({ border: 'start', number: 2 });
    await bench.pass(FRAME);
  }
  await latest.lose(new RtmpError(RtmpErrorCode.peerClosed, 'create-stream', 'closed'));
  if (!begins) bench.offerBorder({ border: 'start', number: 2 });
  await bench.pass(FRAME);
  await bench.publish();
  await bench.send(4);
  expect((await takeGaps(bench)).flat()).toEqual(expect.arrayContaining(numbersFrom(0, 8)));
});

test('the rest of a group is kept whose connection stood when one was lost that was left, and the disk failed', async () => {
  const bench = new SpoolBench({ speed: 100 }, { highWatermark: { bytes: 1e6, ms: 3_600_000 } });
  const left = await afterMove(bench);
  const publisher = bench.shard.connections.latest.publisher!;
  failDisk(bench, true);
  bench.destination.stream.spool!.relieve();
  await bench.send(4);
  expect(bench.state).toBe('off');
  bench.group = 100 * FRAME;
  bench.startGroup();
  await bench.send(2);
  await left.lose(RESET);
  failDisk(bench, false);
  await bench.send(50);
  expect(bench.state).not.toBe('off');
  holdUp(bench, publisher, true);
  await bench.send(4);
  const waited = bench.offered.slice(-3).map((time) => time / FRAME);
  await bench.lose();
  await bench.send(2);
  await bench.publish();
  expect((await takeGaps(bench)).flat()).toEqual(expect.arrayContaining(waited));
});

test.each(['live', 'in-order'] as const)(
  'with `resume: %s`, what is lost with a connection that was left is sent when the disk works again',
  async (resume) => {
    const bench = new SpoolBench({ when: 'always', resume, speed: 100 });
    await bench.settle();
    failDisk(bench, true);
    bench.offer();
    await bench.pass(FRAME);
    expect(bench.state).toBe('off');
    const left = await afterMove(bench, 1);
    await left.lose(RESET);
    failDisk(bench, false);
    await bench.send(44);
    if (resume === 'in-order') await beginAgain(bench);
    const live = bench.shard.connections.made.findLast(({ isOfGap }) => !isOfGap)!;
    const gaps = await takeGaps(bench);
    // The server has all that was sent until then.
    await bench.send(60);
    expect(bench.state).toBe('idle');
    const arrived = [...numbersOn(live.publisher!), ...gaps.flat()];
    expect(arrived).toEqual(expect.arrayContaining(numbersFrom(4, 4)));
    expect(bench.files.length).toBeLessThan(2);
  },
);
