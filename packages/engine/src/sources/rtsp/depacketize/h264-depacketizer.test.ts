import { expect, test } from 'vitest';
import { Depacketizing } from '../testing/depacketizing.js';
import { H264Depacketizer } from './h264-depacketizer.js';

const sps = '674200';
const pps = '68ce';
const idr = '65 88aabb';
const slice = '41 9acc';

function depacketizing(
  parameterSets: string[] = [],
  limits?: { maxAccessUnitBytes: number; maxNalUnits: number },
) {
  const sets = parameterSets.map((hex) => Buffer.from(hex, 'hex'));
  return new Depacketizing(
    (sink, context) => new H264Depacketizer({ codec: 'h264', parameterSets: sets }, sink, context),
    limits,
  );
}

test('single NAL units, and several in a STAP-A, make an access unit up to the marker', () => {
  const input = depacketizing();
  input.push(sps, 0).push(pps, 0).push(idr, 0, true);
  input.push(slice, 40, true);
  input.push(`78 0003${sps} 0002${pps} 0004${idr}`, 80, true);
  expect(input.units).toEqual(['0*: 674200 68ce 6588aabb', '40: 419acc', '80*: 674200 68ce 6588aabb']);
  expect(input.report).toMatchObject({
    accessUnits: 3,
    malformed: 0,
    damagedPictures: 0,
    skippedPictures: 0,
  });
});

test('fragments become the NAL unit that they were', () => {
  const input = depacketizing();
  input.push('7c 85 88', 0).push('7c 05 aa', 0).push('7c 45 bb', 0, true);
  input.push('5c c1 9a', 40, true); // FU-A with start and end, which RFC 6184 forbids and cameras send
  expect(input.units).toEqual(['0*: 6588aabb', '40: 419a']);
});

test('another time ends an access unit whose marker is missing', () => {
  const input = depacketizing();
  input.push(idr, 0).push(slice, 40).push(slice, 80);
  input.depacketizer.flush();
  expect(input.units).toEqual(['0*: 6588aabb', '40: 419acc', '80: 419acc']);
});

test('a marker on parameter sets ends nothing, and their own time goes with the picture', () => {
  const input = depacketizing();
  input.push(sps, 0, true).push(pps, 0, true).push(idr, 3, true);
  expect(input.units).toEqual(['3*: 674200 68ce 6588aabb']);
});

test('parameter sets of the description go in front of the first key frame, unless the stream has its own', () => {
  const input = depacketizing([sps, pps]);
  input.push('09f0', 0).push('0601', 0).push(idr, 0, true).push(idr, 40, true);
  expect(input.units).toEqual(['0*: 09f0 674200 68ce 0601 6588aabb', '40*: 6588aabb']);
  const own = depacketizing([sps, pps]);
  own.push('6742ff', 0).push('68ff', 0).push(idr, 0, true);
  expect(own.units).toEqual(['0*: 6742ff 68ff 6588aabb']);
});

test('parameter sets of a damaged first key frame are no reason to leave those of the description out', () => {
  const input = depacketizing([sps, pps]);
  input.push('6742ff', 0).push('7c 85 88', 0).lost().push('7c 45 bb', 0, true).push(idr, 40, true);
  expect(input.units).toEqual(['40*: 674200 68ce 6588aabb']);
});

test('pictures before the first key frame are skipped and counted', () => {
  const input = depacketizing();
  input.push(slice, 0, true).push(slice, 40).push(slice, 40, true).push(idr, 80, true);
  expect(input.units).toEqual(['80*: 6588aabb']);
  expect(input.report).toMatchObject({ skippedPictures: 2, damagedPictures: 0 });
});

test('pictures in fragments are skipped whole, and loss among them is no damage', () => {
  const input = depacketizing();
  input.push('5c 81 9a', 0).push('5c 01 bb', 0).push('5c 41 cc', 0, true);
  input.push('5c 81 9a', 40).lost().push('5c 41 cc', 40, true).push(idr, 80, true);
  expect(input.units).toEqual(['80*: 6588aabb']);
  expect(input.report).toMatchObject({ skippedPictures: 2, damagedPictures: 0 });
});

test('parameter sets that are lost with their picture count as one picture', () => {
  const input = depacketizing();
  input.push(idr, 0, true).push(sps, 40).lost().push(idr, 40).push(idr, 40, true).push(idr, 80, true);
  expect(input.units).toEqual(['0*: 6588aabb', '80*: 6588aabb']);
  expect(input.report.damagedPictures).toBe(1);
});

test('a fragment without a beginning damages the group, although no number is missing', () => {
  const input = depacketizing();
  input.push(idr, 0, true).push('5c 41 bb', 40, true).push(slice, 80, true).push(idr, 120, true);
  expect(input.units).toEqual(['0*: 6588aabb', '120*: 6588aabb']);
  expect(input.report.damagedPictures).toBe(2);
});

test('parameter sets without a picture are forgotten at the end', () => {
  const input = depacketizing();
  input.push(sps, 0);
  input.depacketizer.flush();
  expect(input.units).toEqual([]);
  expect(input.sink.aborted).toBe(1);
});

test('a damaged picture is dropped with the rest of its group, each counted', () => {
  const input = depacketizing();
  input.push(idr, 0, true);
  input.push('5c 81 9a', 40).lost().push('5c 41 bb', 40, true);
  input.push(slice, 80, true).push(slice, 120).push(slice, 120, true).push(sps, 160).push(idr, 160, true);
  expect(input.units).toEqual(['0*: 6588aabb', '160*: 674200 6588aabb']);
  expect(input.report).toMatchObject({ damagedPictures: 3, skippedPictures: 0, malformed: 0 });
  expect(input.sink.aborted).toBe(1);
});

test('loss between pictures damages the group too', () => {
  const input = depacketizing();
  input.push(idr, 0, true).lost().push(slice, 80, true).push(idr, 120, true);
  expect(input.units).toEqual(['0*: 6588aabb', '120*: 6588aabb']);
  expect(input.report.damagedPictures).toBe(1);
});

test('a key picture whose first slice is missing is no beginning', () => {
  const input = depacketizing();
  input.push(idr, 0, true).lost().push('65 08aabb', 40, true).push(idr, 80, true);
  expect(input.units).toEqual(['0*: 6588aabb', '80*: 6588aabb']);
});

test('a picture whose beginning is missing is counted by its middle', () => {
  const input = depacketizing();
  input.push(idr, 0, true).lost().push('5c 01 bb', 40).push('5c 41 bb', 40, true);
  expect(input.report.damagedPictures).toBe(1);
  expect(input.report.malformed).toBe(0);
});

test('a fragmented NAL unit without its end damages the picture', () => {
  const input = depacketizing();
  input.push(idr, 0, true).push('5c 81 9a', 40).push(slice, 80, true).push(idr, 120, true);
  expect(input.units).toEqual(['0*: 6588aabb', '120*: 6588aabb']);
  expect(input.report).toMatchObject({ damagedPictures: 2, malformed: 1 });
});

test('decoding can start at a recovery point', () => {
  const recoveryPoint = '06 05 02 ffff 06 01 c4 80';
  const input = depacketizing();
  input.push(slice, 0, true).push(recoveryPoint, 40).push(slice, 40, true).push(slice, 80, true);
  expect(input.units).toEqual(['40*: 060502ffff0601c480 419acc', '80: 419acc']);
  const other = depacketizing();
  other.push('06 05 06 060606060606 80', 0).push(slice, 0, true);
  expect(other.units).toEqual([]);
});

for (const [what, payload] of [
  ['an empty payload', ''],
  ['NAL unit type 0', '60 01'],
  ['the forbidden bit', 'c1 9a'],
  ['STAP-B', '79 0000 0001 41'],
  ['MTAP16', '7a 0000'],
  ['FU-B', '7d 81 0000 9a'],
  ['a fragment of nothing', '5c 81'],
  ['a STAP-A longer than its packet', '78 0009 419a'],
  ['a STAP-A with an empty unit', '78 0000 0002 419a'],
  ['a STAP-A with rest', '78 0002 419a 00'],
  ['a STAP-A of nothing', '78 00'],
]) {
  test(`${what} damages the picture, and is counted`, () => {
    const input = depacketizing();
    input.push(idr, 0, true).push(payload!, 40, true).push(slice, 80, true).push(idr, 120, true);
    expect(input.units).toEqual(['0*: 6588aabb', '120*: 6588aabb']);
    expect(input.report.malformed).toBe(1);
  });
}

test('what is not supported is told once', () => {
  const input = depacketizing();
  input.push('79 0000', 0).push('7a 0000', 0).push('7e 00', 0);
  expect(input.warnings).toEqual([expect.stringContaining('type 25 (STAP-B, interleaved mode)')]);
});

test('a NAL unit without an end is dropped at the limit', () => {
  const input = depacketizing([], { maxAccessUnitBytes: 100, maxNalUnits: 5 });
  input.push('7c 85 88', 0);
  for (let i = 0; i < 100; i++) input.push(`7c 05 ${'aa'.repeat(20)}`, 0);
  input.push('7c 45 bb', 0, true).push(idr, 40, true);
  expect(input.units).toEqual(['40*: 6588aabb']);
  expect(input.report.damagedPictures).toBe(1);
  const exact = depacketizing([], { maxAccessUnitBytes: 100, maxNalUnits: 5 });
  exact.push(`65 88 ${'aa'.repeat(98)}`, 0, true).push(`65 88 ${'aa'.repeat(99)}`, 40, true);
  expect(exact.sink.collected).toHaveLength(1);
});

test('more NAL units than the limit are not one access unit', () => {
  const input = depacketizing([], { maxAccessUnitBytes: 100, maxNalUnits: 5 });
  for (let i = 0; i < 5; i++) input.push('65 88', 0, i === 4);
  for (let i = 0; i < 5; i++) input.push('65 88', 20, i === 4);
  for (let i = 0; i < 6; i++) input.push('65 88', 40, i === 5);
  expect(input.units).toEqual(['0*: 6588 6588 6588 6588 6588', '20*: 6588 6588 6588 6588 6588']);
});
