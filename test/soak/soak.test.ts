// A short soak: the long ones are `npm run soak -- --duration 10m`.

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../support/process.js';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 15);
const CHANNELS = 60;

test('channels behind faulty networks account for every packet, come back, and nothing grows', {
  timeout: 600_000,
}, async () => {
  const program = fileURLToPath(new URL('run.mjs', import.meta.url));
  const options = ['--duration', `${SECONDS}s`, '--channels', String(CHANNELS), '--seed', '1', '--json'];
  const { stdout, stderr, code } = await run(process.execPath, [program, ...options], { timeoutMs: 500_000 });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  const { packets, injected, faults } = JSON.parse(stdout);
  expect(faults).toEqual([]);
  expect(packets).toMatchObject({ unaccounted: 0 });
  expect(packets.arrived).toBeGreaterThan(CHANNELS);
  expect(Object.keys(injected).length).toBeGreaterThanOrEqual(8);
});
