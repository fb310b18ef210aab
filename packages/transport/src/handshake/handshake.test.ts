import { describe, expect, test } from 'vitest';
import { RtmpError } from '../errors.js';
import { ByteSink, pattern } from '../testing/bytes.js';
import { ClientHandshake } from './client.js';
import { findDigest, PLAYER, SERVER, writeDigestHello } from './digest.js';
import { ServerHandshake } from './server.js';
import type { RandomFill } from './simple.js';

const seeded = (seed: number): RandomFill => {
  let next = seed;
  return (target) => target.set(pattern(target.length, next++));
};
const now = (): number => 1234;

interface Pair {
  client: ClientHandshake;
  server: ServerHandshake;
  toServer: ByteSink;
  toClient: ByteSink;
}

function pair(
  clientMode: 'simple' | 'digest',
  serverMode: 'auto' | 'simple' | 'digest',
  digestScheme: 0 | 1 = 1,
): Pair {
  const toServer = new ByteSink();
  const toClient = new ByteSink();
  const client = new ClientHandshake({ mode: clientMode, digestScheme, random: seeded(1), now }, toServer);
  const server = new ServerHandshake({ mode: serverMode, random: seeded(9), now }, toClient);
  client.start();
  return { client, server, toServer, toClient };
}

/** Lets the two talk in pieces of `size` bytes; returns what each left over. */
function talk({ client, server, toServer, toClient }: Pair, size = 4096): void {
  for (let round = 0; round < 3; round++) {
    for (const [sink, side] of [
      [toServer, server],
      [toClient, client],
    ] as const) {
      const bytes = sink.take();
      for (let at = 0; at < bytes.length; at += size) {
        const piece = bytes.subarray(at, at + size);
        const taken = side.push(piece);
        if (taken !== piece.length) expect(taken).toBe(piece.length);
      }
    }
  }
}

describe('handshake', () => {
  test.each([1, 7, 1535, 1536, 1537, 4096])('is understood in pieces of %i bytes', (size) => {
    for (const mode of ['simple', 'digest'] as const) {
      const both = pair(mode, 'auto');
      talk(both, size);
      expect([both.client.done, both.server.done]).toEqual([true, true]);
      expect(both.client.digestVerified).toBe(mode === 'digest');
    }
  });

  test('sends version 3, the time, zeros, and echoes the hello with its own time (RTMP 1.0 §5.2)', () => {
    const { client, toServer } = pair('simple', 'auto');
    const hello = toServer.take();
    expect(hello.length).toBe(1537);
    expect(hello[0]).toBe(3);
    expect(hello.readUInt32BE(1)).toBe(1234);
    expect(hello.readUInt32BE(5)).toBe(0);
    const answer = Buffer.concat([Buffer.from([3]), pattern(1536, 7)]);
    client.push(answer);
    const echo = toServer.take();
    const expected = pattern(1536, 7);
    expected.writeUInt32BE(1234, 4);
    expect(echo).toEqual(expected);
  });

  test('leaves what follows the handshake to others', () => {
    const both = pair('simple', 'auto');
    both.server.push(both.toServer.take());
    const bytes = Buffer.concat([both.toClient.take(), Buffer.from('more')]);
    expect(both.client.push(bytes)).toBe(bytes.length - 4);
    expect(both.client.done).toBe(true);
  });

  test.each([0, 1] as const)('proves the digest both ways in scheme %i', (scheme) => {
    const both = pair('digest', 'digest', scheme);
    talk(both);
    expect(both.server.digestScheme).toBe(scheme);
    expect([both.client.digestVerified, both.server.digestVerified]).toEqual([true, true]);
  });

  test('falls back to the simple handshake when the server knows no digest', () => {
    const both = pair('digest', 'simple');
    talk(both);
    expect([both.client.done, both.server.done]).toEqual([true, true]);
    expect(both.client.digestVerified).toBe(false);
  });

  test('takes an S2 that echoes nothing, as some servers send it', () => {
    for (const mode of ['simple', 'digest'] as const) {
      const { client } = pair(mode, 'auto');
      client.push(Buffer.concat([Buffer.from([3]), Buffer.alloc(3072)]));
      expect(client.done).toBe(true);
    }
  });

  test('makes a server that wants digests refuse clients without', () => {
    const { server, toServer } = pair('simple', 'digest');
    expect(() => server.push(toServer.take())).toThrow(RtmpError);
  });

  test('makes a server that wants digests refuse a wrong answer to its own', () => {
    const { server, toServer } = pair('digest', 'digest');
    server.push(toServer.take());
    expect(() => server.push(Buffer.alloc(1536))).toThrow(RtmpError);
  });

  test.each([0x48, 0x16, 0, 2, 6])('refuses a server whose first byte is %i', (version) => {
    const { client } = pair('simple', 'auto');
    expect(() => client.push(Buffer.from([version]))).toThrow(/RTMP version/);
  });

  test.each([0x47, 0x16, 0, 2, 32])(
    'refuses a client whose first byte is %i, unless it is a later version',
    (version) => {
      const { server } = pair('simple', 'auto');
      const first = Buffer.from([version]);
      if (version === 0x16) expect(server.push(first)).toBe(1);
      else expect(() => server.push(first)).toThrow(/RTMP version/);
    },
  );

  test('finds a digest at the first and the last offset there is, and none in random bytes', () => {
    for (const scheme of [0, 1] as const) {
      for (const offset of [0, 1, 727, 728, 1020]) {
        const hello = Buffer.alloc(1536);
        const base = scheme === 0 ? 772 : 8;
        const sum = [Math.min(255, offset), 0, 0, 0];
        for (let rest = offset - sum[0]!, i = 1; i < 4; i++) {
          sum[i] = Math.min(255, rest);
          rest -= sum[i]!;
        }
        const random = (target: Uint8Array): void => {
          target.fill(0);
          target.set(sum, base - 8);
        };
        const digest = writeDigestHello(hello, PLAYER, scheme, { time: 0, random });
        expect(findDigest(hello, PLAYER)).toEqual({ scheme, digest });
        expect(findDigest(hello, SERVER)).toBeUndefined();
      }
    }
    expect(findDigest(pattern(1536), PLAYER)).toBeUndefined();
  });
});
