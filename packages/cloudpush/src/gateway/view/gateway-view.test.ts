import { expect, test } from 'vitest';
import { sampleChannel, sampleDestination } from '../http/testing/sample-state.js';
import { channelRows } from './channel-rows.js';
import { GatewayView } from './gateway-view.js';
import { delta, viewOf } from './testing/sample-view.js';

test('what is wrong stands first, the worst of it at the top', () => {
  const view = viewOf([
    sampleChannel('off', { state: 'disabled' }),
    sampleChannel('b-fine'),
    sampleChannel('a-fine'),
    sampleChannel('new', { state: 'starting' }),
    sampleChannel('limping', { state: 'degraded' }),
    sampleChannel('dead', { state: 'offline' }),
  ]);
  expect(channelRows(view).map(({ name }) => name)).toEqual([
    'dead',
    'limping',
    'new',
    'a-fine',
    'b-fine',
    'off',
  ]);
});

test('among equals, who drops more stands first', () => {
  const view = viewOf([sampleChannel('a'), sampleChannel('b')]);
  const { at } = view.state!;
  delta(view, {
    at: at + 1000,
    channels: { b: { destinations: { cloud: { counters: { droppedAudio: 19 } } } } },
  });
  expect(channelRows(view).map(({ name, rates }) => [name, rates.dropsPerMinute])).toEqual([
    ['b', 10],
    ['a', 0],
  ]);
});

test('rates come of the counters over the last ten seconds', () => {
  const view = viewOf([sampleChannel('gate')]);
  const { at, channels } = view.state!;
  const { bytesReceived, videoFrames } = channels['gate']!.source.counters;
  const patch = (seconds: number, factor: number) => ({
    at: at + seconds * 1000,
    channels: {
      gate: {
        source: {
          counters: { bytesReceived: bytesReceived + factor * 1000, videoFrames: videoFrames + factor * 25 },
        },
      },
    },
  });
  expect(view.ratesOf(view.state!.channels['gate']!)).toMatchObject({ bitRateIn: 0, frameRate: 0 });
  delta(view, patch(1, 1));
  expect(view.ratesOf(view.state!.channels['gate']!)).toMatchObject({
    bitRateIn: 8000,
    bitRateOut: 2_000_000,
    frameRate: 25,
  });
  for (let second = 2; second <= 30; second++) delta(view, patch(second, 1));
  expect(view.ratesOf(view.state!.channels['gate']!)).toMatchObject({ bitRateIn: 0, frameRate: 0 });
});

test('drops are counted over the last minute, and what came in a second is not multiplied', () => {
  const view = viewOf([sampleChannel('gate')]);
  const { at, channels } = view.state!;
  const { droppedPictures } = channels['gate']!.destinations['cloud']!.counters;
  const drop = (second: number, drops: number) =>
    delta(view, {
      at: at + second * 1000,
      channels: {
        gate: { destinations: { cloud: { counters: { droppedPictures: droppedPictures + drops } } } },
      },
    });
  const drops = () => view.ratesOf(view.state!.channels['gate']!).dropsPerMinute;
  expect([drops(), view.dropsWindow]).toEqual([0, 0]);
  drop(1, 7);
  expect([drops(), view.dropsWindow]).toEqual([7, 1000]);
  for (let second = 2; second <= 60; second++) drop(second, 7);
  expect([drops(), view.dropsWindow]).toEqual([7, 60_000]);
  drop(61, 9);
  expect([drops(), view.dropsWindow]).toEqual([2, 60_000]);
});

test('a channel that is removed is forgotten, and one that is added is shown', () => {
  const view = viewOf([sampleChannel('gate')]);
  const { destinations: _, ...door } = sampleChannel('door');
  delta(view, { channels: { gate: null, door: { ...door, destinations: {} } } });
  expect(channelRows(view).map(({ name }) => name)).toEqual(['door']);
});

test('before the first snapshot there is nothing to show', () => {
  const view = new GatewayView();
  delta(view, { at: 1 });
  expect(view.state).toBeUndefined();
});

test('a row tells the error that keeps a channel from being well, not one that is over', () => {
  const old = { code: 'ERR_CLOUDPUSH_OLD', message: 'over since yesterday', at: 9 };
  const present = { code: 'ERR_CLOUDPUSH_NEW', message: 'refused', at: 5 };
  const { source } = sampleChannel('any');
  const channel = sampleChannel('gate', {
    state: 'degraded',
    lastError: old,
    source: { ...source, lastError: old },
    destinations: [sampleDestination({ state: 'refused', lastError: present })],
  });
  expect(channelRows(viewOf([channel])).map(({ error }) => error)).toEqual([present]);
  const slow = { ...channel, destinations: [sampleDestination({ state: 'paused' })] };
  expect(channelRows(viewOf([slow])).map(({ error }) => error)).toEqual([undefined]);
});

test('a row tells how far behind a destination is with what lies on disk, and when it will have caught up', () => {
  const spool = { behindMs: 240_000, bytes: 1000, gaps: 1, backfillRate: 0, isOff: false };
  const catchingUp = { ...spool, backfillRate: 9, doneInMs: 180_000 };
  const shown = [spool, catchingUp, { ...spool, behindMs: 0 }, undefined].map((one) => {
    const destination = sampleDestination({ state: 'backfilling', spool: one });
    return channelRows(viewOf([sampleChannel('gate', { destinations: [destination] })]))[0]!.destinations;
  });
  expect(shown).toEqual([
    ['cloud backfilling, behind by 4m'],
    ['cloud backfilling, behind by 4m, catching up, done in 3m'],
    ['cloud backfilling'],
    ['cloud backfilling'],
  ]);
});
