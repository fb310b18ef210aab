import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { EARLY_OPTIMIZATION } from './early-optimization.js';

test('the flag that has code optimized early is one that this V8 knows', () => {
  const { status, stderr } = spawnSync(process.execPath, [EARLY_OPTIMIZATION, '-e', '0'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});
