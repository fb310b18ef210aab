import { HANDSHAKE_LENGTH } from './simple.js';

/**
 * Takes the three parts of the peer's handshake (RTMP 1.0 §5.2), each once and whole. What it throws ends the
 * handshake.
 */
export interface HandshakeParts {
  /** C0 or S0. */
  onVersion(version: number): void;
  /** C1 or S1. */
  onHello(hello: Buffer): void;
  /** C2 or S2. */
  onResponse(response: Buffer): void;
}

/** Reads the peer's handshake, however its bytes are split: client and server send parts of the same form. */
export class HandshakeReader {
  readonly #parts: HandshakeParts;
  readonly #version = new Collector(1);
  readonly #hello = new Collector(HANDSHAKE_LENGTH);
  readonly #response = new Collector(HANDSHAKE_LENGTH);

  constructor(parts: HandshakeParts) {
    this.#parts = parts;
  }

  /** The last part has come. */
  get done(): boolean {
    return this.#response.full;
  }

  /** Takes bytes until the handshake is done; returns the offset of the first byte that is no part of it. */
  push(piece: Uint8Array): number {
    let offset = 0;
    if (!this.#version.full) {
      offset = this.#version.take(piece, offset);
      if (this.#version.full) this.#parts.onVersion(this.#version.bytes[0]!);
    }
    if (!this.#hello.full) {
      offset = this.#hello.take(piece, offset);
      if (this.#hello.full) this.#parts.onHello(this.#hello.bytes);
    }
    if (this.#hello.full && !this.#response.full) {
      offset = this.#response.take(piece, offset);
      if (this.#response.full) this.#parts.onResponse(this.#response.bytes);
    }
    return offset;
  }
}

/** Gathers a fixed number of bytes from pieces. */
class Collector {
  readonly bytes: Buffer;
  #filled = 0;

  constructor(length: number) {
    this.bytes = Buffer.alloc(length);
  }

  get full(): boolean {
    return this.#filled === this.bytes.length;
  }

  /** Takes what it needs from `piece` at `offset` and returns the offset behind that. */
  take(piece: Uint8Array, offset: number): number {
    const length = Math.min(this.bytes.length - this.#filled, piece.length - offset);
    this.bytes.set(piece.subarray(offset, offset + length), this.#filled);
    this.#filled += length;
    return offset + length;
  }
}
