import { expect, test } from 'vitest';
import { redact } from './known-secrets.js';
import { bareUrl, withoutUrlSecrets } from './urls.js';

// A server's description may be as long as a command, 256 KiB, and comes as often as it likes.
const long = (part: string): string => part.repeat(Math.ceil(262_144 / part.length));

test('a description of slashes without end holds nothing up', () => {
  for (const part of ['/', '//', '//a@/', '?', '@', ' //'])
    expect(redact(long(part), ['s3cret', 'a']).length).toBeGreaterThan(0);
}, 10_000);

test('a text that looks like the beginning of a URL without end holds nothing up', () => {
  for (const part of ['a-', 'a', 'rtmp:', '://', 'a:', 'rtmp:/'])
    expect(withoutUrlSecrets(long(part)).length).toBeGreaterThan(0);
  for (const part of ['.', '?', '#', 'a@', '/'])
    expect(withoutUrlSecrets(`rtmp:/${long(part)}?${long(part)}x`).length).toBeGreaterThan(0);
}, 10_000);

test('user info and queries go from a text, wherever in a word they begin', () => {
  expect(redact('a//b@c@d e//f g@h// //@', [])).toBe('a//…@d e//f g@h// //…@');
  expect(withoutUrlSecrets('-rtmp://u:p@h/a?k=1.')).toBe('-rtmp://h/a.');
  expect(withoutUrlSecrets('1http://u:p@h/a#k, next')).toBe('1http://h/a, next');
  expect(bareUrl('rtmp://h/a?..a..')).toBe('rtmp://h/a..');
  expect(bareUrl('rtmp://h/a?')).toBe('rtmp://h/a');
});
