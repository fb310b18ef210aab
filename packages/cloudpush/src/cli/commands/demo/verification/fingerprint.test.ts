import { expect, test } from 'vitest';
import { fingerprint } from './fingerprint.js';

/** NAL units of an access unit: SPS, PPS, and two slices of an IDR picture. */
const SPS = [0x67, 0x64, 0x00, 0x1f];
const PPS = [0x68, 0xee, 0x3c, 0x80];
const SLICE_A = [0x65, 0x88, 0x84, 0x21];
const SLICE_B = [0x65, 0x40, 0x84, 0x22];

function h264(...bytes: number[][]): string {
  return fingerprint({ codec: 'h264', data: Uint8Array.from(bytes.flat()) });
}

test('start codes, parameter sets, delimiters, filler and trailing zeros do not count', () => {
  const long = [0, 0, 0, 1];
  const short = [0, 0, 1];
  const plain = h264(long, SLICE_A, long, SLICE_B);
  expect(h264(long, SPS, long, PPS, long, SLICE_A, short, SLICE_B)).toBe(plain);
  expect(h264(short, [0x09, 0xf0], short, SLICE_A, short, SLICE_B, [0, 0])).toBe(plain);
  expect(h264(short, SLICE_A, short, SLICE_B, short, [0x0c, 0xff, 0xff, 0x80])).toBe(plain);
  expect(h264(short, [0x00, 0x61], short, SLICE_A, short, short, SLICE_B, short, [0x1f, 0xff])).toBe(plain);
});

test('any changed byte of a slice, and any moved boundary, counts', () => {
  const code = [0, 0, 1];
  const plain = h264(code, SLICE_A, code, SLICE_B);
  expect(h264(code, SLICE_A, code, [0x65, 0x40, 0x84, 0x23])).not.toBe(plain);
  expect(h264(code, SLICE_B, code, SLICE_A)).not.toBe(plain);
  expect(h264(code, SLICE_A)).not.toBe(plain);
  expect(h264(code, [...SLICE_A, 0x65], code, SLICE_B.slice(1))).not.toBe(plain);
});

test('the parameter sets of H.265 do not count, its slices do', () => {
  const code = [0, 0, 1];
  const of = (...bytes: number[][]) => fingerprint({ codec: 'h265', data: Uint8Array.from(bytes.flat()) });
  const slice = [0x26, 0x01, 0xaf, 0x08];
  const vps = [0x40, 0x01, 0x0c];
  const sps = [0x42, 0x01, 0x01];
  const pps = [0x44, 0x01, 0xc1];
  expect(of(code, vps, code, sps, code, pps, code, slice)).toBe(of(code, slice));
  expect(of(code, [0x26, 0x01, 0xaf, 0x09])).not.toBe(of(code, slice));
});

test('an AAC frame is its payload, with or without a CRC in the ADTS header', () => {
  const payload = [0x21, 0x10, 0x04, 0x60];
  const plain = fingerprint({
    codec: 'aac',
    data: Uint8Array.of(0xff, 0xf1, 0x50, 0x80, 0x01, 0x7f, 0xfc, ...payload),
  });
  const withCrc = fingerprint({
    codec: 'aac',
    data: Uint8Array.of(0xff, 0xf0, 0x50, 0x80, 0x01, 0xbf, 0xfc, 0x12, 0x34, ...payload),
  });
  expect(withCrc).toBe(plain);
  const other = Uint8Array.of(0xff, 0xf1, 0x50, 0x80, 0x01, 0x7f, 0xfc, 0x21, 0x10, 0x04, 0x61);
  expect(fingerprint({ codec: 'aac', data: other })).not.toBe(plain);
});
