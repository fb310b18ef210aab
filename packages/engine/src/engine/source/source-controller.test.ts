import { expect, test, vi } from 'vitest';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { NO_BLOCK } from '../../memory/block-layout.js';
import { SourceCounter } from '../../memory/counters.js';
import type { SourceConfig } from '../../options/source-config.js';
import type { SourceReport } from '../../protocol/source-messages.js';
import { FakeEngine, FakeShard } from '../testing/fake-engine.js';
import { SourceController, type SourceObserver } from './source-controller.js';

const CHANNEL = 1;
const error = toErrorData(new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'lost'));
const tracks = { video: undefined, audio: undefined };

class Fixture {
  readonly engine = new FakeEngine();
  readonly shard = new FakeShard();
  readonly placement = { shard: this.shard.handle, channel: CHANNEL };
  readonly sender = { relieve: vi.fn(), relieveOther: vi.fn(), tellIfTooSmall: vi.fn() };
  readonly told: string[] = [];
  readonly source = new SourceController(
    {
      observer: new Proxy({} as SourceObserver, {
        get: (_, name) => () => void this.told.push(String(name)),
      }),
      pool: this.engine.pool,
      placement: this.placement,
      sender: this.sender,
    },
    { maxPacket: 1 } as SourceConfig,
  );
}

test('a source that connects again counts as reconnected, and its attempts begin anew', () => {
  const { source, engine, ...fixture } = new Fixture();
  const report = (event: SourceReport): void => source.onReport(event);
  report({ type: 'connected', tracks });
  engine.clock.pass(500);
  report({ type: 'lost', error, delay: 2000, attempts: 3 });
  expect(source.stats()).toMatchObject({
    state: 'retrying',
    since: 0,
    attempt: 4,
    nextRetryAt: engine.clock.wallTime() + 2000,
    reconnects: 0,
    lastError: expect.objectContaining({ code: error.code }),
  });
  engine.clock.pass(70);
  report({ type: 'connecting' });
  expect(source.stats()).toMatchObject({ state: 'connecting', nextRetryAt: undefined, attempt: 4 });
  report({ type: 'connected', tracks });
  engine.clock.pass(30);
  expect(source.stats()).toMatchObject({ state: 'streaming', since: 30, attempt: 1, reconnects: 1 });
  expect(fixture.told).toEqual(['sourceConnected', 'sourceLost', 'sourceConnected']);
});

test('a source that is not opened again has failed, and no time is told', () => {
  const { source } = new Fixture();
  source.onReport({ type: 'lost', error, delay: Number.POSITIVE_INFINITY, attempts: 1 });
  expect(source.stats()).toMatchObject({ state: 'failed', nextRetryAt: undefined });
});

test('a warning is told, and changes nothing', () => {
  const { source, told } = new Fixture();
  source.onReport({ type: 'lost', error, delay: 100, attempts: 1 });
  const before = source.stats();
  source.onReport({ type: 'warning', message: 'text' });
  expect([source.stats(), told]).toEqual([before, ['sourceLost', 'sourceWarning']]);
});

test('counts of shards that were left add up, and the next one begins at zero', () => {
  const { source, shard, placement } = new Fixture();
  shard.counters.sources.set(CHANNEL, SourceCounter.videoFrames, 5);
  source.onShardLeft();
  const next = new FakeShard();
  placement.shard = next.handle;
  next.counters.sources.set(CHANNEL, SourceCounter.videoFrames, 2);
  expect(source.stats()).toMatchObject({ videoFrames: 7, state: 'connecting' });
  expect(shard.counters.sources.get(CHANNEL, SourceCounter.videoFrames)).toBe(0);
});

test('another source is told to the shard that the channel is on now', () => {
  const { source, placement, shard } = new Fixture();
  const next = new FakeShard();
  placement.shard = next.handle;
  const config = { maxPacket: 2 } as SourceConfig;
  source.replace(config);
  expect([source.config, next.posted]).toEqual([config, [{ type: 'source', channel: CHANNEL, config }]]);
  expect(shard.posted).toEqual([]);
});

test('a slab that there is room for is granted at once; nothing is granted to a channel that is closed', () => {
  const { source, shard } = new Fixture();
  const request = { kind: 'video', bytes: 50_000, largest: 1000 } as const;
  source.onSlabWanted(request);
  expect(shard.posted).toMatchObject([{ type: 'slab', channel: CHANNEL, kind: 'video' }]);
  source.close();
  source.onSlabWanted(request);
  expect(shard.posted).toHaveLength(1);
});

test('a slab that there is no room for is granted when blocks come back, unless its shard is gone by then', () => {
  for (const isGone of [false, true]) {
    const { source, shard, engine, sender } = new Fixture();
    const { memory } = engine.pool;
    const held: number[] = [];
    for (;;) {
      const block = memory.lease(CHANNEL, 100_000, 1000);
      if (block === NO_BLOCK) break;
      held.push(block);
    }
    source.onSlabWanted({ kind: 'video', bytes: 100_000, largest: 1000 });
    expect([shard.posted, sender.relieve.mock.calls.length]).toEqual([[], 1]);
    if (isGone) source.onShardLeft();
    for (const block of held) memory.drop(block);
    engine.pool.retryWaiting();
    expect(shard.takePosted()).toEqual(isGone ? [] : ['slab']);
  }
});
