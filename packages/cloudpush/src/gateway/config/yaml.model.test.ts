import { expect, test } from 'vitest';
import { readYaml } from './yaml.js';

test('a hundred thousand keys are read in the time that their number takes', () => {
  const text = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1\n`).join('');
  expect(readYaml(text).errors).toEqual([]);
}, 30_000);
