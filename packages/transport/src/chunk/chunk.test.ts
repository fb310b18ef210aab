import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { RtmpError } from '../errors.js';
import { PUBLISHER_LIMITS, RECEIVER_LIMITS, type TransportLimits } from '../limits.js';
import { ByteSink, hex, pattern } from '../testing/bytes.js';
import { type NaiveMessage, readNaively } from '../testing/naive-chunks.js';
import { writeBasicHeader } from './header.js';
import { ChunkReader } from './reader.js';
import { ChunkWriter } from './writer.js';

function read(pieces: Uint8Array[], limits: TransportLimits = RECEIVER_LIMITS): NaiveMessage[] {
  const messages: NaiveMessage[] = [];
  const reader = new ChunkReader(
    {
      onMessage: (type, messageStreamId, timestamp, payload) => {
        messages.push({ type, messageStreamId, timestamp, payload: Buffer.from(payload) });
      },
    },
    limits,
  );
  for (const piece of pieces) reader.push(piece);
  return messages;
}

/** Tells the difference where there is one; looking for it would take long. */
function expectSame(found: NaiveMessage[], expected: NaiveMessage[], what?: string): void {
  if (!isDeepStrictEqual(found, expected)) expect(found, what).toEqual(expected);
}

/** Reads the bytes whole, split in two at every offset, and byte by byte; all must agree, and is returned. */
function readSplitEverywhere(bytes: Buffer): NaiveMessage[] {
  const whole = read([bytes]);
  for (let at = 1; at < bytes.length; at++) {
    const split = read([bytes.subarray(0, at), bytes.subarray(at)]);
    expectSame(split, whole, `split at ${at}`);
  }
  expectSame(read(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))), whole);
  return whole;
}

function errorOf(action: () => void): RtmpError {
  try {
    action();
  } catch (error) {
    if (error instanceof RtmpError) return error;
  }
  throw new Error('no RtmpError was thrown');
}

function media(
  timestamp: number,
  payload: Uint8Array,
  type = 9,
): {
  type: number;
  timestamp: number;
  parts: Uint8Array[];
  size: number;
  headroom: number;
} {
  return { type, timestamp, parts: [payload], size: payload.length, headroom: 0 };
}

describe('chunk basic header (RTMP 1.0 §5.3.1.1)', () => {
  test.each([
    [2, '02'],
    [63, '3f'],
    [64, '0000'],
    [319, '00ff'],
    [320, '010001'],
    [65599, '01ffff'],
    [64 + 3 + 256 * 7, '010307'],
  ])('puts id %i into its shortest form', (id, expected) => {
    const target = Buffer.alloc(3);
    const length = writeBasicHeader(target, 0, 0, id);
    expect(target.subarray(0, length).toString('hex')).toBe(expected);
  });

  test.each([
    ['one byte', '03'],
    ['two bytes', '0000'],
    ['two bytes, greatest', '00ff'],
    ['three bytes', '010001'],
    ['three bytes, greatest', '01ffff'],
    ['three bytes for a small id', '010000'],
  ])('reads an id of %s, and continues the same stream in that form', (_, basic) => {
    const payload = pattern(200);
    const header = Buffer.from(basic, 'hex');
    const continuation = Buffer.from(header);
    continuation[0]! |= 0xc0;
    const bytes = Buffer.concat([
      header,
      hex('000064 0000c8 09 01000000'),
      payload.subarray(0, 128),
      continuation,
      payload.subarray(128),
    ]);
    expect(readSplitEverywhere(bytes)).toEqual([{ type: 9, messageStreamId: 1, timestamp: 100, payload }]);
  });
});

describe('the examples of RTMP 1.0 §5.3.2', () => {
  test('reads example 1: audio messages whose headers shrink', () => {
    const bodies = [1, 2, 3, 4].map((seed) => pattern(32, seed));
    const bytes = Buffer.concat([
      hex('03 0003e8 000020 08 39300000'),
      bodies[0]!,
      hex('83 000014'),
      bodies[1]!,
      hex('c3'),
      bodies[2]!,
      hex('c3'),
      bodies[3]!,
    ]);
    expect(bytes.length).toBe(44 + 36 + 33 + 33);
    const expected = bodies.map((payload, i) => {
      return { type: 8, messageStreamId: 12345, timestamp: 1000 + 20 * i, payload };
    });
    expect(readSplitEverywhere(bytes)).toEqual(expected);
  });

  test('reads and writes example 2: a message that is too long for one chunk', () => {
    const payload = pattern(307);
    const golden = Buffer.concat([
      hex('04 0003e8 000133 09 3a300000'),
      payload.subarray(0, 128),
      hex('c4'),
      payload.subarray(128, 256),
      hex('c4'),
      payload.subarray(256),
    ]);
    expect(golden.length).toBe(140 + 129 + 52);
    expect(readSplitEverywhere(golden)).toEqual([
      { type: 9, messageStreamId: 12346, timestamp: 1000, payload },
    ]);
    const sink = new ByteSink();
    new ChunkWriter(sink).writeMedia(4, 12346, media(1000, payload));
    expect(sink.take()).toEqual(golden);
  });
});

describe('extended timestamp (RTMP 1.0 §5.3.1.3)', () => {
  test.each([
    [0xfffffe, 'fffffe', ''],
    [0xffffff, 'ffffff', '00ffffff'],
    [0x1000000, 'ffffff', '01000000'],
    [0xffffffff, 'ffffff', 'ffffffff'],
  ])('writes %i as the field %s and the extension %s, on every chunk', (timestamp, field, extension) => {
    const payload = pattern(300);
    const golden = Buffer.concat([
      hex(`06 ${field} 00012c 09 01000000 ${extension}`),
      payload.subarray(0, 128),
      hex(`c6 ${extension}`),
      payload.subarray(128, 256),
      hex(`c6 ${extension}`),
      payload.subarray(256),
    ]);
    const sink = new ByteSink();
    new ChunkWriter(sink).writeMedia(6, 1, media(timestamp, payload));
    expect(sink.take()).toEqual(golden);
    expect(readSplitEverywhere(golden)).toEqual([{ type: 9, messageStreamId: 1, timestamp, payload }]);
  });

  test('reads peers that leave it out on format 3 chunks', () => {
    const payload = pattern(300);
    const bytes = Buffer.concat([
      hex('06 ffffff 00012c 09 01000000 01000000'),
      payload.subarray(0, 128),
      hex('c6'),
      payload.subarray(128, 256),
      hex('c6'),
      payload.subarray(256),
    ]);
    const [message] = readSplitEverywhere(bytes);
    expect(message).toEqual({ type: 9, messageStreamId: 1, timestamp: 0x1000000, payload });
  });

  test.each([
    ['one byte', 200, '01 55 55 55 55'],
    ['two bytes', 200, '01 02 55 55 55'],
    ['three bytes', 200, '01 02 03 55 55'],
    ['three bytes, which end the message', 131, '01 02 03'],
    ['the last byte of the message', 129, '01'],
  ])('takes payload that begins like the timestamp that was left out: %s', (_, size, beginning) => {
    const payload = pattern(size);
    hex(beginning).copy(payload, 128);
    const message = Buffer.concat([
      hex(`06 ffffff 0000${size.toString(16)} 09 01000000 01020304`),
      payload.subarray(0, 128),
      hex('c6'),
      payload.subarray(128),
    ]);
    const end = hex('06 000005 000001 09 01000000 aa');
    expect(readSplitEverywhere(Buffer.concat([message, message, end]))).toEqual([
      { type: 9, messageStreamId: 1, timestamp: 0x01020304, payload },
      { type: 9, messageStreamId: 1, timestamp: 0x01020304, payload },
      { type: 9, messageStreamId: 1, timestamp: 5, payload: hex('aa') },
    ]);
  });

  test('reads it as a delta after formats 1 and 2, and wraps at 2^32', () => {
    const bytes = hex(`
      06 ffffff 000001 09 01000000 fffffff0 aa
      46 ffffff 000001 09 01000000 bb
      86 00000f cc
      86 000001 dd`);
    expect(readSplitEverywhere(bytes).map((message) => message.timestamp)).toEqual([
      0xfffffff0, 0x00fffff0, 0x00ffffff, 0x01000000,
    ]);
  });
});

describe('chunk reader', () => {
  test('puts interleaved messages together', () => {
    const video = pattern(300, 5);
    const audio = pattern(150, 6);
    const bytes = Buffer.concat([
      hex('06 000001 00012c 09 01000000'),
      video.subarray(0, 128),
      hex('04 000002 000096 08 01000000'),
      audio.subarray(0, 128),
      hex('c6'),
      video.subarray(128, 256),
      hex('c4'),
      audio.subarray(128),
      hex('c6'),
      video.subarray(256),
    ]);
    expect(readSplitEverywhere(bytes).map((message) => message.payload)).toEqual([audio, video]);
  });

  test('obeys Set Chunk Size at once, between the chunks of a message, too', () => {
    const payload = pattern(300);
    const bytes = Buffer.concat([
      hex('06 000000 00012c 09 01000000'),
      payload.subarray(0, 128),
      hex('02 000000 000004 01 00000000 00001000 c6'),
      payload.subarray(128),
    ]);
    expect(readSplitEverywhere(bytes).map((message) => message.payload)).toEqual([payload]);
  });

  test('drops a half-received message on Abort', () => {
    const bytes = Buffer.concat([
      hex('06 000000 00012c 09 01000000'),
      pattern(128),
      hex('02 000000 000004 02 00000000 00000006'),
      hex('06 000005 000002 09 01000000 0102'),
    ]);
    const expected = [{ type: 9, messageStreamId: 1, timestamp: 5, payload: hex('0102') }];
    expect(readSplitEverywhere(bytes)).toEqual(expected);
  });

  test('drops a half-received message when a new one begins on its chunk stream', () => {
    const bytes = Buffer.concat([
      hex('06 000000 00012c 09 01000000'),
      pattern(128),
      hex('06 000005 000002 09 01000000 0102'),
    ]);
    expect(readSplitEverywhere(bytes).map((message) => message.timestamp)).toEqual([5]);
  });

  test('takes a chunk stream that begins with format 1, as librtmp has been seen to do', () => {
    const expected = [{ type: 9, messageStreamId: 0, timestamp: 5, payload: hex('aa') }];
    expect(readSplitEverywhere(hex('46 000005 000001 09 aa'))).toEqual(expected);
  });

  test('hands over messages without a body', () => {
    const bytes = hex('06 000007 000000 09 01000000 c6 c6');
    const timestamps = readSplitEverywhere(bytes).map((message) => message.timestamp);
    expect(timestamps).toEqual([7, 14, 21]);
  });

  test('agrees with a naive reader about what a writer with odd parts and sizes sends', () => {
    const sink = new ByteSink();
    const writer = new ChunkWriter(sink);
    for (let i = 1; i < 60; i++) {
      const body = pattern(i * 37, i);
      const parts = [body.subarray(0, i), body.subarray(i, i), body.subarray(i)];
      const timestamp = i * 0x5000000;
      writer.writeMedia(2 + ((i * 7) % 62), i, {
        type: 9,
        timestamp: timestamp >>> 0,
        parts,
        size: body.length,
        headroom: 0,
      });
      if (i % 10 === 0) {
        writer.write(2, 1, 0, 0, hex(`000000${(128 + i).toString(16)}`));
        writer.chunkSize = 128 + i;
      }
    }
    const bytes = sink.take();
    const expected = readNaively(bytes);
    expect(expected).toHaveLength(59);
    expectSame(read([bytes]), expected);
    expectSame(read(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))), expected);
  });

  test('gives a view of the input when a message came in one piece', () => {
    const bytes = hex('06 000007 000003 09 01000000 010203');
    let seen: Uint8Array | undefined;
    new ChunkReader({ onMessage: (...[, , , payload]) => (seen = payload) }, PUBLISHER_LIMITS).push(bytes);
    expect(seen?.buffer).toBe(bytes.buffer);
  });

  test.each([
    ['a chunk size of 0', '02 000000 000004 01 00000000 00000000'],
    ['a chunk size with the top bit', '02 000000 000004 01 00000000 80000000'],
    ['a Set Chunk Size of two bytes', '02 000000 000002 01 00000000 0000'],
    ['a chunk stream that begins with format 2', '86 000000'],
    ['a chunk stream that begins with format 3', 'c6'],
  ])('refuses %s', (_, bytes) => {
    expect(errorOf(() => read([hex(bytes)])).code).toBe('ERR_CLOUDPUSH_PROTOCOL');
  });

  test('leaves an Abort aside that names no chunk stream', () => {
    expect(read([hex('02 000000 000001 02 00000000 00')])).toEqual([]);
  });

  test('accepts the greatest chunk size and takes it for the greatest message', () => {
    const reader = new ChunkReader({ onMessage: () => undefined }, PUBLISHER_LIMITS);
    reader.push(hex('02 000000 000004 01 00000000 7fffffff'));
    expect(reader.chunkSize).toBe(0xffffff);
  });

  test('refuses messages longer than the limit before it has any of their bytes', () => {
    const limits = { ...PUBLISHER_LIMITS, maxMessageBytes: 1000 };
    const error = errorOf(() => read([hex('06 000000 0003e9 09 01000000')], limits));
    expect(error.code).toBe('ERR_CLOUDPUSH_PEER_LIMIT');
    expect(error.details).toEqual({ stage: 'message', actual: 1001, permitted: 1000 });
  });

  test('refuses to hold more half-received messages than the limit', () => {
    const limits = { ...PUBLISHER_LIMITS, maxMessageBytes: 1000, maxAssemblyBytes: 1500 };
    const open = (id: string): Buffer =>
      Buffer.concat([hex(`${id} 000000 0003e8 09 01000000`), pattern(128)]);
    expect(read([open('06')], limits)).toEqual([]);
    expect(errorOf(() => read([open('06'), open('07')], limits)).code).toBe('ERR_CLOUDPUSH_PEER_LIMIT');
  });

  test('refuses more chunk streams than the limit', () => {
    const limits = { ...PUBLISHER_LIMITS, maxChunkStreams: 2 };
    const message = (id: string): Buffer => hex(`${id} 000000 000001 09 01000000 00`);
    expect(read([message('06'), message('07')], limits)).toHaveLength(2);
    const error = errorOf(() => read([message('06'), message('07'), message('08')], limits));
    expect(error.details).toEqual({ stage: 'message', actual: 3, permitted: 2 });
  });
});

describe('chunk writer', () => {
  test('writes the header into the headroom: one slice, no copy', () => {
    const shared = new SharedArrayBuffer(1000);
    const body = new Uint8Array(shared, 20, 500);
    body.set(pattern(500));
    const sink = new ByteSink();
    const writer = new ChunkWriter(sink);
    writer.chunkSize = 4096;
    writer.writeMedia(6, 1, { type: 9, timestamp: 40, parts: [body], size: 500, headroom: 20 });
    expect(sink.slices).toHaveLength(1);
    expect(sink.slices[0]!.buffer).toBe(shared);
    expect(sink.take()).toEqual(Buffer.concat([hex('06 000028 0001f4 09 01000000'), pattern(500)]));
    expect(Buffer.from(new Uint8Array(shared, 0, 8))).toEqual(Buffer.alloc(8));
  });

  test.each([
    [11, 40, 2],
    [12, 40, 1],
    [15, 0xffffff, 2],
    [16, 0xffffff, 1],
  ])('with %i bytes of headroom, a message at %i ms goes out in %i slices', (headroom, timestamp, slices) => {
    const body = Buffer.alloc(100).subarray(20);
    const sink = new ByteSink();
    new ChunkWriter(sink).writeMedia(6, 1, { type: 9, timestamp, parts: [body], size: 80, headroom });
    expect(sink.slices).toHaveLength(slices);
    expect(readNaively(sink.take())).toEqual([{ type: 9, messageStreamId: 1, timestamp, payload: body }]);
  });

  test('cuts long messages into views of the payload, with and without headroom', () => {
    const memory = Buffer.alloc(70_000);
    pattern(70_000).copy(memory);
    for (const headroom of [0, 64]) {
      const body = memory.subarray(64);
      const before = Buffer.from(body);
      const sink = new ByteSink();
      new ChunkWriter(sink).writeMedia(6, 1, {
        type: 9,
        timestamp: 1,
        parts: [body],
        size: body.length,
        headroom,
      });
      const viewed = sink.slices.filter((slice) => slice.buffer === memory.buffer);
      const bytes = viewed.reduce((sum, slice) => sum + slice.length, 0);
      expect(bytes).toBe(body.length + (headroom > 0 ? 12 : 0));
      expect(readNaively(sink.take())[0]!.payload.equals(before)).toBe(true);
    }
  });

  test('keeps headers apart that are still on their way', () => {
    const sink = new ByteSink();
    const writer = new ChunkWriter(sink);
    for (let i = 0; i < 1000; i++) writer.writeMedia(6, 1, media(i, pattern(3, i)));
    const messages = readNaively(sink.take());
    expect(messages.map((message) => message.timestamp)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test('writes messages without a body', () => {
    const sink = new ByteSink();
    new ChunkWriter(sink).writeMedia(6, 1, { type: 9, timestamp: 3, parts: [], size: 0, headroom: 0 });
    expect(sink.take()).toEqual(hex('06 000003 000000 09 01000000'));
  });

  test('refuses a message longer than 2^24 - 1 bytes before it writes anything', () => {
    const sink = new ByteSink();
    const writer = new ChunkWriter(sink);
    const message = { type: 9, timestamp: 0, parts: [], size: 0x1000000, headroom: 0 };
    expect(errorOf(() => writer.writeMedia(6, 1, message)).code).toBe('ERR_CLOUDPUSH_MESSAGE_TOO_LARGE');
    expect(sink.slices).toEqual([]);
  });
});
