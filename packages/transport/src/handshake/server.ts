import type { SliceSink } from '../bits/slice-sink.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import {
  findDigest,
  PLAYER,
  SERVER,
  verifyDigestResponse,
  writeDigestHello,
  writeDigestResponse,
} from './digest.js';
import { type HandshakeParts, HandshakeReader } from './reader.js';
import { HANDSHAKE_LENGTH, type RandomFill, RTMP_VERSION, writeEcho, writeHello } from './simple.js';

export interface ServerHandshakeOptions {
  /**
   * `auto` answers each client in its own way; `digest` refuses clients without a digest; `simple` takes no
   * notice of digests.
   */
  readonly mode: 'auto' | 'simple' | 'digest';
  readonly random: RandomFill;
  readonly now: () => number;
}

/** The server's side of the handshake (RTMP 1.0 §5.2): C0 C1 in, S0 S1 S2 out, C2 in. */
export class ServerHandshake implements HandshakeParts {
  /** The scheme of the client's digest; undefined when it sent none, or `simple` was asked for. */
  digestScheme: 0 | 1 | undefined;
  /** C2 answered our digest. */
  digestVerified = false;
  readonly #options: ServerHandshakeOptions;
  readonly #sink: SliceSink;
  readonly #reader = new HandshakeReader(this);
  #ownDigest: Buffer | undefined;

  constructor(options: ServerHandshakeOptions, sink: SliceSink) {
    this.#options = options;
    this.#sink = sink;
  }

  get done(): boolean {
    return this.#reader.done;
  }

  /** @throws RtmpError `ERR_CLOUDPUSH_HANDSHAKE` */
  push(piece: Uint8Array): number {
    return this.#reader.push(piece);
  }

  /**
   * Called by the reader. "A server that does not recognize the client's requested version SHOULD respond
   * with 3" (RTMP 1.0 §5.2.2); above 31 it is text.
   */
  onVersion(actual: number): void {
    if (actual >= RTMP_VERSION && actual < 32) return;
    throw new RtmpError(
      RtmpErrorCode.handshake,
      'handshake',
      `the client asks for RTMP version ${actual}, permitted: 3 to 31 (does it speak RTMP?)`,
      { details: { actual, permitted: '3 to 31' } },
    );
  }

  /** Called by the reader. */
  onHello(hello: Buffer): void {
    const { mode, random, now } = this.#options;
    const peer = mode === 'simple' ? undefined : findDigest(hello, PLAYER);
    if (peer === undefined && mode === 'digest') throw refused();
    this.digestScheme = peer?.scheme;
    const bytes = Buffer.allocUnsafe(1 + 2 * HANDSHAKE_LENGTH);
    bytes[0] = RTMP_VERSION;
    const ownHello = bytes.subarray(1, 1 + HANDSHAKE_LENGTH);
    const response = bytes.subarray(1 + HANDSHAKE_LENGTH);
    if (peer === undefined) {
      writeHello(ownHello, now(), random);
      writeEcho(response, hello, now());
    } else {
      this.#ownDigest = writeDigestHello(ownHello, SERVER, peer.scheme, { time: now(), random });
      writeDigestResponse(response, SERVER, peer.digest, random);
    }
    this.#sink.push(bytes);
  }

  /** Called by the reader. */
  onResponse(response: Buffer): void {
    if (this.#ownDigest === undefined) return;
    this.digestVerified = verifyDigestResponse(response, PLAYER, this.#ownDigest);
    if (this.#options.mode === 'digest' && !this.digestVerified) throw refused();
  }
}

function refused(): RtmpError {
  return new RtmpError(
    RtmpErrorCode.handshake,
    'handshake',
    'the client sent no valid digest, and digests are required',
  );
}
