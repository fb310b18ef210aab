import { expect, test } from 'vitest';
import { sampleChannel, sampleDestination, sampleState } from '../../../gateway/http/testing/sample-state.js';
import { GatewayView } from '../../../gateway/view/gateway-view.js';
import { delta, viewOf } from '../../../gateway/view/testing/sample-view.js';
import { topText } from './top-text.js';

const error = { code: 'ERR_CLOUDPUSH_X', message: 'connection\nrefused', at: 1 };

test('the text tells totals, troubles and errors', () => {
  const view = viewOf(
    [
      sampleChannel('gate'),
      sampleChannel('door', {
        state: 'offline',
        destinations: [
          sampleDestination({ state: 'retrying', lastError: error, nextRetryAt: sampleState([]).at + 7000 }),
        ],
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

const failed = { ...sampleChannel('any').source, state: 'failed' as const, lastError: error };

test('the text fits a screen, and says how many channels are left out', () => {
  const names = Array.from({ length: 500 }, (_, index) => `camera-${index}`);
  const view = viewOf(names.map((name) => sampleChannel(name, { state: 'offline', source: failed })));
  const lines = topText(view, 120, 24).split('\n');
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines.at(-1)).toMatch(/^… and 49\d more$/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
});

const DESTINATIONS = [sampleDestination({ name: 'archive' }), sampleDestination({ name: 'youtube' })];

test.each([
  [80, 24],
  [40, 12],
  [20, 10],
  [20, 5],
  [200, 3],
])(
  'a screen of %i characters and %i lines begins with the totals, and nothing is wrapped',
  (columns, rows) => {
    const names = Array.from({ length: 14 }, (_, index) => `entrance-camera-${index}`);
    const channels = names.map((name) => sampleChannel(name, { destinations: DESTINATIONS }));
    const view = viewOf([sampleChannel('door', { state: 'offline', source: failed }), ...channels]);
    const lines = topText(view, columns, rows).split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines[0]).toContain('14 online');
    expect(lines.some((line) => /│door/.test(line.replaceAll(' ', '')))).toBe(rows > 4);
    const shown = lines.filter((line) => /era-\d/.test(line));
    if (rows === 24) expect(shown).toHaveLength(14);
  },
);

test('a narrow screen loses the least important totals and columns first', () => {
  const text = topText(viewOf([sampleChannel('gate')]), 60);
  expect(text.split('\n')[0]).toMatch(/^1 online \| [\d.]+ Mbit\/s out \| 0 drops\/\d+s \| pool 25 %$/);
  expect(text).toContain('destinations');
  expect(text).not.toContain('reconnects');
});

test('before the first snapshot it waits', () => {
  expect(topText(new GatewayView())).toBe('waiting for the gateway');
});

test('the name of the column says how long drops have been counted', () => {
  const view = viewOf([sampleChannel('gate')]);
  const { at } = view.state!;
  delta(view, { at: at + 2000 });
  expect(topText(view)).toMatch(/ 0 drops\/2s \|[\s\S]*│ drops\/2s +│/);
  for (const second of [30, 59, 60]) delta(view, { at: at + second * 1000 });
  expect(topText(view)).toMatch(/ 0 drops\/min \|[\s\S]*│ drops\/min +│/);
});
