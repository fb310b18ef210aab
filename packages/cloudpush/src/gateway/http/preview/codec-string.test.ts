import { expect, test } from 'vitest';
import { codecString } from './codec-string.js';

const bytes = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('H.264 is told by profile, constraints and level', () => {
  const [pps, sps] = [bytes('68 eb e3 cb'), bytes('67 64 00 1f ac d9 40')];
  expect(codecString('h264', [pps, sps])).toBe('avc1.64001F');
  expect(codecString('h264', [pps])).toBeUndefined();
});

test('H.265 is told by profile, compatibility, tier, level and constraints, without what keeps start codes apart', () => {
  const vps = bytes('40 01 0c 01 ff ff 01 60 00 00 03 00 b0 00 00 03 00 00 03 00 5d');
  const main = bytes('42 01 01 01 60 00 00 03 00 b0 00 00 03 00 00 03 00 5d a0 02 80 80 2d');
  expect(codecString('h265', [vps, main])).toBe('hvc1.1.6.L93.B0');
  const highTierMain10 = bytes('42 01 01 22 20 00 00 03 00 90 00 00 03 00 00 03 00 99 a0 02 80 80 2d');
  expect(codecString('h265', [highTierMain10])).toBe('hvc1.2.4.H153.90');
  expect(codecString('h265', [vps])).toBeUndefined();
});
