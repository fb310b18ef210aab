import type { SliceSink } from '../bits/slice-sink.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import { DEFAULT_CHUNK_SIZE, MAX_MESSAGE_LENGTH } from '../limits.js';
import type { MediaMessage } from '../message/type.js';
import {
  basicHeaderLength,
  EXTENDED_TIMESTAMP,
  fullHeaderLength,
  writeContinuationHeader,
  writeFullHeader,
} from './header.js';

const SLAB_BYTES = 4096;

/**
 * Cuts messages into chunks (RTMP 1.0 §5.3). Every message starts with a format 0 header: absolute timestamps
 * cannot drift, servers disagree about deltas that need an extended timestamp, and the four bytes that a
 * delta would save are nothing beside a picture. The payload is never copied.
 */
export class ChunkWriter {
  /** Outgoing chunk size; the peer must have been told before a change. */
  chunkSize = DEFAULT_CHUNK_SIZE;
  readonly #sink: SliceSink;
  /** Headers that cannot go into headroom are carved from slabs: one allocation for some 300 headers. */
  #slab = Buffer.alloc(0);
  #slabUsed = 0;
  /** One-byte format 3 headers by chunk stream id. */
  readonly #continuations: (Uint8Array | undefined)[] = [];

  constructor(sink: SliceSink) {
    this.#sink = sink;
  }

  /**
   * Writes a small message (control, command) as one slice of its own memory.
   * @throws RtmpError `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE`
   */
  write(
    chunkStreamId: number,
    type: number,
    messageStreamId: number,
    timestamp: number,
    payload: Uint8Array,
  ): void {
    checkLength(payload.length);
    const continuationLength = basicHeaderLength(chunkStreamId) + (timestamp >= EXTENDED_TIMESTAMP ? 4 : 0);
    const chunks = Math.max(1, Math.ceil(payload.length / this.chunkSize));
    const size =
      fullHeaderLength(chunkStreamId, timestamp) + (chunks - 1) * continuationLength + payload.length;
    const target = Buffer.allocUnsafe(size);
    let p = writeFullHeader(target, 0, chunkStreamId, timestamp, payload.length, type, messageStreamId);
    for (let from = 0; from < payload.length; from += this.chunkSize) {
      if (from > 0) p = writeContinuationHeader(target, p, chunkStreamId, timestamp);
      const piece = payload.subarray(from, from + this.chunkSize);
      target.set(piece, p);
      p += piece.length;
    }
    this.#sink.push(target);
  }

  /**
   * Writes a media message. When it fits one chunk, is in one part and has the headroom, that is one
   * contiguous slice with the header written in front of the payload where it lies; else slices of the
   * payload with headers between.
   * @throws RtmpError `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE`, before anything was written
   */
  writeMedia(chunkStreamId: number, messageStreamId: number, message: MediaMessage): void {
    const { type, timestamp, parts, size, headroom } = message;
    checkLength(size);
    const headerLength = fullHeaderLength(chunkStreamId, timestamp);
    const first = parts.length > 0 ? parts[0]! : EMPTY;
    const inPlace = headroom >= headerLength && first.length > 0;
    if (!inPlace) {
      const header = this.#carve(headerLength);
      writeFullHeader(header, 0, chunkStreamId, timestamp, size, type, messageStreamId);
      this.#sink.push(header);
      if (size <= this.chunkSize) this.#pushWhole(parts, 0);
      else this.#pushSplit(parts, 0, this.chunkSize, chunkStreamId, timestamp);
      return;
    }
    const taken = Math.min(first.length, this.chunkSize);
    const slice = Buffer.from(first.buffer, first.byteOffset - headerLength, headerLength + taken);
    writeFullHeader(slice, 0, chunkStreamId, timestamp, size, type, messageStreamId);
    this.#sink.push(slice);
    if (size <= this.chunkSize) this.#pushWhole(parts, 1);
    else this.#pushSplit(parts, taken, this.chunkSize - taken, chunkStreamId, timestamp);
  }

  #pushWhole(parts: readonly Uint8Array[], from: number): void {
    for (let i = from; i < parts.length; i++) {
      const part = parts[i]!;
      if (part.length > 0) this.#sink.push(part);
    }
  }

  /** Pushes the parts from `skip` bytes into the first one, a format 3 header wherever a chunk is full. */
  #pushSplit(
    parts: readonly Uint8Array[],
    skip: number,
    roomInFirstChunk: number,
    chunkStreamId: number,
    timestamp: number,
  ): void {
    const continuation = this.#continuation(chunkStreamId, timestamp);
    let room = roomInFirstChunk;
    let offset = skip;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      while (offset < part.length) {
        if (room === 0) {
          this.#sink.push(continuation);
          room = this.chunkSize;
        }
        const left = part.length - offset;
        const length = Math.min(left, room);
        this.#sink.push(Buffer.from(part.buffer, part.byteOffset + offset, length));
        offset += length;
        room -= length;
      }
      offset = 0;
    }
  }

  /**
   * The same format 3 header serves all chunks of a message, and without an extended timestamp all messages.
   */
  #continuation(chunkStreamId: number, timestamp: number): Uint8Array {
    const length = basicHeaderLength(chunkStreamId);
    if (timestamp >= EXTENDED_TIMESTAMP) {
      const header = this.#carve(length + 4);
      writeContinuationHeader(header, 0, chunkStreamId, timestamp);
      return header;
    }
    const known = this.#continuations[chunkStreamId];
    if (known !== undefined) return known;
    const header = Buffer.alloc(length);
    writeContinuationHeader(header, 0, chunkStreamId, 0);
    this.#continuations[chunkStreamId] = header;
    return header;
  }

  #carve(length: number): Buffer {
    if (this.#slabUsed + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    this.#slabUsed += length;
    return Buffer.from(this.#slab.buffer, this.#slabUsed - length, length);
  }
}

const EMPTY = new Uint8Array(0);

function checkLength(length: number): void {
  if (length <= MAX_MESSAGE_LENGTH) return;
  throw new RtmpError(
    RtmpErrorCode.messageTooLarge,
    'message',
    `a message of ${length} bytes is longer than RTMP permits (${MAX_MESSAGE_LENGTH})`,
    { details: { actual: length, permitted: MAX_MESSAGE_LENGTH } },
  );
}
