import { expect, test } from 'vitest';
import { readStamp, stampUnit } from './stamp.js';

test.each(['h264', 'h265'] as const)(
  'a stamp of %s is read to the microsecond, wherever it stands',
  (codec) => {
    for (const ms of [0, 0.001, 12_345.678, 2 ** 40]) {
      const unit = stampUnit(codec, ms);
      expect(readStamp(unit)).toBe(ms);
      expect(readStamp(Uint8Array.of(0x17, 1, 0, 0, 0, 0, 0, 0, unit.length, ...unit, 0x65, 0x88))).toBe(ms);
    }
  },
);

test('nothing in a stamp looks like a start code', () => {
  for (const codec of ['h264', 'h265'] as const) {
    const text = Buffer.from(stampUnit(codec, 2 ** 30)).toString('hex');
    expect(text).not.toMatch(/^(..)*0000/);
  }
});

test('a picture without a stamp, or with a damaged one, has none', () => {
  expect(readStamp(Uint8Array.of(0x17, 1, 0, 0, 0))).toBeUndefined();
  const unit = stampUnit('h264', 5);
  unit[unit.length - 2] = 0x7a;
  expect(readStamp(unit)).toBeUndefined();
  expect(readStamp(unit.subarray(0, unit.length - 5))).toBeUndefined();
});
