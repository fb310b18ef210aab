// A channel that was opened without a destination, as its caller sees it.

import { expect, test } from 'vitest';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { Command } from '../../memory/ring.js';
import { planChannel, planStandby } from '../../options/channel-plan.js';
import { FakeEngine, FakeShard } from '../testing/fake-engine.js';
import { ChannelController } from './channel-controller.js';

const SLOT = { id: 7, number: 1 };
const url = 'rtmp://media.example/live/camera';
const source = { file: 'a.h264' };
const died = toErrorData(new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'died'));
const END = { type: 'streamEnd', alarmDuration: 0, time: 0 } as const;

class Fixture {
  readonly engine = new FakeEngine();
  readonly shard = new FakeShard();
  readonly controller: ChannelController;

  constructor() {
    const plan = planStandby({ source }, this.engine.planning);
    this.controller = new ChannelController(this.engine, { ...SLOT, shard: this.shard.handle }, plan);
    this.controller.open(undefined);
  }
}

const noShard = (): never => {
  throw new Error('no shard is wanted');
};

test('it stands by when its source has delivered a key frame, or is told that it never will', async () => {
  const { controller } = new Fixture();
  const standing = controller.standingBy();
  controller.onStandingBy();
  await standing;
  const other = new Fixture().controller;
  const never = other.standingBy();
  void other.close({});
  await expect(never).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED' });
});

test('a channel with a destination has nothing to stand by for', async () => {
  const engine = new FakeEngine();
  const plan = planChannel({ url, source }, engine.planning);
  const controller = new ChannelController(engine, { ...SLOT, shard: new FakeShard().handle }, plan);
  controller.open({ slot: engine.slots.take(), plan: plan.first });
  await controller.standingBy();
});

test.each([
  ['a fault in its source', (controller: ChannelController): void => controller.onEnded(died)],
  ['a shard that has lost it', (controller: ChannelController): void => controller.onBroken(died)],
  [
    'the death of its shard',
    (controller: ChannelController): void => void controller.onShardDied(died, 0, noShard),
  ],
])('what it fails on is its end: %s', async (_, fail) => {
  const { controller } = new Fixture();
  const closed = controller.close({});
  fail(controller);
  expect(controller.onForgotten()).toMatchObject({ code: died.code });
  expect(await closed).toMatchObject({ clean: false, error: { code: died.code } });
});

test('it is closed cleanly, and an abort is the error that it ends with', async () => {
  for (const isAborted of [false, true]) {
    const { controller } = new Fixture();
    if (isAborted) controller.abort(new CloudPushError('ERR_CLOUDPUSH_INTERNAL', 'enough'));
    const closed = controller.close({});
    controller.onEnded();
    controller.onForgotten();
    expect(await closed).toEqual({
      clean: !isAborted,
      error: isAborted ? expect.objectContaining({ code: 'ERR_CLOUDPUSH_INTERNAL' }) : undefined,
    });
  }
});

test('once it has had a destination, it ends as that did', async () => {
  const { controller } = new Fixture();
  controller.addDestination({ url });
  const closed = controller.close({});
  controller.abort();
  // The abort has come too late.
  controller.destinations.onDetached(0, undefined);
  controller.onEnded();
  controller.onForgotten();
  expect(await closed).toEqual({ clean: true, error: undefined });
});

test('its first segment ends behind its first destination, and not before', () => {
  const { controller, shard } = new Fixture();
  shard.takeDescriptors();
  expect(() => controller.channel.sendMetadata(END)).toThrow('call addDestination before');
  expect([shard.takeDescriptors(), controller.segments.state.isOpen]).toEqual([[], true]);
  controller.addDestination({ url });
  expect(controller.channel.sendMetadata(END)).toBe(true);
  const commands = shard.takeDescriptors().map(([command]) => command);
  expect([commands, controller.segments.state.isOpen]).toEqual([[Command.attach, Command.metadata], false]);
});

test('the key frame to begin with is told to its shard, before the first destination and the end alone', () => {
  const { controller, shard } = new Fixture();
  shard.takePosted();
  controller.beginWith('a key frame');
  expect(shard.takePosted()).toEqual(['beginWith']);
  expect(() => controller.beginWith(7 as unknown as string)).toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_PARAMETER' }),
  );
  const ended = new Fixture().controller;
  void ended.close({});
  expect(() => ended.beginWith('a key frame')).toThrow('closing or closed');
  controller.addDestination({ url });
  expect(() => controller.beginWith('a key frame')).toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_STATE' }),
  );
});
