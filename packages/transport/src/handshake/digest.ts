import { createHmac, timingSafeEqual } from 'node:crypto';
import { writeUint32 } from '../bits/uint.js';
import { HANDSHAKE_LENGTH, type RandomFill } from './simple.js';

/**
 * The digest ("complex") handshake of Flash Player 9 and later. Adobe never published it; what follows is
 * what ffmpeg, librtmp and the servers agree on. Hello and response carry an HMAC-SHA256 each, under keys
 * that everyone knows: it proves nothing, but some servers insist on it.
 */

/** 0: key block first, digest block at 772. 1: digest block first, at 8. */
export type DigestScheme = 0 | 1;

const DIGEST_LENGTH = 32;
/** The offset is the sum of four bytes modulo this (764-byte block less offset and digest). */
const OFFSET_MODULUS = 728;
const COMMON_TAIL = Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex');
const PLAYER_NAME = Buffer.from('Genuine Adobe Flash Player 001', 'latin1');
const SERVER_NAME = Buffer.from('Genuine Adobe Flash Media Server 001', 'latin1');

/** The keys of one side: the name signs the hello, name and tail together the response. */
export interface DigestRole {
  readonly helloKey: Buffer;
  readonly responseKey: Buffer;
  /** The value of the version field: servers take any value but zero for "does digests". */
  readonly version: number;
}

export const PLAYER: DigestRole = {
  helloKey: PLAYER_NAME,
  responseKey: Buffer.concat([PLAYER_NAME, COMMON_TAIL]),
  version: 0x09007c02,
};
export const SERVER: DigestRole = {
  helloKey: SERVER_NAME,
  responseKey: Buffer.concat([SERVER_NAME, COMMON_TAIL]),
  version: 0x03050101,
};

/** Content of a hello beside its digest. */
export interface HelloContent {
  /** ms, of any clock. */
  readonly time: number;
  readonly random: RandomFill;
}

/** Writes C1 or S1 with its digest in place and returns the digest. */
export function writeDigestHello(
  target: Buffer,
  role: DigestRole,
  scheme: DigestScheme,
  { time, random }: HelloContent,
): Buffer {
  writeUint32(target, 0, time);
  target.writeUInt32BE(role.version, 4);
  random(target.subarray(8, HANDSHAKE_LENGTH));
  const offset = digestOffset(target, scheme);
  const digest = digestAround(target, offset, role.helloKey);
  digest.copy(target, offset);
  return digest;
}

/** The digest inside a hello of the given role and its scheme, or undefined when it carries no valid one. */
export function findDigest(
  hello: Buffer,
  role: DigestRole,
): { scheme: DigestScheme; digest: Buffer } | undefined {
  for (const scheme of [1, 0] as const) {
    const offset = digestOffset(hello, scheme);
    const found = hello.subarray(offset, offset + DIGEST_LENGTH);
    if (timingSafeEqual(found, digestAround(hello, offset, role.helloKey))) {
      return { scheme, digest: Buffer.from(found) };
    }
  }
  return undefined;
}

/** Writes C2 or S2: random bytes and their HMAC under a key that is made from the peer's digest. */
export function writeDigestResponse(
  target: Buffer,
  role: DigestRole,
  peerDigest: Buffer,
  random: RandomFill,
): void {
  const body = target.subarray(0, HANDSHAKE_LENGTH - DIGEST_LENGTH);
  random(body);
  responseDigest(body, role, peerDigest).copy(target, HANDSHAKE_LENGTH - DIGEST_LENGTH);
}

/** Tells whether C2 or S2 of the given role answers our digest. */
export function verifyDigestResponse(response: Buffer, role: DigestRole, ownDigest: Buffer): boolean {
  const body = response.subarray(0, HANDSHAKE_LENGTH - DIGEST_LENGTH);
  const found = response.subarray(HANDSHAKE_LENGTH - DIGEST_LENGTH, HANDSHAKE_LENGTH);
  return timingSafeEqual(found, responseDigest(body, role, ownDigest));
}

function responseDigest(body: Buffer, role: DigestRole, peerDigest: Buffer): Buffer {
  const key = createHmac('sha256', role.responseKey).update(peerDigest).digest();
  return createHmac('sha256', key).update(body).digest();
}

function digestOffset(hello: Buffer, scheme: DigestScheme): number {
  const base = scheme === 0 ? 772 : 8;
  const sum = hello[base]! + hello[base + 1]! + hello[base + 2]! + hello[base + 3]!;
  return base + 4 + (sum % OFFSET_MODULUS);
}

function digestAround(hello: Buffer, offset: number, key: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(hello.subarray(0, offset))
    .update(hello.subarray(offset + DIGEST_LENGTH, HANDSHAKE_LENGTH))
    .digest();
}
