import { expect, test } from 'vitest';
import { CloudPushError } from '../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../options/destination-config.js';
import type { ChannelConfig, PendingReconnect } from '../protocol/stream.js';
import { Announcements, inconsistency } from './announcements.js';

const channelConfig = { label: 'camera' } as unknown as ChannelConfig;
const config = { overflow: 'drop' } as unknown as DestinationConfig;
const loss = { attempt: 3 } as unknown as PendingReconnect;
const target = { url: 'rtmp://host/app/other' } as unknown as ShardTarget;
const reason = new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', 'closed');

function withDestinations(
  ...places: readonly (readonly [destination: number, channel: number])[]
): Announcements {
  const announcements = new Announcements();
  for (const [destination, channel] of places)
    announcements.announceDestination(destination, { channel, config, loss: undefined });
  return announcements;
}

test('a channel is taken once, as it was announced', () => {
  const announcements = new Announcements();
  announcements.announce(3, { config: channelConfig, resume: undefined });
  expect([announcements.has(3), announcements.has(4)]).toEqual([true, false]);
  expect(announcements.take(3)).toEqual({ config: channelConfig, resume: undefined });
  expect(announcements.has(3)).toBe(false);
  expect(() => announcements.take(3)).toThrow('channel 3 was opened without a configuration');
});

test('a destination is taken once, as it was announced, and for its own channel only', () => {
  const announcements = new Announcements();
  announcements.announceDestination(7, { channel: 3, config, loss });
  expect(() => announcements.takeDestination(7, 4)).toThrow(
    'destination 7 has no configuration for channel 4',
  );
  expect(announcements.takeDestination(7, 3)).toEqual({
    channel: 3,
    config,
    loss,
    abortedBy: undefined,
    movedTo: undefined,
  });
  expect(() => announcements.takeDestination(7, 3)).toThrow(/destination 7/);
});

test('whether a destination of a channel is on its way is known until it is taken', () => {
  const announcements = withDestinations([7, 3]);
  expect([announcements.hasDestinationOf(3), announcements.hasDestinationOf(4)]).toEqual([true, false]);
  announcements.takeDestination(7, 3);
  expect(announcements.hasDestinationOf(3)).toBe(false);
});

test('all destinations of a channel are told to end before they begin, or one of them, and none of another channel', () => {
  const places = [
    [7, 3],
    [8, 3],
    [9, 4],
  ] as const;
  const reasons = (announcements: Announcements) =>
    places.map(([destination, channel]) => announcements.takeDestination(destination, channel).abortedBy);
  const all = withDestinations(...places);
  all.abort(3, undefined, reason);
  expect(reasons(all)).toEqual([reason, reason, undefined]);
  const one = withDestinations(...places);
  one.abort(3, 8, reason);
  one.abort(3, 9, reason);
  expect(reasons(one)).toEqual([undefined, reason, undefined]);
});

test('a destination is led elsewhere before it begins, and keeps all else', () => {
  const announcements = withDestinations([7, 3], [8, 3]);
  announcements.abort(3, 7, reason);
  expect([announcements.move(7, target), announcements.move(9, target)]).toEqual([true, false]);
  expect(announcements.takeDestination(7, 3)).toMatchObject({ config, abortedBy: reason, movedTo: target });
  expect(announcements.takeDestination(8, 3).movedTo).toBeUndefined();
});

test('of a channel that is over nothing is left, and all of the others', () => {
  const announcements = withDestinations([7, 3], [8, 4]);
  announcements.announce(3, { config: channelConfig, resume: undefined });
  announcements.announce(4, { config: channelConfig, resume: undefined });
  announcements.forget(3);
  expect([announcements.has(3), announcements.hasDestinationOf(3)]).toEqual([false, false]);
  expect([announcements.has(4), announcements.hasDestinationOf(4)]).toEqual([true, true]);
});

test('what the sides of a shard do not agree on is a fault of the library, and says so', () => {
  expect(inconsistency('two of one')).toMatchObject({
    code: 'ERR_CLOUDPUSH_INTERNAL',
    message: 'internal error: two of one',
  });
});

test('a channel is told to end before it begins, and not with one of its destinations, or another channel', () => {
  const announcements = new Announcements();
  for (const channel of [3, 4]) announcements.announce(channel, { config: channelConfig, resume: undefined });
  announcements.abort(3, 7, reason);
  announcements.abort(4, undefined, reason);
  announcements.abort(5, undefined, reason);
  expect([3, 4].map((channel) => announcements.take(channel).abortedBy)).toEqual([undefined, reason]);
  expect(announcements.has(5)).toBe(false);
});
