import { expect, test } from 'vitest';
import type { Mpeg4GenericFormat } from '../sdp/track-format.js';
import { Depacketizing } from '../testing/depacketizing.js';
import { G711Depacketizer } from './g711-depacketizer.js';
import { LatmDepacketizer } from './latm-depacketizer.js';
import { Mpeg4GenericDepacketizer } from './mpeg4-generic-depacketizer.js';

const hbr: Mpeg4GenericFormat = {
  codec: 'aac',
  packing: 'mpeg4-generic',
  audioSpecificConfig: Buffer.from('1190', 'hex'),
  sizeLength: 13,
  indexLength: 3,
  indexDeltaLength: 3,
  ctsDeltaLength: 0,
  dtsDeltaLength: 0,
  randomAccessIndication: false,
  streamStateIndication: 0,
  auxiliaryDataSizeLength: 0,
  constantSize: undefined,
  frameDuration: 1024,
};

function generic(format: Partial<Mpeg4GenericFormat> = {}): Depacketizing {
  return new Depacketizing(
    (sink, context) => new Mpeg4GenericDepacketizer({ ...hbr, ...format }, sink, context),
  );
}

test('AAC-hbr: one frame or several, each with its time, and the configuration once in front', () => {
  const input = generic();
  input.push('0010 0018 aabbcc', 0, true).push('0020 0010 0008 ddee ff', 1024, true);
  expect(input.units).toEqual(['0*: aabbcc', '1024*: ddee', '2048*: ff']);
  expect(input.sink.configurations.map((bytes) => bytes.toString('hex'))).toEqual(['1190']);
  expect(input.report.accessUnits).toBe(3);
});

test('AAC-hbr: a frame in fragments', () => {
  const input = generic();
  input.push('0010 0028 aabb', 0).push('0010 0028 cc', 0).push('0010 0028 ddee', 0, true);
  input.push('0010 0008 ff', 1024, true);
  expect(input.units).toEqual(['0*: aabbccddee', '1024*: ff']);
  expect(input.report).toMatchObject({ damagedPictures: 0, malformed: 0 });
});

test('AAC-hbr: fragments that do not fit together are dropped and counted', () => {
  const input = generic();
  input.push('0010 0028 aabb', 0).push('0010 0028 cc', 7).lost();
  input.push('0010 0028 aabb', 9).push('0010 0008 ff', 10, true);
  input.push('0010 0028 aabb', 20).push('0010 0028 ccddeeff', 20, true);
  input.push('0010 0008 ff', 30, true);
  expect(input.units).toEqual(['10*: ff', '30*: ff']);
  expect(input.report).toMatchObject({ damagedPictures: 5, malformed: 4 });
});

test('AAC-lbr has headers of one byte, RFC 3640 §3.3.5', () => {
  const input = generic({ sizeLength: 6, indexLength: 2, indexDeltaLength: 2 });
  input.push('0010 0c 08 aabbcc ddee', 0, true);
  expect(input.units).toEqual(['0*: aabbcc', '1024*: ddee']);
});

test('fields beside the size are passed over, and so is auxiliary data', () => {
  const input = generic({
    ctsDeltaLength: 4,
    dtsDeltaLength: 4,
    randomAccessIndication: true,
    streamStateIndication: 2,
    auxiliaryDataSizeLength: 8,
  });
  // size 2, index 0, CTS flag and delta, no DTS flag, RAP, state: 13 + 3 + 5 + 1 + 1 + 2 = 25 bits
  input.push('0019 0010 f3 00 0a ffff aabb', 0, true);
  expect(input.units).toEqual(['0*: aabb']);
});

test('frames of one size need no headers', () => {
  const input = generic({ sizeLength: 0, indexLength: 0, indexDeltaLength: 0, constantSize: 2 });
  input.push('aabb ccdd', 0, true).push('aabbcc', 2048, true);
  expect(input.units).toEqual(['0*: aabb', '1024*: ccdd']);
  expect(input.report.malformed).toBe(1);
});

test('interleaved frames are refused, and that is told once', () => {
  const input = generic();
  input.push('0020 0008 0009 aa bb', 0, true).push('0020 0008 0009 aa bb', 1024, true);
  expect(input.units).toEqual(['0*: aa', '1024*: aa']);
  expect(input.warnings).toEqual([expect.stringContaining('interleaved')]);
  expect(input.report.malformed).toBe(2);
});

for (const [what, payload] of [
  ['nothing', ''],
  ['half a length', '00'],
  ['no headers', '0000 aa'],
  ['headers past the end', 'ffff 0008 aa'],
  ['half a header', '0008 00 aa'],
  ['frames past the end', '0020 0008 0010 aa bb'],
]) {
  test(`AAC with ${what} is dropped and counted`, () => {
    const input = generic();
    input.push(payload!, 0, true);
    expect(input.report.malformed).toBe(1);
    expect(input.sink.collected.length).toBeLessThan(2);
  });
}

function latm(config: string | undefined): Depacketizing {
  const streamMuxConfig = config === undefined ? undefined : Buffer.from(config, 'hex');
  return new Depacketizing(
    (sink, context) =>
      new LatmDepacketizer({ codec: 'aac', packing: 'latm', streamMuxConfig }, 24_000, sink, context),
  );
}

/** RFC 6416 §7.4: AAC-LC, 24 kHz, stereo. */
const rfcConfig = '400026203fc0';

test('LATM with its configuration in the description, RFC 6416 §7.4', () => {
  const input = latm(rfcConfig);
  input.push('03 aabbcc', 0, true).push(`ff 01 ${'11'.repeat(256)}`, 1024, true);
  expect(input.sink.configurations.map((bytes) => bytes.toString('hex'))).toEqual(['1310']);
  expect(input.units).toEqual(['0*: aabbcc', `1024*: ${'11'.repeat(256)}`]);
});

test('LATM in several packets, with and without a marker', () => {
  const input = latm(rfcConfig);
  input
    .push('05 aabb', 0)
    .push('ccddee', 0, true)
    .push('02 aa', 1024)
    .push('bb', 1024)
    .push('01 ff', 2048, true);
  expect(input.units).toEqual(['0*: aabbccddee', '1024*: aabb', '2048*: ff']);
});

test('LATM with a missing part is dropped and counted, the next element is not', () => {
  const input = latm(rfcConfig);
  input.push('05 aabb', 0).lost().push('ddee', 0, true).push('01 ff', 1024, true);
  input.lost().push('ee ee', 2048, true).push('01 ff', 3072, true);
  expect(input.units).toEqual(['1024*: ff', '3072*: ff']);
  expect(input.report).toMatchObject({ damagedPictures: 1, malformed: 1 });
});

test('LATM with its configuration in band, at any bit', () => {
  const input = latm(undefined);
  input.push('81 d5 00', 0, true); // useSameStreamMux before any configuration
  // 0, the configuration above (46 bits with 3 + 8 + 1 + 1 of its end), length 2, payload a5 5a: shifted by
  // one bit
  const bits = `0${BigInt(`0x${rfcConfig}`).toString(2).padStart(48, '0').slice(0, 44)}`;
  const element = `${bits}${'00000010'}${'10100101'}${'01011010'}`.padEnd(72, '0');
  input.push(BigInt(`0b${element}`).toString(16).padStart(18, '0'), 1024, true);
  const same = `1${'00000001'}${'11000011'}`.padEnd(24, '0');
  input.push(BigInt(`0b${same}`).toString(16).padStart(6, '0'), 2048, true);
  expect(input.sink.configurations.map((bytes) => bytes.toString('hex'))).toEqual(['1310']);
  expect(input.units).toEqual(['1024*: a55a', '2048*: c3']);
});

for (const [what, config, reason] of [
  ['version A 1', 'c00026203fc0', 'audioMuxVersionA'],
  ['several programs', '401026203fc0', 'programs'],
  ['no AAC', '4001f8003fc0', 'not AAC'],
  ['nothing', '', 'time framing'],
]) {
  test(`LATM of ${what} is refused with the reason`, () => {
    const input = latm(config);
    input.push('01 ff', 0, true);
    expect(input.units).toEqual([]);
    expect(input.warnings).toEqual([expect.stringContaining(reason!)]);
  });
}

test('LATM without an end is dropped at the limit', () => {
  const input = latm(rfcConfig);
  for (let i = 0; i < 100; i++) input.push('ff'.repeat(1000), 0);
  input.push('01 ff', 1024, true);
  expect(input.units).toEqual(['1024*: ff']);
  expect(input.report.malformed).toBe(1);
});

test('G.711 is what the packets hold', () => {
  const input = new Depacketizing((sink, context) => new G711Depacketizer(sink, context));
  input.push('d5d5', 0).push('', 160).lost().push('55', 320);
  expect(input.units).toEqual(['0*: d5d5', '320*: 55']);
});
