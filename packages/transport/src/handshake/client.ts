import type { SliceSink } from '../bits/slice-sink.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import {
  type DigestScheme,
  findDigest,
  PLAYER,
  SERVER,
  verifyDigestResponse,
  writeDigestHello,
  writeDigestResponse,
} from './digest.js';
import { type HandshakeParts, HandshakeReader } from './reader.js';
import { HANDSHAKE_LENGTH, type RandomFill, RTMP_VERSION, writeEcho, writeHello } from './simple.js';

export interface ClientHandshakeOptions {
  /** `digest` falls back by itself when the server's hello carries no digest. */
  readonly mode: 'simple' | 'digest';
  readonly digestScheme: DigestScheme;
  readonly random: RandomFill;
  /** Milliseconds. */
  readonly now: () => number;
}

/** The client's side of the handshake (RTMP 1.0 §5.2): C0 C1 out, S0 S1 in, C2 out, S2 in. */
export class ClientHandshake implements HandshakeParts {
  /** The server proved that it knows the digest handshake. */
  digestVerified = false;
  readonly #options: ClientHandshakeOptions;
  readonly #sink: SliceSink;
  readonly #reader = new HandshakeReader(this);
  #ownDigest: Buffer | undefined;

  constructor(options: ClientHandshakeOptions, sink: SliceSink) {
    this.#options = options;
    this.#sink = sink;
  }

  get done(): boolean {
    return this.#reader.done;
  }

  /** Sends C0 and C1. */
  start(): void {
    const { mode, digestScheme, random, now } = this.#options;
    const bytes = Buffer.allocUnsafe(1 + HANDSHAKE_LENGTH);
    bytes[0] = RTMP_VERSION;
    const hello = bytes.subarray(1);
    if (mode === 'simple') writeHello(hello, now(), random);
    else this.#ownDigest = writeDigestHello(hello, PLAYER, digestScheme, { time: now(), random });
    this.#sink.push(bytes);
  }

  /**
   * Takes bytes until the handshake is done; returns the offset of the first byte that is no part of it.
   * @throws RtmpError `ERR_CLOUDPUSH_HANDSHAKE` when the server answers with another version
   */
  push(piece: Uint8Array): number {
    return this.#reader.push(piece);
  }

  /** Called by the reader. */
  onVersion(actual: number): void {
    if (actual === RTMP_VERSION) return;
    throw new RtmpError(
      RtmpErrorCode.handshake,
      'handshake',
      `the server answered with RTMP version ${actual}, permitted: ${RTMP_VERSION} (is it an RTMP server?)`,
      { details: { actual, permitted: RTMP_VERSION } },
    );
  }

  /** Called by the reader. */
  onHello(hello: Buffer): void {
    const reply = Buffer.allocUnsafe(HANDSHAKE_LENGTH);
    const peer = this.#ownDigest === undefined ? undefined : findDigest(hello, SERVER);
    if (peer === undefined) writeEcho(reply, hello, this.#options.now());
    else writeDigestResponse(reply, PLAYER, peer.digest, this.#options.random);
    this.#sink.push(reply);
  }

  /**
   * Called by the reader. S2 is checked but never refused: servers answer with anything from an exact echo to
   * zeros.
   */
  onResponse(response: Buffer): void {
    if (this.#ownDigest === undefined) return;
    this.digestVerified = verifyDigestResponse(response, SERVER, this.#ownDigest);
  }
}
