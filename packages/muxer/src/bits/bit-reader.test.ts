import { expect, test } from 'vitest';
import { BitReader } from './bit-reader.js';

function reader(bits: string): BitReader {
  const padded = bits.replaceAll(' ', '').padEnd(Math.ceil(bits.length / 8) * 8, '0');
  const bytes = padded.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2));
  return new BitReader(Uint8Array.from(bytes));
}

// ISO/IEC 14496-10 Table 9-2 and 9-3.
test.each([
  ['1', 0, 0],
  ['010', 1, 1],
  ['011', 2, -1],
  ['00100', 3, 2],
  ['00101', 4, -2],
  ['00111', 6, -3],
  ['0001000', 7, 4],
  ['0001010', 9, 5],
])('reads the Exp-Golomb code %s', (bits, unsigned, signed) => {
  expect(reader(bits).ue()).toBe(unsigned);
  expect(reader(bits).se()).toBe(signed);
});

test('reads the longest code, 2^32 − 2', () => {
  const longest = reader(`${'0'.repeat(31)}1${'1'.repeat(31)}`);
  expect(longest.ue()).toBe(2 ** 32 - 2);
  expect(longest.overrun).toBe(false);
});

test('refuses a code of more than 32 leading zeros as not there', () => {
  const endless = reader('0'.repeat(80));
  expect(endless.ue()).toBe(0);
  expect(endless.overrun).toBe(true);
});

test('reads 32 bits without a sign', () => {
  expect(reader('1'.repeat(32)).bits(32)).toBe(2 ** 32 - 1);
});

test('gives zeros past the end and says so', () => {
  const short = reader('10000001');
  expect(short.bits(8)).toBe(0x81);
  expect(short.overrun).toBe(false);
  expect(short.bits(3)).toBe(0);
  expect(short.overrun).toBe(true);
});

test('finds the stop bit behind the last data bit', () => {
  const rbsp = reader('10110000 00000000');
  expect(rbsp.moreRbspData()).toBe(true);
  rbsp.skip(3);
  expect(rbsp.moreRbspData()).toBe(false);
});
