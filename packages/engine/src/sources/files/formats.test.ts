import { expect, test } from 'vitest';
import { foreignContainer, formatByContent, formatByName } from './formats.js';

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

test.each([
  ['464c5601 05 00000009', 'flv'],
  ['00000001 67640028', 'h264'],
  ['000001 09f0 00000001 67640028', 'h264'],
  ['00000001 40010c01', 'h265'],
  ['fff15080 1b3ffc', 'aac'],
  ['fff95080 1b3ffc', 'aac'],
  ['fffb9064', 'mp3'],
  ['494433 0300 00000000000a fffb9064', 'mp3'],
  ['00000001 0910', undefined],
  ['6e6f7468 696e67', undefined],
  ['', undefined],
])('%s is %s', (hex, format) => {
  expect(formatByContent(bytes(hex))).toBe(format);
});

test.each([
  ['00000020 66747970 69736f6d', 'an MP4 or QuickTime file'],
  ['1a45dfa3 01000000', 'a Matroska or WebM file'],
  ['52494646 00000000 41564920', 'an AVI file'],
  [`47${'00'.repeat(187)}47`, 'an MPEG transport stream'],
  ['464c5601', undefined],
])('%s is named', (hex, name) => {
  expect(foreignContainer(bytes(hex))).toBe(name);
});

test('a name tells the form by its end, in capitals as well', () => {
  expect(['a.H264', 'b/c.hevc', 'd.flv', 'e.mp4', '-'].map(formatByName)).toEqual([
    ...['h264', 'h265', 'flv', undefined, undefined],
  ]);
});
