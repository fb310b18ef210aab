import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../support/process.js';

const script = fileURLToPath(new URL('../../.ci/setup.mjs', import.meta.url));

test('set-up does nothing, and says nothing, when nothing has changed', { timeout: 60_000 }, async () => {
  const first = await run(process.execPath, [script]);
  expect(first.code).toBe(0);
  const second = await run(process.execPath, [script]);
  expect([second.code, second.stdout, second.stderr]).toEqual([0, '', '']);
});
