import { describe, expect, test } from 'vitest';
import { MuxerError } from '../errors.js';
import { hevcCodecString } from './hevc-codec-string.js';
import { parseHevcPps } from './pps.js';
import { parseHevcSps } from './sps.js';
import { parseHevcVps } from './vps.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

// Parameter sets that x265 3.5 made: Main, and Main 10 with temporal layers, HRD and BT.2020 PQ.
const main = {
  vps: hex('40010c01ffff01600000030090000003000003001e959009'),
  sps: hex('42010101600000030090000003000003001ea028831659592e4caf016808000003000800000300c840'),
  pps: hex('4401c173d089'),
};
const main10 = {
  vps: hex('40010c02ffff02200000030090000003000003003c00009598acc048'),
  sps: hex(
    '42010202200000030090000003000003003c0000a0288313659598acd7265780b5091009040000030004000003006580' +
      '32297800493c00124fb800493c00124f88',
  ),
  pps: hex('4401c173d009'),
};

describe('parameter sets of x265', () => {
  test('Main', () => {
    const sps = parseHevcSps(main.sps);
    expect(sps).toMatchObject({
      id: 0,
      vpsId: 0,
      width: 80,
      height: 48,
      chromaFormatIdc: 1,
      bitDepthLuma: 8,
    });
    expect(sps).toMatchObject({ maxNumReorderPics: 2, maxSubLayers: 1 });
    expect(sps.vui).toMatchObject({ timeScale: 25, numUnitsInTick: 1 });
    expect(hevcCodecString(sps.profileTierLevel)).toBe('hvc1.1.6.L30.90');
    expect(parseHevcVps(main.vps)).toMatchObject({ id: 0, maxSubLayers: 1, temporalIdNesting: true });
    expect(parseHevcPps(main.pps)).toMatchObject({ id: 0, spsId: 0, entropyCodingSyncEnabled: false });
  });

  test('Main 10 with two temporal layers and BT.2020 PQ', () => {
    const sps = parseHevcSps(main10.sps);
    expect(sps).toMatchObject({ maxSubLayers: 2, bitDepthLuma: 10 });
    expect(sps.vui?.colour).toEqual({ fullRange: false, primaries: 9, transfer: 16, matrix: 9 });
    expect(parseHevcVps(main10.vps).maxSubLayers).toBe(2);
  });

  test.each([
    ['VPS', parseHevcVps, main.vps],
    ['VPS with sub-layers', parseHevcVps, main10.vps],
    ['PPS', parseHevcPps, main.pps],
  ] as const)('a %s that is cut off anywhere is refused', (_, parse, nal) => {
    for (let length = 2; length < nal.length; length++) {
      expect(() => parse(nal.subarray(0, length)), `${length} bytes`).toThrow(MuxerError);
    }
  });

  // Number of bytes that hold everything up to vui_parameters_present_flag.
  test.each([
    ['SPS', main.sps, 27],
    ['SPS with HRD', main10.sps, 31],
  ] as const)('a %s that is cut off is refused, but for its VUI', (_, nal, vuiAt) => {
    for (let length = 2; length < vuiAt; length++) {
      expect(() => parseHevcSps(nal.subarray(0, length)), `${length} bytes`).toThrow(MuxerError);
    }
    expect(parseHevcSps(nal.subarray(0, vuiAt + 1))).toEqual({ ...parseHevcSps(nal), vui: undefined });
  });

  test('the reserved bits of a VPS must be set', () => {
    const wrong = Buffer.from(main.vps);
    wrong[4] = 0;
    expect(() => parseHevcVps(wrong)).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_VPS_INVALID',
        details: expect.objectContaining({ field: 'vps_reserved_0xffff_16bits' }),
      }),
    );
  });
});
