import { expect, test } from 'vitest';
import { suggestion } from './suggestion.js';

test.each([
  ['tpc', ['tcp', 'udp', 'auto'], 'tcp'],
  ['stalTimeout', ['stallTimeout', 'connectTimeout'], 'stallTimeout'],
  ['URL', ['url', 'file'], 'url'],
  ['loud', ['auto', 'copy', 'none'], undefined],
  ['x', ['tcp'], undefined],
])('for %s of %j it is %s', (given, permitted, expected) =>
  expect(suggestion(given, permitted)).toBe(expected),
);
