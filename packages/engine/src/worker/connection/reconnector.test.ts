import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { toErrorData } from '../../base/errors.js';
import { AWAY, failure, ReconnectorBench } from '../testing/reconnector-bench.js';

let bench: ReconnectorBench;

beforeEach(() => {
  bench = new ReconnectorBench();
});

test.each(['onPublishing', 'onDrain', 'onNextStream'] as const)(
  'a fault in %s ends its stream, and nothing else',
  async (event) => {
    let isFaulty = false;
    const fail = (): void => {
      if (isFaulty) throw new TypeError('a fault of ours');
    };
    const { reconnector, told } = await bench.publishing({ [event]: fail });
    isFaulty = true;
    if (event === 'onDrain') bench.link(0).drain();
    else if (event === 'onNextStream') {
      reconnector.nextStream();
      await turn();
    } else {
      await bench.link(0).lose(failure());
      await bench.waitForRetry();
      await bench.link(1).succeed();
    }
    const current = bench.connections.made.at(-1)!;
    expect(current.signal.aborted).toBe(true);
    await current.lose(failure());
    expect(told.at(-1)).toBe('over: internal error: a fault of ours');
    expect(reconnector.publisher).toBeUndefined();
  },
);

test('a connection that takes nothing while something waits is given up, and not when it has drained', async () => {
  const { reconnector, told } = await bench.publishing({}, { stallTimeout: 5000 });
  reconnector.watch();
  bench.clock.pass(4999);
  bench.link(0).drain();
  bench.clock.pass(5000);
  expect([bench.link(0).stalls, told.at(-1)]).toEqual([[], 'drain']);
  reconnector.watch();
  bench.clock.pass(5000);
  expect(bench.link(0).stalls).toEqual([5000]);
});

test('another shard can go on with what waits for its connection, but not with what is to move or to end', async () => {
  const { reconnector, told } = await bench.publishing();
  expect(reconnector.mayRelease).toBe(false);
  await bench.link(0).lose(failure());
  expect(reconnector.mayRelease).toBe(true);
  reconnector.moveTo(AWAY, false);
  expect(reconnector.mayRelease).toBe(false);
  await bench.waitForRetry();
  expect(reconnector.mayRelease).toBe(true);
  reconnector.release();
  expect([bench.link(1).signal.aborted, told.at(-1)]).toEqual([true, 'lost']);
  await bench.waitForRetry();
  expect([told.at(-1), bench.connections.made.length]).toEqual(['lost', 2]);
});

test('one that has never connected stays with its shard', () => {
  expect(bench.reconnectorOf({}, {}, []).mayRelease).toBe(false);
});

test('what was lost with another shard is made again after its delay, as the attempt that it is', async () => {
  const told: string[] = [];
  const reconnector = bench.reconnectorOf({}, {}, told);
  reconnector.connectAgain({ error: toErrorData(failure()), delay: 3000, attempts: 100 });
  bench.clock.pass(2999);
  await turn();
  expect(bench.connections.made).toEqual([]);
  bench.clock.pass(1);
  await turn();
  await bench.link(0).fail(failure());
  // It was the last one that the policy grants.
  expect(told).toEqual(['over: the test says so']);
});
