import { expect, test } from 'vitest';
import { rtspLimits } from '../limits.js';
import type { RtspMessage } from './rtsp-message.js';
import { RtspReader } from './rtsp-reader.js';

/** The reports of a reader, in a form that can be compared. */
function read(pieces: readonly Uint8Array[], limits = rtspLimits): string[] {
  const told: string[] = [];
  const reader = new RtspReader(
    {
      onMessage: (message) => told.push(describe(message)),
      onFrame: (channel, bytes, start, end) =>
        told.push(`frame ${channel} ${Buffer.from(bytes.subarray(start, end)).toString('hex')}`),
    },
    limits,
  );
  for (const piece of pieces) reader.push(piece);
  return told;
}

function describe(message: RtspMessage): string {
  const start =
    message.kind === 'response' ? `${message.status} ${message.reason}` : `${message.method} ${message.url}`;
  const headers = [...message.headers].map(([name, values]) => `${name}=${values.join('|')}`);
  return `${start} [${headers.join(', ')}] ${Buffer.from(message.body).toString('latin1')}`;
}

function bytes(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

const describeResponse = 'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 6\r\n\r\nv=0\r\nx';
const frame = Buffer.from('2401000480c80001', 'hex');

/** RFC 2326 §10.12: a response among interleaved frames, and a request of the server. */
const stream = bytes(
  describeResponse,
  frame,
  Buffer.from('24000000', 'hex'),
  'RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 12345678\r\nWWW-Authenticate: Basic realm="a"\r\n' +
    'www-authenticate: Digest realm="b",\r\n nonce="c"\r\n\r\n',
  '\r\n\r\n',
  frame,
  'OPTIONS * RTSP/1.0\nCSeq: 9\n\n',
  frame,
);

const told = [
  '200 OK [cseq=2, content-length=6] v=0\r\nx',
  'frame 1 80c80001',
  'frame 0 ',
  '200 OK [cseq=3, session=12345678, www-authenticate=Basic realm="a"|Digest realm="b", nonce="c"] ',
  'frame 1 80c80001',
  'OPTIONS * [cseq=9] ',
  'frame 1 80c80001',
];

test('messages and frames come out in order, whole or cut at any byte', () => {
  expect(read([stream])).toEqual(told);
  for (let at = 1; at < stream.length; at++) {
    expect(read([stream.subarray(0, at), stream.subarray(at)]), `cut at ${at}`).toEqual(told);
  }
  expect(read(Array.from(stream, (_, at) => stream.subarray(at, at + 1)))).toEqual(told);
});

test('a frame in one piece is not copied', () => {
  let seen: Uint8Array | undefined;
  const reader = new RtspReader(
    {
      onMessage: () => undefined,
      onFrame: (_, given) => {
        seen = given;
      },
    },
    rtspLimits,
  );
  reader.push(frame);
  expect(seen).toBe(frame);
});

test('nothing is read once the reader has been stopped, not even the rest of a piece', () => {
  let frames = 0;
  const reader: RtspReader = new RtspReader(
    {
      onMessage: () => undefined,
      onFrame: () => {
        frames++;
        reader.stop();
      },
    },
    rtspLimits,
  );
  reader.push(bytes(frame, frame));
  reader.push(frame);
  expect(frames).toBe(1);
});

const refusals: readonly [what: string, input: Uint8Array, code: string, message: RegExp][] = [
  ['a byte that begins nothing', Buffer.of(0x80, 0x60), 'PROTOCOL', /byte 0x80/],
  ['an HTTP server', bytes('HTTP/1.1 400 Bad Request\r\n\r\n'), 'PROTOCOL', /HTTP server/],
  [
    'another protocol',
    bytes('SSH-2.0-OpenSSH\r\n\r\n'),
    'PROTOCOL',
    /"SSH-2.0-OpenSSH" does not begin an RTSP/,
  ],
  ['a line without a colon', bytes('RTSP/1.0 200 OK\r\nnothing\r\n\r\n'), 'PROTOCOL', /"nothing"/],
  ['a length that is none', bytes('RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n'), 'PROTOCOL', /"-1"/],
  [
    'too large a body',
    bytes('RTSP/1.0 200 OK\r\nContent-Length: 131073\r\n\r\n'),
    'LIMIT',
    /131073 .*131072/,
  ],
  ['too many fields', bytes(`RTSP/1.0 200 OK\r\n${'a: b\r\n'.repeat(65)}\r\n`), 'LIMIT', /64 header fields/],
  ['a header without an end', bytes(`RTSP/1.0 200 OK\r\na: ${'b'.repeat(20_000)}`), 'LIMIT', /16384 bytes/],
  ['a line without an end', bytes('A'.repeat(20_000)), 'LIMIT', /16384 bytes/],
];

for (const [what, input, code, message] of refusals) {
  test(`${what} is refused, whole or in single bytes`, () => {
    const error = expect.objectContaining({
      code: `ERR_CLOUDPUSH_RTSP_${code}`,
      message: expect.stringMatching(message),
    });
    expect(() => read([input])).toThrow(error);
    expect(() => read(Array.from(input, (_, at) => input.subarray(at, at + 1)))).toThrow(error);
  });
}

test('64 header fields, a header of 16384 bytes and a body of 131072 are permitted', () => {
  const fields = `${'a: b\r\n'.repeat(63)}Content-Length: 131072\r\n`;
  expect(read([bytes(`RTSP/1.0 200 OK\r\n${fields}\r\n`, Buffer.alloc(131_072, 0x78))])).toHaveLength(1);
  const start = 'RTSP/1.0 200 OK\r\na: ';
  const longest = `${start}${'b'.repeat(16_384 - start.length - 4)}\r\n\r\n`;
  expect(read([bytes(longest)])).toHaveLength(1);
  expect(() => read([bytes(longest.replace('a: ', 'a: b'))])).toThrow(/16384/);
});
