import { expect, test } from 'vitest';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { takeGaps } from '../testing/gap-bench.js';
import { inOrder } from '../testing/in-order-bench.js';
import { SpoolBench } from '../testing/spool-bench.js';

const TURN = 7;
const held = toErrorData(new CloudPushError('ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE', 'another has it'));

function expectFrom(gaps: readonly number[][], first: number, last: number): void {
  const arrived = new Set(gaps.flat());
  for (let number = first; number <= last; number++) expect(arrived.has(number), `${number}`).toBe(true);
}

for (const spool of [{}, { when: 'always' } as const, inOrder, { ...inOrder, when: 'always' } as const]) {
  test(`live goes on while another destination has the series, which is used when it is free: ${JSON.stringify(spool)}`, async () => {
    const bench = new SpoolBench({ speed: 100, ...spool }, {}, true, undefined, true, undefined, TURN);
    await bench.settle();
    const first = await bench.publish();
    await bench.send(10);
    expect(bench.sentOn(first)).toHaveLength(10);
    expect(bench.disk.paths).toEqual([]);
    bench.shard.spools!.waits.onAnswer(TURN, held);
    await bench.send(2);
    const [told] = bench.shard.of('spoolOff');
    expect(told?.error.code).toBe('ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE');
    expect(bench.disk.paths).toEqual([]);
    bench.shard.spools!.waits.onAnswer(TURN, undefined);
    await bench.send(12);
    await bench.lose();
    await bench.send(8);
    expect(bench.files.length).toBeGreaterThan(0);
    const next = await bench.publish();
    const before = bench.offered.length;
    const gaps = await takeGaps(bench);
    const all = [...gaps, bench.sentOn(next).map((timestamp) => timestamp / 250)];
    // From the first key frame behind the one at which the series was free.
    expectFrom(all, 24, before - 1);
    expect(bench.shard.of('spoolOff')).toHaveLength(1);
  });
}

test('a destination that ends while another has its series ends at once, and opens nothing later', async () => {
  const bench = new SpoolBench({}, {}, true, undefined, true, undefined, TURN);
  await bench.publish();
  await bench.send(4);
  bench.shard.spools!.waits.onAnswer(TURN, held);
  bench.destination.destroy(new Error('enough'));
  await bench.shard.connections.made.at(-1)!.lose(undefined);
  await bench.settle();
  expect(bench.shard.of('detached')).toHaveLength(1);
  bench.shard.spools!.waits.onAnswer(TURN, undefined);
  await bench.settle();
  expect(bench.disk.paths).toEqual([]);
});

test('an answer that comes before it is waited for is not lost', async () => {
  const { waits } = new SpoolBench().shard.spools!;
  const told: string[] = [];
  waits.onAnswer(1, held);
  waits.onAnswer(1, undefined);
  await waits.free(1, ({ code }) => told.push(code));
  expect(told).toEqual(['ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE']);
});
