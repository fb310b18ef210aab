import { expect, test } from 'vitest';
import { MuxerError } from '../errors.js';
import { limits } from '../limits.js';
import {
  copyUnescaped,
  escapeInto,
  findEmulation,
  removeEmulationPrevention,
} from './emulation-prevention.js';
import { encodeAnnexB, splitLengthPrefixed } from './length-prefixed.js';
import { NalUnitIndex } from './nal-unit-index.js';

function nalUnits(hex: string): string[] {
  const data = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const index = new NalUnitIndex();
  index.read(data, 0);
  return Array.from({ length: index.count }, (_, i) =>
    data.subarray(index.starts[i], index.ends[i]).toString('hex'),
  );
}

test.each([
  ['a 3-byte start code', '000001 67aa', ['67aa']],
  ['a 4-byte start code', '00000001 67aa', ['67aa']],
  ['leading zeros', '0000000000000001 67aa', ['67aa']],
  ['several NAL units', '00000001 67aa 000001 68bb 00000001 65cc', ['67aa', '68bb', '65cc']],
  ['trailing zeros', '00000001 67aa 0000000000 000001 68bb 0000', ['67aa', '68bb']],
  ['zeros inside a NAL unit', '000001 6700 00aa 000001 68bb', ['670000aa', '68bb']],
  ['empty NAL units', '00000001 00000001 67aa 000001 000001 68bb 0000000001', ['67aa', '68bb']],
  ['emulation prevention', '000001 67000003 01 000001 68bb', ['6700000301', '68bb']],
])('finds NAL units behind %s', (_, stream, expected) => {
  expect(nalUnits(stream)).toEqual(expected);
});

test.each([
  ['', 'ERR_CLOUDPUSH_VIDEO_EMPTY'],
  ['6588', 'ERR_CLOUDPUSH_VIDEO_NO_START_CODE'],
  ['00000000', 'ERR_CLOUDPUSH_VIDEO_NO_START_CODE'],
  ['ff00000167', 'ERR_CLOUDPUSH_VIDEO_NO_START_CODE'],
  ['00000001', 'ERR_CLOUDPUSH_VIDEO_CUT_OFF'],
  ['0000010000010000', 'ERR_CLOUDPUSH_VIDEO_CUT_OFF'],
])('refuses %s', (hex, code) => {
  expect(() => nalUnits(hex)).toThrow(expect.objectContaining({ code }));
});

test('refuses more NAL units than the limit, and takes as many', () => {
  const index = new NalUnitIndex();
  const nal = Buffer.from('0000010901', 'hex');
  index.read(Buffer.concat(new Array(limits.nalUnitsPerPacket).fill(nal)), 0);
  expect(index.count).toBe(limits.nalUnitsPerPacket);
  const one = Buffer.concat(new Array(limits.nalUnitsPerPacket + 1).fill(nal));
  expect(() => index.read(one, 0)).toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_VIDEO_NAL_UNIT_LIMIT' }),
  );
});

// ISO/IEC 14496-10 §7.4.1: 00 00 03 before 00 to 03 loses its 03.
test('removes emulation prevention bytes, also one after the other and at the end', () => {
  const unescaped = (hex: string) =>
    Buffer.from(removeEmulationPrevention(Buffer.from(hex, 'hex'))).toString('hex');
  expect(unescaped('67000003010000030000030203')).toBe('670000010000000002' + '03');
  expect(unescaped('6700000367000003')).toBe('670000670000');
  expect(unescaped('67010203')).toBe('67010203');
});

test.each([
  ['nothing to escape', '0000040000ff00', '0000040000ff00'],
  ['each of the four bytes', '000000ff00000100000200000304', '00000300ff00000301000003020000030304'],
  ['zeros one after the other', '0000000000000000', '0000030000030000030000'],
  ['two zeros at the end', 'aa0000', 'aa0000'],
  ['nothing', '', ''],
])('puts emulation prevention in and takes it out again: %s', (_, hex, escaped) => {
  const bytes = Buffer.from(hex, 'hex');
  const target = Buffer.alloc(2 * bytes.length + 1);
  const end = escapeInto(bytes, target, 1);
  expect(target.toString('hex', 1, end)).toBe(escaped);
  const places: number[] = [];
  for (let at = findEmulation(bytes, 0); at >= 0; at = findEmulation(bytes, at)) places.push(at);
  expect(places).toHaveLength((escaped.length - hex.length) / 2);
  const back = Buffer.alloc(bytes.length + 1);
  expect(copyUnescaped(target.subarray(1, end), back, 1)).toBe(back.length);
  expect(back.toString('hex', 1)).toBe(hex);
});

test('gives NAL units back between lengths and start codes', () => {
  const sample = Buffer.from('0002 67aa 0003 65bbcc'.replaceAll(' ', ''), 'hex');
  const units = splitLengthPrefixed(sample, 2);
  expect(Buffer.from(encodeAnnexB(units)).toString('hex')).toBe('0000000167aa0000000165bbcc');
  expect(() => splitLengthPrefixed(sample.subarray(0, 8), 2)).toThrow(MuxerError);
});
