import { expect, test } from 'vitest';
import { decodeG711 } from './g711.js';

const decoded = (law: 'g711a' | 'g711u', ...bytes: number[]): number[] => [
  ...decodeG711(law, Uint8Array.from(bytes)),
];

// ITU-T G.711, tables 1a and 1b: decision values 1, 2, 32, 33, 48 and 128 of A-law, times 16.
test('A-law has the values of the recommendation, on both sides', () => {
  expect(decoded('g711a', 0xd5, 0xd4, 0xda, 0xc5, 0xf5, 0xaa)).toEqual([8, 24, 248, 264, 528, 32_256]);
  expect(decoded('g711a', 0x55, 0x54, 0x5a, 0x45, 0x75, 0x2a)).toEqual([-8, -24, -248, -264, -528, -32_256]);
});

// ITU-T G.711, tables 2a and 2b: values 0, 1, 16 and 127 of µ-law, times 4.
test('µ-law has the values of the recommendation, on both sides', () => {
  expect(decoded('g711u', 0xff, 0xfe, 0xef, 0x80)).toEqual([0, 8, 132, 32_124]);
  expect(decoded('g711u', 0x7f, 0x7e, 0x6f, 0x00)).toEqual([0, -8, -132, -32_124]);
});
