import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { abortedError, CloudPushError, toErrorData } from '../../base/errors.js';
import { ChannelCounter } from '../../memory/counters.js';
import { Command } from '../../memory/ring.js';
import { planChannel } from '../../options/channel-plan.js';
import type { ChannelOptions } from '../../options/options.js';
import { FakeEngine, FakeShard } from '../testing/fake-engine.js';
import { ChannelController } from './channel-controller.js';

const NUMBER = 1;
const timings = { tcp: 1, handshake: 1, connect: 1, createStream: 1, publish: 1 };
const died = toErrorData(new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'died'));
const media = new Uint8Array(100);

class Fixture {
  readonly engine = new FakeEngine();
  readonly shard = new FakeShard();
  readonly controller: ChannelController;
  readonly first: number;
  readonly events: string[] = [];

  constructor(options: Partial<ChannelOptions> = {}) {
    const url = 'rtmp://media.example/live/camera';
    const plan = planChannel({ url, ...options } as ChannelOptions, this.engine.planning);
    const slot = { id: 7, number: NUMBER, shard: this.shard.handle };
    this.controller = new ChannelController(this.engine, slot, plan);
    const { channel } = this.controller;
    for (const name of ['connect', 'disconnect', 'segmentEnd', 'close'] as const)
      channel.on(name, () => void this.events.push(name));
    const destination = this.engine.slots.take();
    this.first = destination.number;
    this.controller.open({ slot: destination, plan: plan.first });
  }

  /** The shard has reported the end of its last destination, and that nothing of the channel is left. */
  forget(): void {
    this.controller.onEnded();
    this.controller.onForgotten();
  }
}

test('a channel is told to its shard before its descriptor, and its destination behind it', () => {
  const { shard } = new Fixture();
  expect(shard.takePosted()).toEqual(['open', 'attach']);
  expect(shard.takeDescriptors().map(([command]) => command)).toEqual([Command.open, Command.attach]);
});

test('a close sends the last descriptor once, behind all packets, and ends with the report', async () => {
  const { controller, shard, first } = new Fixture();
  shard.takeDescriptors();
  expect(controller.channel.sendVideo(media, { pts: 0 })).toBe(true);
  const closed = [controller.channel.close(), controller.channel.close()];
  expect(controller.channel.sendVideo(media, { pts: 40 })).toBe(false);
  expect(shard.takeDescriptors().map(([command]) => command)).toEqual([Command.video, Command.close]);
  controller.destinations.onDetached(first, undefined);
  controller.onEnded();
  expect(shard.takeDescriptors()).toEqual([]);
  controller.onForgotten();
  expect(await Promise.all(closed)).toEqual([
    { clean: true, error: undefined },
    { clean: true, error: undefined },
  ]);
});

test('a channel whose last destination ends by itself still tells the shard that no descriptor follows', () => {
  const { controller, shard, first } = new Fixture();
  shard.takeDescriptors();
  controller.destinations.onDetached(first, died);
  controller.onEnded();
  controller.onEnded();
  expect(shard.takeDescriptors().map(([command]) => command)).toEqual([Command.close]);
  expect(controller.channel.sendVideo(media, { pts: 0 })).toBe(false);
});

test('an abort is posted until the last destination is over, and not afterwards', () => {
  const { controller, shard } = new Fixture();
  shard.takePosted();
  controller.abort(abortedError(new Error('enough')));
  expect(shard.posted).toMatchObject([{ type: 'abort', channel: NUMBER, destination: undefined }]);
  shard.takePosted();
  controller.onEnded();
  controller.abort();
  expect(shard.takePosted()).toEqual([]);
});

test('the signal of the options ends the channel, and is let go with its last destination', () => {
  const abort = new AbortController();
  const { controller, shard } = new Fixture({ signal: abort.signal });
  controller.onEnded();
  shard.takePosted();
  abort.abort();
  expect(shard.takePosted()).toEqual([]);
  const early = new AbortController();
  const aborted = new Fixture({ signal: early.signal });
  early.abort();
  expect(aborted.shard.takePosted()).toContain('abort');
});

test('the death of a shard takes a channel that may reconnect to the next one, with its stream, counts and losses', async () => {
  const { controller, shard, first, events } = new Fixture({ reconnect: true });
  controller.destinations.onConnected(first, timings);
  controller.onStream({ origin: 4 } as unknown as Parameters<ChannelController['onStream']>[0]);
  shard.counters.channels.set(NUMBER, ChannelCounter.elapsed, 1234);
  shard.counters.channels.set(NUMBER, ChannelCounter.packetsInvalid, 2);
  const next = new FakeShard();
  next.counters.channels.set(NUMBER, ChannelCounter.packetsInvalid, 99);
  expect(controller.onShardDied(died, 3, () => next.handle)).toBe(true);
  expect(controller.isOn(next.handle)).toBe(true);
  expect(next.posted).toMatchObject([
    { type: 'open', resume: { state: { origin: 4 }, elapsed: 1234 } },
    { type: 'attach', loss: { attempts: 1 } },
  ]);
  expect(controller.stats()).toMatchObject({ packetsInvalid: 2, packetsLost: 3, state: 'connecting' });
  await nextTurn();
  expect(events).toEqual(['connect', 'disconnect']);
});

test('a channel without reconnect, or that is closing, ends with its shard', async () => {
  const final = new Fixture();
  const next = (): never => {
    throw new Error('no shard is wanted');
  };
  expect(final.controller.onShardDied(died, 0, next)).toBe(false);
  final.forget();
  await nextTurn();
  expect(final.controller.channel.state).toBe('closed');
  expect(final.events).toEqual(['close']);
  const closing = new Fixture({ reconnect: true });
  const closed = closing.controller.close({});
  expect(closing.controller.onShardDied(died, 0, next)).toBe(false);
  closing.forget();
  expect(await closed).toMatchObject({ clean: false, error: { code: died.code } });
});

test('segments that were ending are told of when their shard dies', async () => {
  const { controller, events } = new Fixture({ reconnect: true });
  expect(controller.sendMetadata({ type: 'streamEnd', alarmDuration: 0, time: 0 }, undefined)).toBe(true);
  controller.onShardDied(died, 0, () => new FakeShard().handle);
  controller.segments.onEnd(1);
  await nextTurn();
  expect(events.filter((name) => name === 'segmentEnd')).toHaveLength(1);
});

test('only a channel that has published, and publishes nowhere, may leave its shard', () => {
  const { controller, first } = new Fixture({ reconnect: true });
  expect(controller.mayLeaveShard).toBe(false);
  controller.destinations.onConnected(first, timings);
  expect(controller.mayLeaveShard).toBe(false);
  controller.destinations.onDisconnected(first, died, 100, true);
  expect(controller.mayLeaveShard).toBe(true);
  void controller.close({});
  expect(controller.mayLeaveShard).toBe(false);
});

test('a channel that is let go connects from the next shard when it would have, and takes packets again', () => {
  const { controller, shard, first, engine } = new Fixture({ reconnect: true });
  controller.destinations.onConnected(first, timings);
  controller.destinations.onDisconnected(first, died, 500, true);
  controller.leaveShard();
  expect(controller.channel.sendVideo(media, { pts: 0 })).toBe(false);
  engine.clock.pass(200);
  shard.takePosted();
  shard.takeDescriptors();
  const next = new FakeShard();
  expect(controller.onReleased(() => next.handle)).toBe(true);
  expect(next.posted).toMatchObject([{ type: 'open' }, { type: 'attach', loss: { delay: 300 } }]);
  expect(controller.channel.sendVideo(media, { pts: 0 })).toBe(true);
  expect([shard.takePosted(), shard.takeDescriptors()]).toEqual([[], []]);
});

test('a channel that is closed while it is let go ends without a last descriptor', () => {
  const { controller, shard, first } = new Fixture({ reconnect: true });
  controller.destinations.onConnected(first, timings);
  controller.destinations.onDisconnected(first, died, 500, true);
  controller.leaveShard();
  controller.abort();
  shard.takeDescriptors();
  const next = new FakeShard();
  expect(controller.onReleased(() => next.handle)).toBe(false);
  expect([next.posted, shard.takeDescriptors(), controller.state]).toEqual([[], [], 'closing']);
});

test('a shard that has lost the channel ends it with the error', async () => {
  const { controller, events } = new Fixture({ reconnect: true });
  const broken = toErrorData(new CloudPushError('ERR_CLOUDPUSH_INTERNAL', 'broken'));
  controller.onBroken(broken);
  expect(controller.onForgotten()).toMatchObject({ code: broken.code });
  await nextTurn();
  expect([events, controller.channel.destinations]).toEqual([['close'], []]);
});

test('when it is over its figures stay, though its number is another’s', () => {
  const { controller, shard } = new Fixture();
  shard.counters.channels.set(NUMBER, ChannelCounter.packetsInvalid, 2);
  controller.onEnded();
  controller.onForgotten();
  shard.counters.channels.set(NUMBER, ChannelCounter.packetsInvalid, 99);
  expect(controller.stats()).toMatchObject({ state: 'closed', packetsInvalid: 2, queuedBytes: 0 });
});

test('a close at a key frame is asked of the shard, and made when that has come, or its time is over', async () => {
  const source = { file: 'a.h264' };
  for (const isTooLong of [false, true]) {
    const { controller, shard, engine, first } = new Fixture({ source });
    shard.takePosted();
    shard.takeDescriptors();
    const closed = controller.close({ untilKeyFrame: 4000 });
    engine.clock.pass(3999);
    expect([shard.takePosted(), shard.takeDescriptors()]).toEqual([['endAtKeyFrame'], []]);
    if (isTooLong) engine.clock.pass(1);
    else controller.onKeyFrame('a key frame');
    expect(shard.takeDescriptors().map(([command]) => command)).toEqual([Command.close]);
    if (isTooLong) controller.onKeyFrame(undefined);
    engine.clock.pass(4000);
    expect(shard.takeDescriptors()).toEqual([]);
    controller.destinations.onDetached(first, undefined);
    controller.onEnded();
    controller.onForgotten();
    const keyFrame = isTooLong ? undefined : 'a key frame';
    expect(await closed).toEqual({ clean: true, error: undefined, keyFrame });
  }
  await expect(new Fixture().controller.close({ untilKeyFrame: 1 })).rejects.toMatchObject({
    code: 'ERR_CLOUDPUSH_INVALID_PARAMETER',
  });
});
