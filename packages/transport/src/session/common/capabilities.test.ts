import { describe, expect, test } from 'vitest';
import type { AmfObject } from '../../amf/value.js';
import { announceCapabilities, FourCcInfo, NO_CAPABILITIES, readCapabilities } from './capabilities.js';

describe('Enhanced RTMP capabilities', () => {
  test('announces as the specification has it', () => {
    const announcement = announceCapabilities(2, 15);
    expect(Object.keys(announcement)).toEqual([
      'capsEx',
      'fourCcList',
      'videoFourCcInfoMap',
      'audioFourCcInfoMap',
    ]);
    expect(announcement['videoFourCcInfoMap']).toMatchObject({ hvc1: 2, av01: 2, vp09: 2 });
    expect(announcement['audioFourCcInfoMap']).toMatchObject({ Opus: 2, '.mp3': 2, mp4a: 2 });
  });

  test('announces the codecs that there is a muxer for, and no other, such as VP8 and VVC', () => {
    const video = ['avc1', 'hvc1', 'av01', 'vp09'];
    const audio = ['mp4a', '.mp3', 'Opus', 'fLaC', 'ac-3', 'ec-3'];
    const announcement = announceCapabilities(FourCcInfo.canEncode, 0);
    expect(announcement['fourCcList']).toEqual([...video, ...audio]);
    expect(Object.keys(announcement['videoFourCcInfoMap'] as AmfObject)).toEqual(video);
    expect(Object.keys(announcement['audioFourCcInfoMap'] as AmfObject)).toEqual(audio);
    expect(JSON.stringify(announcement)).not.toMatch(/vp08|vvc1/);
  });

  test('reads nothing from a server that announces nothing', () => {
    expect(readCapabilities([{ fmsVer: 'FMS/3' }, null, 'x'])).toEqual(NO_CAPABILITIES);
  });
});
