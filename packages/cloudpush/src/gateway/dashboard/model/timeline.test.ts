import { expect, test } from 'vitest';
import type { GatewayEvent } from '../../gateway-event.js';
import type { ChannelStatus } from '../../state.js';
import { TIMELINE_LENGTH, timelineOf } from './timeline.js';

const NOW = Date.UTC(2026, 0, 2, 12);
const HOUR = 3_600_000;

const event = (hoursAgo: number, state: ChannelStatus): GatewayEvent => ({
  id: 1,
  at: NOW - hoursAgo * HOUR,
  type: 'channelState',
  level: 'info',
  message: '',
  state,
});

const hours = (events: readonly GatewayEvent[], state: ChannelStatus, since: number) =>
  timelineOf({ events, state, since: NOW - since * HOUR, now: NOW }).map((part) => [
    (NOW - part.from) / HOUR,
    (NOW - part.to) / HOUR,
    part.state,
  ]);

test('changes of state become parts without gaps, up to now', () => {
  expect(hours([event(30, 'online'), event(10, 'offline'), event(9, 'online')], 'degraded', 2)).toEqual([
    [24, 10, 'online'],
    [10, 9, 'offline'],
    [9, 2, 'online'],
    [2, 0, 'degraded'],
  ]);
});

test('the line begins with the first event that was kept', () => {
  expect(hours([event(5, 'online')], 'offline', 1)).toEqual([
    [5, 1, 'online'],
    [1, 0, 'offline'],
  ]);
});

test('a state that is older than the line fills it', () => {
  expect(hours([], 'online', 100)).toEqual([[TIMELINE_LENGTH / HOUR, 0, 'online']]);
});

test('other events, and the one that tells the present state, add nothing', () => {
  const other = { ...event(3, 'online'), type: 'problem' as const };
  expect(hours([event(30, 'online'), other, event(2, 'offline')], 'offline', 2)).toEqual([
    [24, 2, 'online'],
    [2, 0, 'offline'],
  ]);
});
