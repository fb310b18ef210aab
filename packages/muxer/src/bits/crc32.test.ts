import { crc32 as zlibCrc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { crc32 } from './crc32.js';

test('the check value is that of the catalogues, and every other one that of zlib', () => {
  expect(crc32(Buffer.from('123456789'), 9)).toBe(0xcbf43926);
  expect(crc32(Buffer.from('123456789 and more'), 9)).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0), 0)).toBe(0);
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i * 7);
  for (let size = 0; size <= bytes.length; size++) {
    expect(crc32(bytes, size)).toBe(zlibCrc32(bytes.subarray(0, size)));
  }
});
