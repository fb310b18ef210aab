import { describe, expect, test } from 'vitest';
import { FlvDemuxer } from './flv-demuxer.js';
import { FlvReader } from './flv-reader.js';
import { TagType } from './flv-tag.js';
import { FlvWriter } from './flv-writer.js';
import { PieceBuffer } from './piece-buffer.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

// FLV 10.1 Annex E.2 and E.4.1, written out: header, PreviousTagSize0, two tags with their sizes behind them.
const header = hex('464c5601 05 00000009 00000000');
const script = hex('12 000003 000000 00 000000 020000 0000000e');
const video = hex('09 000002 345678 12 000000 1702 0000000d');
const file = Buffer.concat([header, script, video]);
const tags = [
  { type: 18, timestamp: 0, payload: hex('020000'), offset: 13 },
  { type: 9, timestamp: 0x12345678, payload: hex('1702'), offset: 31 },
];

describe('FlvWriter', () => {
  test('writes the bytes of the specification around the parts of a tag', () => {
    const writer = new FlvWriter();
    expect(Buffer.from(writer.header()).equals(header)).toBe(true);
    expect(writer.header({ hasAudio: false, hasVideo: true })[4]).toBe(1);
    const parts = [hex('17'), hex('02')];
    const written = writer.tag({ type: TagType.video, timestamp: 0x12345678, parts, size: 2 });
    expect(written[1]).toBe(parts[0]);
    expect(Buffer.concat(written).equals(video)).toBe(true);
  });
});

describe('FlvReader', () => {
  test('gives the same tags wherever the file is split', () => {
    for (let split = 0; split <= file.length; split++) {
      const reader = new FlvReader();
      const read = [...reader.push(file.subarray(0, split)), ...reader.push(file.subarray(split))];
      expect(read.map((tag) => ({ ...tag, payload: Buffer.from(tag.payload) }))).toEqual(tags);
      expect(reader.header).toEqual({ hasAudio: true, hasVideo: true });
      expect(reader.end()).toEqual({ truncatedBytes: 0, previousTagSizeErrors: 0 });
    }
  });

  test('gives the same tags byte by byte', () => {
    const reader = new FlvReader();
    const read = [...file].flatMap((byte) => reader.push(Uint8Array.of(byte)));
    expect(read.map(({ payload }) => payload.length)).toEqual([3, 2]);
  });

  test('does not keep an object for each of many small pieces', () => {
    const pieces = new PieceBuffer();
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251));
    let at = 0;
    for (let size = 1; at < bytes.length; at += size, size = (size % 37) + 1) {
      pieces.push(bytes.subarray(at, at + size));
      if (at === 703) expect(pieces.take(100)).toEqual(new Uint8Array(bytes.subarray(0, 100)));
    }
    expect(pieces.count).toBeLessThan(80);
    const start = bytes.length - pieces.size;
    expect(Buffer.from(pieces.take(1234)!).equals(bytes.subarray(start, start + 1234))).toBe(true);
    expect(Buffer.from(pieces.take(pieces.size)!).equals(bytes.subarray(start + 1234))).toBe(true);
    expect(pieces.size).toBe(0);
  });

  test('tells how many bytes of a cut-off tag there were', () => {
    for (let cut = 1; cut < video.length - 4; cut++) {
      const reader = new FlvReader();
      expect(reader.push(file.subarray(0, header.length + script.length + cut))).toHaveLength(1);
      expect(reader.end().truncatedBytes).toBe(cut);
    }
  });

  test('lives without the last PreviousTagSize, and counts wrong ones', () => {
    const reader = new FlvReader();
    expect(reader.push(file.subarray(0, file.length - 4))).toHaveLength(2);
    expect(reader.end()).toEqual({ truncatedBytes: 0, previousTagSizeErrors: 0 });
    const wrong = Buffer.from(file);
    wrong[header.length + script.length - 1] = 99;
    const other = new FlvReader();
    expect(other.push(wrong)).toHaveLength(2);
    expect(other.end().previousTagSizeErrors).toBe(1);
  });

  test('skips a longer file header by its DataOffset', () => {
    const reader = new FlvReader();
    const longer = Buffer.concat([hex('464c5601 05 0000000b aaaa 00000000'), script]);
    expect(reader.push(longer)).toHaveLength(1);
  });

  test('gives the tags before bytes that are no tag, and then refuses', () => {
    const reader = new FlvReader();
    expect(reader.push(Buffer.concat([file, hex('ff'.repeat(20))]))).toHaveLength(2);
    const refusal = expect.objectContaining({
      code: 'ERR_CLOUDPUSH_FLV_TAG_INVALID',
      details: expect.objectContaining({ offset: 48 }),
    });
    expect(() => reader.push(new Uint8Array(0))).toThrow(refusal);
    expect(() => reader.end()).toThrow(refusal);
  });
});

test.each(['5700', 'd001', 'd0', '5c', 'df0000'])('a command frame (%s) holds no picture', (payload) => {
  expect(new FlvDemuxer().demux({ type: 9, timestamp: 0, payload: hex(payload) })).toBeUndefined();
});
