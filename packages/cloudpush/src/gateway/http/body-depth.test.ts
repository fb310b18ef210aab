import { expect, test } from 'vitest';
import { checkDepth } from './body-depth.js';

function nested(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels));
}

test('16 levels pass, 17 do not, and a hundred thousand are found out at once', () => {
  expect(() => checkDepth(nested(16))).not.toThrow();
  expect(() => checkDepth(nested(17))).toThrow('nested more than 16 levels');
  expect(() => checkDepth(nested(100_000))).toThrow('nested more than 16 levels');
  expect(() => checkDepth({ a: [1, 'x', null, undefined] })).not.toThrow();
});
