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

test('a number sign is a part of what a push URL publishes, and begins a fragment anywhere else', () => {
  expect(withoutUrlSecrets('to rtmp://h/live/a#b-1, and on')).toBe('to rtmp://h/live/a#b-1, and on');
  expect(withoutUrlSecrets('RTMPS://u:p@h/live/a#b?k=1#2.')).toBe('RTMPS://h/live/a#b.');
  expect(withoutUrlSecrets('rtmp://u:p#q@h/live/a#b?k=1')).toBe('rtmp://h/live/a#b');
  expect(withoutUrlSecrets('rtmp://u:p#q/r@h/live/a')).toBe('rtmp://h/live/a');
  expect(bareUrl('https://h/a#k?x')).toBe('https://h/a');
  expect(bareUrl('rtsp://h/a#k?x')).toBe('rtsp://h/a');
});
