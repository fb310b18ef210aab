import { expect, test } from 'vitest';
import { entityTag, parseEntityTags } from './entity-tag.js';

test.each([
  ['*', '*'],
  [' * ', '*'],
  ['"a"', ['a']],
  ['"a", "b"', ['a', 'b']],
  [',"a",,"b",', ['a', 'b']],
  ['W/"a"', []],
  ['W/"a", "b"', ['b']],
  ['""', ['']],
])('reads %s', (header, tags) => {
  expect(parseEntityTags('If-Match', header)).toEqual(tags);
});

test('reads what it writes, and nothing of no header', () => {
  expect(parseEntityTags('If-Match', entityTag('a1'))).toEqual(['a1']);
  expect(parseEntityTags('If-Match', undefined)).toBeUndefined();
});

test.each(['a1', '', '"a', 'a"b"', '"a" b', '*, "a"'])('refuses %s', (header) => {
  expect(() => parseEntityTags('If-Match', header)).toThrow('If-Match must be * or entity tags');
});

test('takes linear time over a hostile header', () => {
  const header = `${'"a"  ,  '.repeat(2000)}x`;
  const started = performance.now();
  expect(() => parseEntityTags('If-Match', header)).toThrow();
  expect(performance.now() - started).toBeLessThan(100);
});
