import { describe, expect, test } from 'vitest';
import { pattern } from '../testing/bytes.js';
import { bitsAbove, joinBits, lowestBits, signExtend } from './fields.js';
import {
  matchUint32,
  readTagTimestamp,
  readUint16,
  readUint24,
  readUint32,
  readUint32LittleEndian,
  writeUint24,
  writeUint32,
  writeUint32LittleEndian,
} from './uint.js';
import { wrappedDifference, wrapUint32 } from './wrap.js';

/** Numbers at which a sign bit or a carry shows. */
const NUMBERS = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xff_ffff, 0x100_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];

describe('unsigned integers', () => {
  test('are read as Buffer reads them, at every offset', () => {
    const bytes = pattern(64);
    for (let offset = 0; offset + 4 <= bytes.length; offset++) {
      expect(readUint16(bytes, offset)).toBe(bytes.readUInt16BE(offset));
      expect(readUint24(bytes, offset)).toBe(bytes.readUIntBE(offset, 3));
      expect(readUint32(bytes, offset)).toBe(bytes.readUInt32BE(offset));
      expect(readUint32LittleEndian(bytes, offset)).toBe(bytes.readUInt32LE(offset));
      expect(readTagTimestamp(bytes, offset)).toBe(
        bytes[offset + 3]! * 2 ** 24 + bytes.readUIntBE(offset, 3),
      );
    }
  });

  test.each(NUMBERS)('%i is written as Buffer writes it, and nothing beside it', (value) => {
    const ours = Buffer.alloc(12, 0xaa);
    const expected = Buffer.alloc(12, 0xaa);
    expect(writeUint24(ours, 1, value)).toBe(4);
    expected.writeUIntBE(value % 2 ** 24, 1, 3);
    expect(writeUint32(ours, 4, value)).toBe(8);
    expected.writeUInt32BE(value, 4);
    expect(ours).toEqual(expected);
    expect(writeUint32LittleEndian(ours, 4, value)).toBe(8);
    expected.writeUInt32LE(value, 4);
    expect(ours).toEqual(expected);
  });

  test('are matched where they stand, not where one byte differs, and not yet where bytes are missing', () => {
    const bytes = Buffer.from('00deadbeef', 'hex');
    expect(matchUint32(bytes, 1, 5, 0xdeadbeef)).toBe(4);
    for (let end = 1; end < 5; end++) expect(matchUint32(bytes, 1, end, 0xdeadbeef)).toBe(-1);
    for (const other of [0xdeadbeee, 0xdeadbfef, 0xdeacbeef, 0xdfadbeef])
      expect(matchUint32(bytes, 1, 5, other)).toBe(0);
  });
});

describe('bit fields', () => {
  test('of every byte come apart and together again at every place', () => {
    for (let byte = 0; byte < 256; byte++) {
      for (let count = 1; count < 8; count++) {
        const upper = bitsAbove(byte, count);
        expect(upper).toBe(Math.floor(byte / 2 ** count));
        expect(joinBits(upper, lowestBits(byte, count), count)).toBe(byte);
      }
    }
  });

  test('with a sign are negative from half of their range on', () => {
    expect(signExtend(0x0fff_ffff, 29)).toBe(0x0fff_ffff);
    expect(signExtend(0x1000_0000, 29)).toBe(-0x1000_0000);
    expect(signExtend(0x1fff_ffff, 29)).toBe(-1);
    expect(signExtend(0x80, 8)).toBe(-128);
  });
});

describe('counters that wrap at 2^32', () => {
  test('go on from 0', () => {
    expect(wrapUint32(0xffff_ffff + 41)).toBe(40);
    expect(wrapUint32(1234.9)).toBe(1234);
  });

  test('are ahead and behind across the wrap', () => {
    expect(wrappedDifference(40, 0xffff_fff0)).toBe(56);
    expect(wrappedDifference(0xffff_fff0, 40)).toBe(-56);
    expect(wrappedDifference(5, 5)).toBe(0);
  });
});
