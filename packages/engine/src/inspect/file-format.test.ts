import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { detectFormat } from './file-format.js';

const fixture = (name: string) => readFileSync(new URL(`../../../../test/fixtures/${name}`, import.meta.url));

test.each([
  ['plain.flv', 'flv'],
  ['plain.h264', 'h264'],
  ['short-start-codes.h264', 'h264'],
  ['plain.h265', 'h265'],
  ['stereo-48k.aac', 'aac'],
  ['mono-16k.aac', 'aac'],
  ['stereo-44k.mp3', 'mp3'],
  ['mono-22k.mp3', 'mp3'],
])('%s is known by its contents, whatever its name says', (name, format) => {
  expect(detectFormat(fixture(name), 'recording.bin')).toBe(format);
  expect(detectFormat(fixture(name), 'liar.h265')).toBe(format);
});

test('the name decides where the contents leave a choice', () => {
  const slice = Buffer.from('000001419a236c457fbc7c', 'hex');
  expect(detectFormat(slice, 'a.h264')).toBe('h264');
  expect(detectFormat(slice, 'a.HEVC')).toBe('h265');
  const tag = Buffer.concat([
    Buffer.from('ID3\u0004\0\0\u007f\u007f\u007f\u007f', 'latin1'),
    Buffer.alloc(500),
  ]);
  expect(detectFormat(tag, 'a.aac')).toBe('aac');
  expect(detectFormat(tag, 'a')).toBe('mp3');
});

test.each([
  ['text', Buffer.from('no media, only words. '.repeat(100))],
  ['an MP4 file', Buffer.from('00000020667479706d703432', 'hex')],
  ['zeros', Buffer.alloc(4096)],
  ['noise', Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * i * 31 + i) & 255))],
  ['one byte', Buffer.of(0xff)],
])('%s is none', (_, bytes) => {
  expect(detectFormat(bytes, 'movie.mp4')).toBeUndefined();
});
