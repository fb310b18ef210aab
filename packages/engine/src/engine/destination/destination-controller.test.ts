import { expect, test, vi } from 'vitest';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { DestinationCounter } from '../../memory/counters.js';
import { Command } from '../../memory/ring.js';
import { planDestination } from '../../options/channel-plan.js';
import type { DestinationOptions } from '../../options/options.js';
import type { Placement } from '../shards/placement.js';
import { FakeEngine, FakeShard } from '../testing/fake-engine.js';
import { DestinationController, type DestinationSlot } from './destination-controller.js';

const NUMBER = 2;
const timings = { dns: 1, tcp: 2, handshake: 3, connect: 4, createStream: 5, publish: 6 };
const died = toErrorData(new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'died'));

function slotOf(engine: FakeEngine, placement: Placement, command: () => void): DestinationSlot {
  const { clock, series: turns } = engine;
  return { id: 7, number: NUMBER, clock, placement, sender: { command }, turns };
}

function newController(options: Partial<DestinationOptions> = {}): {
  engine: FakeEngine;
  shard: FakeShard;
  placement: { shard: FakeShard['handle']; channel: number };
  command: ReturnType<typeof vi.fn>;
  controller: DestinationController;
} {
  const engine = new FakeEngine();
  const shard = new FakeShard();
  const placement = { shard: shard.handle, channel: 1 };
  const command = vi.fn();
  const { config } = planDestination(
    { url: 'rtmp://media.example/live/camera', ...options } as DestinationOptions,
    { maxPacket: 1000 },
    false,
  );
  const slot = slotOf(engine, placement, command);
  return {
    engine,
    shard,
    placement,
    command,
    controller: new DestinationController(slot, config, undefined),
  };
}

test('it is announced to its shard by its configuration, then by a descriptor, with its counters at zero', () => {
  const engine = new FakeEngine();
  const shard = new FakeShard();
  shard.counters.destinations.set(NUMBER, DestinationCounter.videoFrames, 99);
  const command = vi.fn(() => expect(shard.posted).toHaveLength(1));
  const { config } = planDestination({ url: 'rtmp://media.example/live/camera' }, { maxPacket: 1000 }, false);
  const placement = { shard: shard.handle, channel: 1 };
  const slot = slotOf(engine, placement, command);
  const controller = new DestinationController(slot, config, undefined);
  expect(shard.posted).toMatchObject([{ type: 'attach', channel: 1, destination: NUMBER, loss: undefined }]);
  expect(command.mock.calls).toEqual([[Command.attach, NUMBER]]);
  expect(controller.stats().videoFrames).toBe(0);
});

test('it is closed by one descriptor, and reports when its connection is over', async () => {
  const { controller, command } = newController();
  command.mockClear();
  const reports = [controller.close({}), controller.close({})];
  expect(command.mock.calls).toEqual([[Command.detach, NUMBER]]);
  expect(controller.state).toBe('closing');
  const report = controller.onDetached(undefined);
  expect(await Promise.all(reports)).toEqual([report, report]);
  expect(report).toEqual({ clean: true, error: undefined });
  await controller.close({});
  expect(command).toHaveBeenCalledOnce();
});

test('when it is over its number is another’s: nothing is posted for it, and its figures stay', () => {
  const { controller, shard } = newController();
  controller.onConnected(timings);
  shard.counters.destinations.set(NUMBER, DestinationCounter.videoFrames, 5);
  shard.counters.destinations.set(NUMBER, DestinationCounter.queuedBytes, 1000);
  controller.onDetached(died);
  shard.counters.destinations.set(NUMBER, DestinationCounter.videoFrames, 99);
  shard.takePosted();
  controller.abort();
  controller.moveTo({ url: 'rtmp://other.example/live/camera' });
  expect(shard.posted).toEqual([]);
  expect(controller.stats()).toMatchObject({ state: 'closed', videoFrames: 5, queuedBytes: 0, bitRate: 0 });
});

test('the signal aborts it with its reason, until it is over', () => {
  const { controller, shard } = newController();
  const abort = new AbortController();
  controller.abortWith(abort.signal);
  shard.takePosted();
  abort.abort(new Error('enough'));
  expect(shard.posted).toMatchObject([{ type: 'abort', destination: NUMBER }]);
  expect(controller.state).toBe('closing');
  const over = newController();
  const late = new AbortController();
  over.controller.abortWith(late.signal);
  over.controller.onDetached(undefined);
  over.shard.takePosted();
  late.abort();
  expect(over.shard.posted).toEqual([]);
});

test('after the death of its shard it goes on with the next, with its counts and as one that was lost', () => {
  const { controller, shard, placement, command } = newController({ reconnect: true });
  controller.onConnected(timings);
  controller.onMoved(timings);
  shard.counters.destinations.set(NUMBER, DestinationCounter.videoFrames, 5);
  const connecting = controller.onShardDied(died)!;
  expect([connecting.loss?.attempts, controller.state]).toEqual([1, 'connecting']);
  const next = new FakeShard();
  placement.shard = next.handle;
  command.mockClear();
  controller.onMigrated(connecting);
  expect(next.posted).toMatchObject([{ type: 'attach', destination: NUMBER, loss: connecting.loss }]);
  expect(command.mock.calls).toEqual([[Command.attach, NUMBER]]);
  next.counters.destinations.set(NUMBER, DestinationCounter.videoFrames, 3);
  controller.onConnected(timings);
  expect(controller.stats()).toMatchObject({ videoFrames: 8, reconnects: 1, moves: 1, state: 'publishing' });
  // Packets that the lost connection had taken may not have arrived.
  void controller.close({});
  expect(controller.onDetached(undefined)).toMatchObject({ clean: false, error: { code: died.code } });
});

test('one that is ending does not go on with another shard', () => {
  const closing = newController({ reconnect: true }).controller;
  closing.onChannelClosing();
  const aborted = newController({ reconnect: true }).controller;
  aborted.abort();
  const final = newController().controller;
  expect([closing, aborted, final].map((controller) => controller.onShardDied(died))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect([closing.onReleased(), aborted.onReleased()]).toEqual([undefined, undefined]);
  expect(final.onReleased()).toEqual({ loss: undefined });
});

test('the target that it was moved to is the one that another shard is told', () => {
  const { controller, placement } = newController();
  controller.moveTo({ url: 'rtmp://other.example/live/camera', token: 't' });
  const next = new FakeShard();
  placement.shard = next.handle;
  controller.onMigrated({ loss: undefined });
  expect(next.posted).toMatchObject([{ config: { target: { url: 'rtmp://other.example/live/camera' } } }]);
  expect(() => controller.moveTo({ url: 'http://other.example/' })).toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_URL' }),
  );
});

test('the rate of a shard that counts no more falls, and what is on its way is known only while it publishes', () => {
  const { controller, engine, shard } = newController();
  const counters = shard.counters.destinations;
  counters.set(NUMBER, DestinationCounter.bytesPerSecond, 1000);
  counters.set(NUMBER, DestinationCounter.unacknowledgedBytes, 500);
  expect(controller.stats()).toMatchObject({ bitRate: 8000, unacknowledgedBytes: undefined });
  controller.onConnected(timings);
  expect(controller.stats()).toMatchObject({ unacknowledgedBytes: 500, acknowledgementLag: 500 });
  engine.clock.pass(60_000);
  expect(controller.stats().bitRate).toBeLessThan(800);
});

test('of two destinations with one series of the spool, the second has it when the first is over, on another shard too', () => {
  const engine = new FakeEngine();
  const context = { maxPacket: 1000, hasSpool: true };
  const given = (query: string) =>
    ({ url: `rtmp://media.example/live/camera?vhost=${query}`, overflow: 'spool' }) as const;
  const [a, b] = ['a', 'b'].map((query, channel) => {
    const shard = new FakeShard();
    const placement = { shard: shard.handle, channel };
    const { config } = planDestination(given(query), context, false);
    const common = { clock: engine.clock, sender: { command: vi.fn() }, turns: engine.series };
    const slot = { id: 20 + channel, number: channel, placement, ...common };
    return { shard, controller: new DestinationController(slot, config, undefined) };
  }) as [
    { shard: FakeShard; controller: DestinationController },
    { shard: FakeShard; controller: DestinationController },
  ];
  expect(a.shard.posted).toMatchObject([{ type: 'attach', config: { spool: { when: 'outage' } } }]);
  expect(a.shard.posted[0]).toHaveProperty('config.spool.turn', undefined);
  expect(b.shard.posted).toMatchObject([
    { type: 'series', turn: 21, error: { code: 'ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE' } },
    { type: 'attach', config: { spool: { turn: 21 } } },
  ]);
  b.shard.takePosted();
  a.controller.onDetached(undefined);
  expect(b.shard.posted).toEqual([{ type: 'series', turn: 21, error: undefined }]);
});
