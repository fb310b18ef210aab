import { expect, test, vi } from 'vitest';
import type { ShardPlan } from '../../options/engine-settings.js';
import { FakeShard } from '../testing/fake-engine.js';
import type { ShardHandle, SharedState } from './shard-handle.js';
import { ShardSet } from './shard-set.js';

/** A shard whose thread dies when a test says so. */
class MortalShard extends FakeShard {
  readonly delay: number;
  readonly shared: SharedState;
  isReady = true;
  readonly ready = Promise.resolve();
  readonly ended: Promise<void>;
  die: (cause: Error) => void = () => {};

  constructor(shared: SharedState, delay: number) {
    super();
    this.shared = shared;
    this.delay = delay;
    this.ended = new Promise((_, reject) => {
      this.die = reject;
    });
  }
}

function newSet(
  count: number,
  channelsEach = 1,
): { set: ShardSet; shards: MortalShard[]; died: ShardHandle[] } {
  const died: ShardHandle[] = [];
  const shards: MortalShard[] = [];
  const owner = { onReport: () => {}, onShardDied: (shard: ShardHandle) => void died.push(shard) };
  const plan = { count, channelsEach } as ShardPlan;
  const set = new ShardSet(
    { maxConnecting: 8 } as SharedState,
    plan,
    owner,
    (shared, _onReport, _slot, delay) => {
      const shard = new MortalShard(shared, delay);
      shards.push(shard);
      return shard.handle;
    },
  );
  return { set, shards, died };
}

function spread(shards: readonly MortalShard[], channels: readonly number[]): void {
  for (const [i, shard] of shards.entries()) shard.channels = channels[i]!;
}

test('channels fill one shard before the next is made use of, then go to the one with the fewest', () => {
  const { set, shards } = newSet(3, 2);
  const placed: number[] = [];
  for (let i = 0; i < 6; i++) {
    const shard = set.leastLoaded(undefined) as unknown as MortalShard;
    shard.channels++;
    placed.push(shards.indexOf(shard));
  }
  expect(placed).toEqual([0, 0, 1, 1, 2, 2]);
});

test('shards share the connections that may be made at a time, as soon as another one is made use of', () => {
  const { set, shards } = newSet(4);
  expect(shards.map(({ shared }) => shared.maxConnecting)).toEqual([8, 8, 8, 8]);
  set.leastLoaded(undefined).channels++;
  expect(shards[0]!.posted).toEqual([]);
  set.leastLoaded(undefined).channels++;
  expect(shards[0]!.posted).toEqual([{ type: 'maxConnecting', most: 4 }]);
});

test('a channel leaves its shard for one with clearly fewer, and counts there before it has left', () => {
  const { set, shards } = newSet(2);
  const leaveShard = vi.fn();
  const channel = { mayLeaveShard: true, leaveShard };
  spread(shards, [4, 3]);
  set.rebalance(shards[0]!.handle, channel);
  expect(leaveShard).not.toHaveBeenCalled();
  spread(shards, [4, 2]);
  set.rebalance(shards[0]!.handle, { mayLeaveShard: false, leaveShard });
  expect(leaveShard).not.toHaveBeenCalled();
  set.rebalance(shards[0]!.handle, channel);
  set.rebalance(shards[0]!.handle, channel);
  expect(leaveShard).toHaveBeenCalledOnce();
  expect(set.channels).toEqual([3, 3]);
  set.takeBack(shards[0]!.handle, channel);
  set.takeBack(shards[0]!.handle, channel);
  expect(set.channels).toEqual([4, 2]);
});

test('where many channels are, a small difference moves none', () => {
  const { set, shards } = newSet(2);
  const channel = { mayLeaveShard: true, leaveShard: vi.fn() };
  spread(shards, [100, 76]);
  set.rebalance(shards[0]!.handle, channel);
  expect(channel.leaveShard).not.toHaveBeenCalled();
  spread(shards, [100, 75]);
  set.rebalance(shards[0]!.handle, channel);
  expect(channel.leaveShard).toHaveBeenCalledOnce();
});

test('a shard that dies is replaced before its end is told: at once if it had come up, and later if it had not', async () => {
  const { set, shards, died } = newSet(1);
  shards[0]!.die(new Error('died'));
  await vi.waitFor(() => expect(died).toHaveLength(1), 20_000);
  expect([shards.length, shards[1]!.delay]).toEqual([2, 0]);
  expect(set.leastLoaded(undefined)).toBe(shards[1]);
  shards[1]!.isReady = false;
  shards[1]!.die(new Error('did not start'));
  await vi.waitFor(() => expect(died).toHaveLength(2), 20_000);
  expect(shards[2]!.delay).toBeGreaterThan(0);
});

test('an engine that closes replaces no thread', async () => {
  const { set, shards, died } = newSet(1);
  set.stopReplacing();
  shards[0]!.die(new Error('died'));
  await vi.waitFor(() => expect(died).toHaveLength(1), 20_000);
  expect(shards).toHaveLength(1);
});
