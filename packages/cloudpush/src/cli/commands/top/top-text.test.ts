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
