import { expect, test } from 'vitest';
import { sampleChannel, sampleDestination, sampleState } from '../../../gateway/http/testing/sample-state.js';
import type { ChannelState, GatewayState } from '../../../gateway/state.js';
import { GatewayView } from './gateway-view.js';
import { topRows } from './top-rows.js';
import { topText } from './top-text.js';

function snapshotOf(channels: readonly ChannelState[], changes: Partial<GatewayState> = {}): string {
  const byName = (list: readonly { name: string }[]) =>
    Object.fromEntries(list.map((value) => [value.name, value]));
  const streamed = channels.map((channel) => ({ ...channel, destinations: byName(channel.destinations) }));
  return JSON.stringify({ ...sampleState([]), ...changes, channels: byName(streamed), recent: [] });
}

function viewOf(channels: readonly ChannelState[], changes?: Partial<GatewayState>): GatewayView {
  const view = new GatewayView();
  view.take({ event: 'snapshot', data: snapshotOf(channels, changes) });
  return view;
}

function delta(view: GatewayView, patch: unknown): void {
  view.take({ event: 'delta', data: JSON.stringify({ patch, events: [] }) });
}

const error = { code: 'ERR_CLOUDPUSH_X', message: 'connection\nrefused', at: 1 };

test('what is wrong stands first, the worst of it at the top', () => {
  const view = viewOf([
    sampleChannel('off', { state: 'disabled' }),
    sampleChannel('b-fine'),
    sampleChannel('a-fine'),
    sampleChannel('new', { state: 'starting' }),
    sampleChannel('limping', { state: 'degraded' }),
    sampleChannel('dead', { state: 'offline' }),
  ]);
  expect(topRows(view).map(({ name }) => name)).toEqual([
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
  expect(topRows(view).map(({ name, rates }) => [name, rates.dropsPerMinute])).toEqual([
    ['b', 600],
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

test('a channel that is removed is forgotten, and one that is added is shown', () => {
  const view = viewOf([sampleChannel('gate')]);
  const { destinations: _, ...door } = sampleChannel('door');
  delta(view, { channels: { gate: null, door: { ...door, destinations: {} } } });
  expect(topRows(view).map(({ name }) => name)).toEqual(['door']);
});

test('the text tells totals, troubles and errors', () => {
  const view = viewOf(
    [
      sampleChannel('gate'),
      sampleChannel('door', {
        state: 'offline',
        lastError: error,
        destinations: [sampleDestination({ state: 'retrying', nextRetryAt: sampleState([]).at + 7000 })],
      }),
    ],
    {
      configuration: {
        ...sampleState([]).configuration,
        lastReload: { at: 1, successful: false },
        faults: [{ path: 'channels', message: 'x' }],
        restartNeeded: ['engine.poolSize'],
      },
    },
  );
  const text = topText(view);
  expect(text).toContain('cloudpush 1.2.3 | 1 online, 1 offline |');
  expect(text).toContain('pool 25 %');
  expect(text).toContain('gateway.yaml is at fault (1): the configuration before it is in force');
  expect(text).toContain('a restart is needed for engine.poolSize');
  expect(text).toContain('door: connection refused (next attempt in 7s)');
  expect(text).toMatch(/door +│ offline +│ 1m/);
  expect(text.indexOf('│ door')).toBeLessThan(text.indexOf('│ gate'));
});

test('the text fits a screen, and says how many channels are left out', () => {
  const names = Array.from({ length: 500 }, (_, index) => `camera-${index}`);
  const view = viewOf(names.map((name) => sampleChannel(name, { state: 'offline', lastError: error })));
  const lines = topText(view, 120, 24).split('\n');
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines.at(-1)).toMatch(/^… and 49\d more$/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
});

test('before the first snapshot there is nothing to show', () => {
  const view = new GatewayView();
  delta(view, { at: 1 });
  expect(view.state).toBeUndefined();
  expect(topText(view)).toBe('waiting for the gateway');
});
