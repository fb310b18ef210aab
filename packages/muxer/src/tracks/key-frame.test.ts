import { expect, test } from 'vitest';
import type { VideoCodec } from '../media-packet.js';
import { isKeyFrame } from './key-frame.js';

const AVCC_OF_LENGTHS_OF_2 = '01640028fd';
const HVCC_OF_LENGTHS_OF_4 = `${'00'.repeat(21)}03`;

interface Case {
  readonly codec: VideoCodec;
  readonly what: string;
  readonly hex: string;
  readonly isKey: boolean;
  readonly configuration?: string;
}

const cases: readonly Case[] = [
  {
    codec: 'h264',
    what: 'an IDR picture behind parameter sets',
    hex: '00000001 6742 00000001 68ce 000001 6588',
    isKey: true,
  },
  { codec: 'h264', what: 'another picture', hex: '00000001 4188', isKey: false },
  {
    codec: 'h264',
    what: 'an IDR picture behind its length',
    hex: '0002 0910 0002 6588',
    isKey: true,
    configuration: AVCC_OF_LENGTHS_OF_2,
  },
  {
    codec: 'h264',
    what: 'another picture behind its length',
    hex: '0002 0910 0002 4188',
    isKey: false,
    configuration: AVCC_OF_LENGTHS_OF_2,
  },
  { codec: 'h265', what: 'an IDR picture', hex: '00000001 2601', isKey: true },
  { codec: 'h265', what: 'a CRA picture', hex: '00000001 2a01', isKey: true },
  { codec: 'h265', what: 'a trailing picture', hex: '00000001 0201', isKey: false },
  {
    codec: 'h265',
    what: 'a CRA picture behind its length',
    hex: '00000003 2a0188',
    isKey: true,
    configuration: HVCC_OF_LENGTHS_OF_4,
  },
  { codec: 'vp9', what: 'a key frame', hex: '824983', isKey: true },
  { codec: 'vp9', what: 'an inter frame', hex: '8600', isKey: false },
  { codec: 'vp9', what: 'a frame that is shown again', hex: '8a', isKey: false },
  { codec: 'av1', what: 'a sequence header behind a temporal delimiter', hex: '1200 0a0b', isKey: true },
  { codec: 'av1', what: 'a sequence header', hex: '0a0b', isKey: true },
  { codec: 'av1', what: 'a frame', hex: '1200 3210', isKey: false },
];

test.each(cases)('$codec: decoding can start, or not, with $what', ({ codec, hex, isKey, configuration }) => {
  const data = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const record = configuration === undefined ? undefined : Buffer.from(configuration, 'hex');
  expect(isKeyFrame(codec, data, record)).toBe(isKey);
});
