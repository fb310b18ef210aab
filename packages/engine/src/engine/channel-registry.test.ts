import { expect, test, vi } from 'vitest';
import { CloudPushError, toErrorData } from '../base/errors.js';
import { EventLog } from '../logging/event-log.js';
import { ChannelCounter } from '../memory/counters.js';
import { planChannel } from '../options/channel-plan.js';
import type { ChannelOptions } from '../options/options.js';
import type { ChannelController } from './channel/channel-controller.js';
import { ChannelRegistry } from './channel-registry.js';
import type { ShardHandle } from './shards/shard-handle.js';
import { FakeEngine, FakeShard } from './testing/fake-engine.js';

const died = toErrorData(new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'died'));
const media = new Uint8Array(1000);

class Fixture {
  readonly engine = new FakeEngine();
  readonly shards = [new FakeShard(), new FakeShard()] as const;
  readonly takeBack = vi.fn();
  readonly registry = new ChannelRegistry(2, new EventLog(undefined), this.engine.pool, this.engine);

  constructor() {
    const [first, second] = this.shards;
    const leastLoaded = (from: ShardHandle | undefined): ShardHandle =>
      from === first.handle ? second.handle : first.handle;
    this.registry.runOn({ leastLoaded, takeBack: this.takeBack });
  }

  open(options: Partial<ChannelOptions> = {}): ChannelController {
    const url = 'rtmp://media.example/live/camera';
    return this.registry.open(planChannel({ url, ...options } as ChannelOptions, { maxPacket: 10_000 }));
  }

  get load(): number[] {
    return this.shards.map(({ channels }) => channels);
  }
}

test('a channel is found by its number on its own shard only', () => {
  const fixture = new Fixture();
  const controller = fixture.open();
  expect(fixture.load).toEqual([1, 0]);
  expect(fixture.registry.find(0, fixture.shards[0].handle)).toBe(controller);
  expect(fixture.registry.find(0, fixture.shards[1].handle)).toBeUndefined();
  expect(fixture.registry.at(0)).toBe(controller);
  expect([...fixture.registry.on(fixture.shards[0].handle)]).toEqual([[0, controller]]);
  expect(fixture.registry.on(fixture.shards[1].handle).size).toBe(0);
});

test('a channel that cannot have both of its numbers takes neither', () => {
  const fixture = new Fixture();
  while (fixture.engine.slots.taken < 4) fixture.engine.slots.take();
  expect(() => fixture.registry.requireFree()).toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS' }),
  );
  fixture.engine.slots.free(3);
  fixture.registry.requireFree();
  fixture.open();
  expect(fixture.registry.channels).toHaveLength(1);
});

test('what a channel has counted is part of the totals when it is forgotten, and its number is free', () => {
  const fixture = new Fixture();
  const controller = fixture.open();
  fixture.shards[0].counters.channels.set(0, ChannelCounter.packetsInvalid, 3);
  controller.onEnded();
  fixture.registry.forget(fixture.shards[0].handle, controller);
  expect(fixture.registry.finished.packetsInvalid).toBe(3);
  expect([fixture.registry.at(0), fixture.registry.channels, fixture.load]).toEqual([undefined, [], [0, 0]]);
  fixture.open();
  expect(fixture.registry.at(0)?.stats().packetsInvalid).toBe(0);
});

test('the channels of a dead shard go on with the next, or are over; their blocks come back', () => {
  const fixture = new Fixture();
  const [going, ending] = [fixture.open({ reconnect: true }), fixture.open()];
  for (const { channel } of [going, ending])
    expect([channel.sendVideo(media, { pts: 0 }), channel.sendVideo(media, { pts: 40 })]).toEqual([
      true,
      true,
    ]);
  const retry = vi.fn();
  fixture.engine.pool.awaitRoom({ retry });
  fixture.registry.onShardDied(fixture.shards[0].handle, fixture.registry.on(fixture.shards[0].handle), died);
  expect(fixture.takeBack.mock.calls.map(([, controller]) => controller)).toEqual([going, ending]);
  expect([going.isOn(fixture.shards[1].handle), going.stats().packetsLost]).toEqual([true, 2]);
  expect([ending.state, fixture.registry.finished.packetsLost]).toEqual(['closed', 2]);
  expect([fixture.load, fixture.registry.channels]).toEqual([[0, 1], [going.channel]]);
  expect(fixture.engine.pool.memory.pool.bytesInUse).toBe(0);
  expect(retry).toHaveBeenCalled();
});

test('a channel that does not go on with another shard counts nowhere', () => {
  const fixture = new Fixture();
  const controller = fixture.open();
  controller.onEnded();
  fixture.registry.migrate(fixture.shards[0].handle, controller, () => false);
  expect([fixture.load, controller.state]).toEqual([[0, 0], 'closed']);
});
