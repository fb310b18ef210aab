import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { Waiters } from '../../base/waiters.js';
import { planDestination } from '../../options/channel-plan.js';
import type { DestinationOptions } from '../../options/options.js';
import { FakeEngine, FakeShard } from '../testing/fake-engine.js';
import type { Channel } from './channel.js';
import type { ChannelCounts } from './channel-counts.js';
import { ChannelDestinations } from './channel-destinations.js';
import { ChannelObserver } from './channel-observer.js';
import { ChannelSegments } from './channel-segments.js';
import type { PacketSender } from './packet-sender.js';

const timings = { tcp: 1, handshake: 1, connect: 1, createStream: 1, publish: 1 };
const lost = toErrorData(new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'lost'));
const other = toErrorData(new CloudPushError('ERR_CLOUDPUSH_INTERNAL', 'other'));

class Fixture {
  readonly engine = new FakeEngine();
  readonly told: string[] = [];
  readonly sender = { isRelievable: false, command: () => {} };
  readonly finished: number[] = [];
  readonly destinations: ChannelDestinations;
  /** Called for each event, as a listener of the channel is. */
  onEvent: () => void = () => {};

  constructor() {
    const channel = {
      emit: (name: string) => {
        this.told.push(name);
        this.onEvent();
      },
    } as unknown as Channel;
    const observer = new ChannelObserver(channel);
    this.destinations = new ChannelDestinations({
      observer,
      services: this.engine,
      placement: { shard: new FakeShard().handle, channel: 0 },
      sender: this.sender as unknown as PacketSender,
      segments: new ChannelSegments(observer, 'open'),
      counts: {
        addFinished: ({ reconnects }: { reconnects: number }) => void this.finished.push(reconnects),
      } as unknown as ChannelCounts,
      waiters: new Waiters(),
    });
  }

  attach(options: Partial<DestinationOptions> = {}): number {
    const url = 'rtmp://media.example/live/camera';
    const slot = this.engine.slots.take();
    const plan = planDestination(
      { url, reconnect: true, ...options } as DestinationOptions,
      { maxPacket: 1000 },
      false,
    );
    this.destinations.attach(slot, plan);
    return slot.number;
  }
}

test('reports on a destination that is over are no news', () => {
  const { destinations, told, engine } = new Fixture();
  const number = 3;
  destinations.onConnected(number, timings);
  destinations.onDisconnected(number, lost, 0, true);
  destinations.onMoved(number, timings);
  destinations.onCommand(number, 'onLiveOpen', []);
  destinations.onDetached(number, lost);
  expect([told, destinations.everPublished, engine.slots.taken]).toEqual([[], false, 0]);
});

test('the number of a destination that ends is free, its counts are kept, and the first failure is the channel’s', () => {
  const fixture = new Fixture();
  const { destinations, engine, finished } = fixture;
  const [first, second, third] = [fixture.attach(), fixture.attach(), fixture.attach()];
  destinations.onConnected(first, timings);
  destinations.onConnected(first, timings);
  destinations.onDetached(first, lost);
  destinations.onDetached(first, other);
  expect([engine.slots.taken, finished, destinations.clean]).toEqual([2, [1], false]);
  destinations.onDetached(second, other);
  destinations.onChannelClosing();
  destinations.onDetached(third, undefined);
  expect([destinations.failure?.code, destinations.clean, destinations.all]).toEqual([lost.code, false, []]);
});

test('how somebody who looks on ends is no part of how the channel does', () => {
  const fixture = new Fixture();
  const { destinations } = fixture;
  const [server, looker] = [fixture.attach(), fixture.attach({ observer: true })];
  destinations.onDetached(looker, other);
  // Its number is another destination's now, and that one counts.
  const next = fixture.attach();
  destinations.onChannelClosing();
  destinations.onDetached(server, undefined);
  expect([destinations.failure, destinations.clean]).toEqual([undefined, true]);
  destinations.onDetached(next, lost);
  expect([next, destinations.failure?.code, destinations.clean]).toEqual([looker, lost.code, false]);
});

test('a listener that throws finds everything done: the destination publishes, and whoever waits is woken', async () => {
  const fixture = new Fixture();
  const number = fixture.attach();
  const connected = fixture.destinations.all[0]!.connected();
  fixture.onEvent = () => {
    throw new Error('listener');
  };
  expect(() => fixture.destinations.onConnected(number, timings)).toThrow('listener');
  await connected;
  expect([fixture.destinations.everPublished, fixture.destinations.isPublishing]).toEqual([true, true]);
});

test('a channel can give room back if it has several destinations, or one that drops', () => {
  const fixture = new Fixture();
  const first = fixture.attach();
  expect(fixture.sender.isRelievable).toBe(false);
  const second = fixture.attach();
  expect(fixture.sender.isRelievable).toBe(true);
  fixture.destinations.onDetached(second, undefined);
  expect(fixture.sender.isRelievable).toBe(false);
  fixture.attach({ overflow: 'drop' });
  fixture.destinations.onDetached(first, undefined);
  expect(fixture.sender.isRelievable).toBe(true);
});

test('of destinations whose shard is gone, those that do not go on end with the error, or their own last loss', () => {
  const fixture = new Fixture();
  const { destinations } = fixture;
  fixture.attach();
  const ending = fixture.attach();
  destinations.onDisconnected(ending, lost, 100, true);
  const [first, second] = destinations.all;
  const goOn = (controller: { destination: unknown }) =>
    controller.destination === first ? { loss: undefined } : undefined;
  expect([...destinations.onShardGone(goOn, undefined).values()]).toEqual([{ loss: undefined }]);
  expect([second!.report?.error?.code, destinations.all]).toEqual([lost.code, [first]]);
  expect([...destinations.onShardGone(() => undefined, other).values()]).toEqual([]);
  expect(first!.report?.error?.code).toBe(other.code);
});

test('connections that were lost with a shard are told of when the engine has looked after all channels', async () => {
  const fixture = new Fixture();
  const number = fixture.attach();
  fixture.destinations.onConnected(number, timings);
  const going = fixture.destinations.onShardGone((controller) => controller.onShardDied(lost), lost);
  fixture.destinations.onMigrated(going);
  fixture.destinations.tellLost(going);
  expect(fixture.told).toEqual(['connect']);
  await nextTurn();
  expect(fixture.told).toEqual(['connect', 'disconnect']);
});
