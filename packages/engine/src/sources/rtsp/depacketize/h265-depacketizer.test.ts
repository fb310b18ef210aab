import { expect, test } from 'vitest';
import { Depacketizing } from '../testing/depacketizing.js';
import { H265Depacketizer } from './h265-depacketizer.js';

const vps = '400101';
const sps = '420101';
const pps = '4401c0';
const idr = '2601 afaa';
const cra = '2a01 afaa';
const trail = '0201 d0bb';
const raslR = '1201 d0cc';

function depacketizing(parameterSets: string[] = [], hasDecodingOrder = false) {
  const sets = parameterSets.map((hex) => Buffer.from(hex, 'hex'));
  const format = { codec: 'h265', parameterSets: sets, hasDecodingOrder } as const;
  return new Depacketizing((sink, context) => new H265Depacketizer(format, sink, context));
}

test('single NAL units, aggregation packets and fragments make access units', () => {
  const input = depacketizing();
  input.push(`6001 0003${vps} 0003${sps} 0003${pps} 0004${idr}`, 0, true);
  input.push(trail, 40, true);
  input.push('6201 93 af', 80).push('6201 13 bb', 80).push('6201 53 cc', 80, true);
  expect(input.units).toEqual(['0*: 400101 420101 4401c0 2601afaa', '40: 0201d0bb', '80*: 2601afbbcc']);
  expect(input.report).toMatchObject({ accessUnits: 3, malformed: 0 });
});

test('parameter sets of the description go in front of the first key frame, behind a delimiter', () => {
  const input = depacketizing([vps, sps, pps]);
  input.push('460150', 0).push(idr, 0, true).push(idr, 40, true);
  expect(input.units).toEqual(['0*: 460150 400101 420101 4401c0 2601afaa', '40*: 2601afaa']);
});

test('a damaged picture is dropped with the rest of its group', () => {
  const input = depacketizing();
  input.push(idr, 0, true).push('6201 81 d0', 40).lost().push('6201 41 bb', 40, true);
  input.push(trail, 80, true).push('2601 2faa', 120, true).push(idr, 160, true);
  expect(input.units).toEqual(['0*: 2601afaa', '160*: 2601afaa']);
  expect(input.report).toMatchObject({ damagedPictures: 3 });
});

test('leading pictures that refer to what is missing are dropped, only where decoding starts', () => {
  const input = depacketizing();
  input.push(cra, 0, true).push(raslR, 40, true).push(trail, 80, true);
  input.push(cra, 120, true).push(raslR, 160, true);
  expect(input.units).toEqual(['0*: 2a01afaa', '80: 0201d0bb', '120*: 2a01afaa', '160: 1201d0cc']);
  expect(input.report).toMatchObject({ skippedPictures: 1, damagedPictures: 0 });
});

test('decoding order numbers are taken out, and must rise', () => {
  const input = depacketizing([], true);
  input.push('2601 ffff afaa', 0, true);
  input.push(`6001 0000 0004 ${trail} 00 0004 ${trail}`, 40, true);
  input.push('6201 81 0003 d0', 80).push('6201 41 bb', 80, true);
  expect(input.units).toEqual(['0*: 2601afaa', '40: 0201d0bb 0201d0bb', '80: 0201d0bb']);
  input.push('0201 0001 d0bb', 120, true).push('2601 0002 afaa', 160, true);
  expect(input.units.slice(3)).toEqual(['160*: 2601afaa']);
  expect(input.warnings).toEqual([expect.stringContaining('decoding order')]);
});

for (const [what, payload] of [
  ['an empty payload', ''],
  ['a header without a body', '0201'],
  ['a temporal identifier of 0', '0200 d0bb'],
  ['the forbidden bit', '8201 d0bb'],
  ['a PACI packet', '6401 0000 00'],
  ['a fragment of nothing', '6201 81'],
  ['an aggregation packet longer than itself', '6001 0009 0201'],
  ['an aggregation packet with a unit of one byte', '6001 0001 02'],
  ['an aggregation packet with rest', `6001 0004${trail} 00`],
]) {
  test(`${what} damages the picture, and is counted`, () => {
    const input = depacketizing();
    input.push(idr, 0, true).push(payload!, 40, true).push(trail, 80, true).push(idr, 120, true);
    expect(input.units).toEqual(['0*: 2601afaa', '120*: 2601afaa']);
    expect(input.report.malformed).toBe(1);
  });
}
