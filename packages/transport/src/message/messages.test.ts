import { describe, expect, test } from 'vitest';
import { EcmaArray } from '../amf/value.js';
import { RtmpError } from '../errors.js';
import { PUBLISHER_LIMITS } from '../limits.js';
import { hex } from '../testing/bytes.js';
import { splitAggregate } from './aggregate.js';
import { decodeData } from './command.js';
import { encodeData, encodeMetadata } from './data.js';
import { readTracks, withTrack } from './multitrack.js';
import type { MediaMessage } from './type.js';

function message(type: number, ...parts: string[]): MediaMessage {
  const bytes = parts.map(hex);
  return {
    type,
    timestamp: 40,
    parts: bytes,
    size: bytes.reduce((sum, part) => sum + part.length, 0),
    headroom: 0,
  };
}

function bytesOf({ parts, size }: MediaMessage): string {
  const bytes = Buffer.concat(parts);
  expect(bytes.length).toBe(size);
  return bytes.toString('hex');
}

// Written by hand after the ExVideoTagHeader and ExAudioTagHeader tables of Enhanced RTMP v2.
describe('multitrack and ModEx', () => {
  test.each<[string, MediaMessage, object, string]>([
    [
      'a key frame of HEVC',
      message(9, '91 68766331 000050 aabb', 'cc'),
      { trackId: 3 },
      '96 01 68766331 03 000050 aabbcc',
    ],
    ['a sequence start of AV1', message(9, '90 61763031 8104'), { trackId: 0 }, '96 00 61763031 00 8104'],
    [
      'legacy AVC, its offset kept',
      message(9, '27 01 000050 aa'),
      { trackId: 1 },
      'a6 01 61766331 01 000050 aa',
    ],
    [
      'a legacy AVC sequence header',
      message(9, '17 00 000000 0142'),
      { trackId: 1 },
      '96 00 61766331 01 0142',
    ],
    ['legacy HEVC', message(9, '1c 01 000000 aa'), { trackId: 1 }, '96 01 68766331 01 000000 aa'],
    ['Opus', message(8, '91 4f707573 aa'), { trackId: 2 }, '95 01 4f707573 02 aa'],
    ['legacy AAC', message(8, 'af 01 2110'), { trackId: 2 }, '95 01 6d703461 02 2110'],
    ['a legacy AAC sequence header', message(8, 'af 00 1190'), { trackId: 2 }, '95 00 6d703461 02 1190'],
    ['legacy MP3', message(8, '2f fffb'), { trackId: 2 }, '95 01 2e6d7033 02 fffb'],
    [
      'an offset alone',
      message(9, '91 68766331 000000 aa'),
      { nanosecondOffset: 0x0a0b0c },
      '97 02 0a0b0c 01 68766331 000000 aa',
    ],
    [
      'an offset and a track',
      message(8, '91 4f707573 aa'),
      { trackId: 9, nanosecondOffset: 1 },
      '97 02 000001 05 01 4f707573 09 aa',
    ],
  ])('%s', (_, original, options, golden) => {
    const made = withTrack(original, options);
    expect(bytesOf(made)).toBe(hex(golden).toString('hex'));
    expect(made).toMatchObject({ type: original.type, timestamp: 40, headroom: 0 });
  });

  test('does not copy the payload', () => {
    const original = message(9, '91 68766331 000050 aabb', 'cc');
    const [, view, last] = withTrack(original, { trackId: 1 }).parts;
    expect(view!.buffer).toBe(original.parts[0]!.buffer);
    expect(last).toBe(original.parts[1]);
  });

  test('reads back what it wrote, and bodies without tracks', () => {
    const made = withTrack(message(9, '91 68766331 000050 aa'), { trackId: 7, nanosecondOffset: 999_999 });
    const read = readTracks(9, Buffer.concat(made.parts));
    expect(read).toEqual([
      { trackId: 7, fourCc: 'hvc1', packetType: 1, nanosecondOffset: 999_999, body: hex('000050 aa') },
    ]);
    expect(readTracks(8, hex('91 4f707573 aa'))).toMatchObject([
      { trackId: undefined, fourCc: 'Opus', body: hex('aa') },
    ]);
  });

  test('reads many tracks of one codec and of many', () => {
    expect(readTracks(9, hex('96 11 61763031 00 000002 aabb 01 000001 cc'))).toMatchObject([
      { trackId: 0, fourCc: 'av01', packetType: 1, body: hex('aabb') },
      { trackId: 1, fourCc: 'av01', packetType: 1, body: hex('cc') },
    ]);
    expect(readTracks(8, hex('95 21 4f707573 00 000001 aa 6d703461 05 000002 bbcc'))).toMatchObject([
      { trackId: 0, fourCc: 'Opus', body: hex('aa') },
      { trackId: 5, fourCc: 'mp4a', body: hex('bbcc') },
    ]);
  });

  test('steps over ModEx signals of other types and of the long form', () => {
    const long = Buffer.concat([hex('97 ff 0100'), Buffer.alloc(257), hex('11'), hex('68766331 aa')]);
    expect(readTracks(9, long)).toMatchObject([
      { fourCc: 'hvc1', packetType: 1, nanosecondOffset: 0, body: hex('aa') },
    ]);
  });

  test('refuses what is cut off, at every byte', () => {
    const bytes = hex('97 02 000001 06 21 61763031 00 000001 aa 68766331 01 000002 bbcc');
    const seen = Array.from({ length: bytes.length }, (_, length) => {
      try {
        return readTracks(9, bytes.subarray(0, length)).length;
      } catch (error) {
        expect(error).toBeInstanceOf(RtmpError);
        return 'refused';
      }
    });
    // Only behind the first track does a shorter body make sense.
    expect(seen.map((value, length) => [length, value]).filter(([, value]) => value !== 'refused')).toEqual([
      [16, 1],
    ]);
  });

  test.each([
    ['a track id of 256', message(9, '91 68766331'), { trackId: 256 }],
    ['an offset of a millisecond', message(9, '91 68766331'), { nanosecondOffset: 1_000_000 }],
    ['half a nanosecond', message(9, '91 68766331'), { nanosecondOffset: 0.5 }],
    ['a track inside a track', message(9, '96 01 68766331 01'), { trackId: 1 }],
    ['an unknown codec', message(9, '22 00'), { trackId: 1 }],
    ['an unknown sound', message(8, '60 00'), { trackId: 1 }],
    ['data', message(18, '02'), { trackId: 1 }],
    ['nothing', message(9), { trackId: 1 }],
  ])('refuses %s', (_, original, options) => {
    expect(() => withTrack(original, options)).toThrow(RtmpError);
  });
});

describe('aggregate message (RTMP 1.0 §7.1.6)', () => {
  const golden = hex(`
    08 000002 000064 00 000000 af01 0000000d
    09 000001 000078 00 000000 27 0000000c`);

  function split(bytes: Buffer): [number, number, string][] {
    const seen: [number, number, string][] = [];
    splitAggregate(5, 2 ** 32 - 10, bytes, {
      onMessage: (type, messageStreamId, timestamp, payload) => {
        expect(messageStreamId).toBe(5);
        seen.push([type, timestamp, Buffer.from(payload).toString('hex')]);
      },
    });
    return seen;
  }

  test('is taken apart, with times relative to its own', () => {
    const expected = [
      [8, 2 ** 32 - 10, 'af01'],
      [9, 10, '27'],
    ];
    expect(split(golden)).toEqual(expected);
    expect(split(golden.subarray(0, -4))).toEqual(expected);
  });

  test('is refused when it holds another, which could go on for ever', () => {
    expect(() => split(hex('16 000000 000000 00 000000'))).toThrow('holds an aggregate');
  });

  test('is refused when it is cut off', () => {
    expect(() => split(golden.subarray(0, 20))).toThrow('cut off');
    expect(() => split(golden.subarray(0, 12))).toThrow('cut off');
  });
});

describe('data messages', () => {
  test('metadata goes out under @setDataFrame, as an ECMA array', () => {
    const { name, args } = decodeData(18, encodeMetadata({ width: 1920 }), PUBLISHER_LIMITS);
    expect([name, ...args]).toEqual(['@setDataFrame', 'onMetaData', new EcmaArray({ width: 1920 })]);
  });

  test('a name and values make a data message', () => {
    expect(encodeData('onX', true)).toEqual(hex('02 0003 6f6e58 01 01'));
  });
});
