import { rtspError, rtspErrorCodes } from '../errors.js';
import type { RtspLimits } from '../limits.js';
import { type MessageHead, parseMessageHead } from './message-head.js';
import type { RtspMessage } from './rtsp-message.js';

const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;
const FRAME_HEADER_BYTES = 4;
const EMPTY = Buffer.alloc(0);

export interface RtspReaderHandler {
  onMessage(message: RtspMessage): void;
  /** An interleaved frame is `bytes` from `start` to `end`; it is valid only during the call. */
  onFrame(channel: number, bytes: Uint8Array, start: number, end: number): void;
}

/** The element that the reader is in the middle of. */
type Reading =
  | { readonly part: 'none' }
  /** `lineBytes`: bytes of the present line, without a carriage return. */
  | { readonly part: 'head'; lineBytes: number }
  | { readonly part: 'body'; readonly head: MessageHead; readonly body: Buffer; filled: number }
  | { readonly part: 'frame' };

/**
 * Reads what a camera sends on its connection: messages (RFC 2326 §4) and interleaved frames (§10.12), cut
 * into pieces of any size. A frame that lies in one piece is handed on without a copy.
 */
export class RtspReader {
  readonly #handler: RtspReaderHandler;
  readonly #limits: RtspLimits;
  #reading: Reading = { part: 'none' };
  /** The beginning of a head or frame that came in an earlier piece. */
  #held: Buffer = EMPTY;
  #heldBytes = 0;
  #stopped = false;

  constructor(handler: RtspReaderHandler, limits: RtspLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Reads nothing more, not even the rest of the present piece. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Takes the next bytes; they need to stay unchanged only until the call returns.
   *
   * @throws {CloudPushError} `ERR_CLOUDPUSH_RTSP_PROTOCOL` or `…_LIMIT`; the connection cannot be read any
   *   further
   */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      const reading = this.#reading;
      switch (reading.part) {
        case 'none':
          at = this.#begin(bytes, at);
          break;
        case 'frame':
          at = this.#continueFrame(bytes, at);
          break;
        case 'head':
          at = this.#continueHead(bytes, at, reading);
          break;
        case 'body':
          at = this.#continueBody(bytes, at, reading);
          break;
        default:
          reading satisfies never;
      }
    }
  }

  #begin(bytes: Uint8Array, at: number): number {
    const first = bytes[at]!;
    if (first === DOLLAR) return this.#wholeFrame(bytes, at);
    if (first === CR || first === LF) return at + 1;
    if (first < 0x41 || first > 0x5a) {
      throw rtspError(
        rtspErrorCodes.protocol,
        `byte 0x${first.toString(16).padStart(2, '0')} begins neither an RTSP message nor an interleaved frame`,
      );
    }
    this.#reading = { part: 'head', lineBytes: 0 };
    return at;
  }

  #wholeFrame(bytes: Uint8Array, at: number): number {
    const start = at + FRAME_HEADER_BYTES;
    if (start <= bytes.length) {
      const end = start + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
      if (end <= bytes.length) {
        this.#handler.onFrame(bytes[at + 1]!, bytes, start, end);
        return end;
      }
    }
    this.#reading = { part: 'frame' };
    return at;
  }

  #continueFrame(bytes: Uint8Array, at: number): number {
    let next = at;
    if (this.#heldBytes < FRAME_HEADER_BYTES) {
      next = this.#hold(bytes, next, Math.min(bytes.length, next + FRAME_HEADER_BYTES - this.#heldBytes));
      if (this.#heldBytes < FRAME_HEADER_BYTES) return next;
    }
    const size = FRAME_HEADER_BYTES + this.#held.readUInt16BE(2);
    next = this.#hold(bytes, next, Math.min(bytes.length, next + size - this.#heldBytes));
    if (this.#heldBytes < size) return next;
    this.#heldBytes = 0;
    this.#reading = { part: 'none' };
    this.#handler.onFrame(this.#held[1]!, this.#held, FRAME_HEADER_BYTES, size);
    return next;
  }

  #continueHead(bytes: Uint8Array, at: number, reading: { lineBytes: number }): number {
    for (let i = at; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (this.#heldBytes + i - at >= this.#limits.maxHeaderBytes) {
        const { maxHeaderBytes } = this.#limits;
        throw rtspError(rtspErrorCodes.limit, `the header of a message exceeds ${maxHeaderBytes} bytes`);
      }
      if (byte !== LF) {
        if (byte !== CR) reading.lineBytes++;
        continue;
      }
      if (reading.lineBytes === 0) {
        this.#hold(bytes, at, i + 1);
        this.#headRead();
        return i + 1;
      }
      reading.lineBytes = 0;
    }
    return this.#hold(bytes, at, bytes.length);
  }

  #headRead(): void {
    const text = this.#held.toString('latin1', 0, this.#heldBytes);
    this.#heldBytes = 0;
    const head = parseMessageHead(text, this.#limits.maxHeaders, this.#limits.maxBodyBytes);
    if (head.contentLength === 0) this.#messageRead(head, EMPTY);
    else this.#reading = { part: 'body', head, body: Buffer.alloc(head.contentLength), filled: 0 };
  }

  #continueBody(bytes: Uint8Array, at: number, reading: Reading & { part: 'body' }): number {
    const end = Math.min(bytes.length, at + reading.body.length - reading.filled);
    reading.body.set(bytes.subarray(at, end), reading.filled);
    reading.filled += end - at;
    if (reading.filled === reading.body.length) this.#messageRead(reading.head, reading.body);
    return end;
  }

  #messageRead({ startLine, headers }: MessageHead, body: Buffer): void {
    this.#reading = { part: 'none' };
    this.#handler.onMessage({ ...startLine, headers, body });
  }

  /** Keeps bytes for the next piece; returns `end`. */
  #hold(bytes: Uint8Array, start: number, end: number): number {
    const size = this.#heldBytes + end - start;
    if (size > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2048, 2 ** Math.ceil(Math.log2(size))));
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    this.#held.set(bytes.subarray(start, end), this.#heldBytes);
    this.#heldBytes = size;
    return end;
  }
}
