import { bitsAbove, lowestBits } from '../bits/fields.js';
import { matchUint32, readUint24, readUint32, readUint32LittleEndian } from '../bits/uint.js';
import { wrapUint32 } from '../bits/wrap.js';
import { DEFAULT_CHUNK_SIZE, type TransportLimits } from '../limits.js';
import type { MessageHandler } from '../message/handler.js';
import { decodeChunkSize } from '../message/protocol-control.js';
import { MessageType } from '../message/type.js';
import { pastLimit, protocol } from './errors.js';
import { EXTENDED_TIMESTAMP, MAX_HEADER_LENGTH, MESSAGE_HEADER_LENGTH } from './header.js';
import { ChunkStream } from './stream.js';

/**
 * Puts messages together from chunks (RTMP 1.0 §5.3), however the bytes are split. Set Chunk Size and Abort
 * are obeyed here and not handed on. Peers that leave out the extended timestamp on format 3 chunks are
 * understood.
 */
export class ChunkReader {
  /** Incoming chunk size, as the peer has announced it. */
  chunkSize = DEFAULT_CHUNK_SIZE;
  readonly #handler: MessageHandler;
  readonly #limits: TransportLimits;
  readonly #streams = new Map<number, ChunkStream>();
  /** The beginning of a header whose end has not come yet. */
  readonly #carry = Buffer.alloc(MAX_HEADER_LENGTH);
  #carried = 0;
  #current = new ChunkStream();
  /** The chunk stream of the last header, to spare the look-up on a run of chunks. */
  #currentId = -1;
  #chunkLeft = 0;
  #assembling = 0;

  constructor(handler: MessageHandler, limits: TransportLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Declared bytes of messages that have begun and not ended. */
  get assemblyBytes(): number {
    return this.#assembling;
  }

  /**
   * @throws RtmpError `ERR_CLOUDPUSH_PROTOCOL` or `ERR_CLOUDPUSH_PEER_LIMIT`; the reader is of no more use
   *   then
   */
  push(piece: Uint8Array): void {
    let offset = 0;
    while (offset < piece.length) {
      offset = this.#chunkLeft === 0 ? this.#readHeader(piece, offset) : this.#readPayload(piece, offset);
    }
  }

  #readHeader(piece: Uint8Array, offset: number): number {
    if (this.#carried === 0) {
      const next = this.#parseHeader(piece, offset, piece.length);
      if (next > 0) return next;
    }
    const room = MAX_HEADER_LENGTH - this.#carried;
    const available = piece.length - offset;
    const copied = Math.min(available, room);
    for (let i = 0; i < copied; i++) this.#carry[this.#carried + i] = piece[offset + i]!;
    const before = this.#carried;
    if (before > 0) {
      const next = this.#parseHeader(this.#carry, 0, before + copied);
      if (next > 0) {
        this.#carried = 0;
        if (next >= before) return offset + next - before;
        // The bytes that had come looked like the beginning of an extended timestamp, and are payload. They
        // get memory of their own, because a payload may be kept and the carry is written again.
        this.push(Buffer.from(this.#carry.subarray(next, before)));
        return offset;
      }
    }
    this.#carried = before + copied;
    return offset + copied;
  }

  /** Returns the offset behind the header, or 0 when its end is missing. */
  #parseHeader(bytes: Uint8Array, offset: number, end: number): number {
    const first = bytes[offset]!;
    const format = bitsAbove(first, 6);
    let id = lowestBits(first, 6);
    let p = offset + 1;
    if (id < 2) {
      if (p + id >= end) return 0;
      const low = bytes[p]! + 64;
      id = id === 0 ? low : bytes[p + 1]! * 256 + low;
      p += lowestBits(first, 6) === 1 ? 2 : 1;
    }
    if (format === 3) return this.#parseContinuation(id, bytes, p, end);
    let next = p + MESSAGE_HEADER_LENGTH[format as 0 | 1 | 2];
    if (next > end) return 0;
    let field = readUint24(bytes, p);
    const extended = field === EXTENDED_TIMESTAMP;
    if (extended) {
      if (next + 4 > end) return 0;
      field = readUint32(bytes, next);
      next += 4;
    }
    const stream = this.#select(id, format);
    // A new header inside an unfinished message: the peer has given that message up.
    if (stream.open) this.#abandon(stream);
    if (format < 2) {
      stream.length = readUint24(bytes, p + 3);
      stream.type = bytes[p + 6]!;
    }
    if (format === 0) {
      stream.messageStreamId = readUint32LittleEndian(bytes, p + 7);
      stream.timestamp = field;
    } else {
      stream.timestamp = wrapUint32(stream.timestamp + field);
    }
    stream.field = field;
    stream.extended = extended;
    this.#begin(stream);
    return next;
  }

  #parseContinuation(id: number, bytes: Uint8Array, offset: number, end: number): number {
    const known = id === this.#currentId ? this.#current : this.#streams.get(id);
    let next = offset;
    if (known?.extended) {
      const matched = matchUint32(bytes, offset, end, known.field);
      if (matched < 0) return 0;
      next += matched;
    }
    const stream = this.#select(id, 3);
    if (stream.open) {
      this.#chunkLeft = Math.min(this.chunkSize, stream.length - stream.received);
    } else {
      // "… the timestamp delta for this Type 3 chunk is the same as the timestamp of the Type 0 chunk"
      // (§5.3.1.2.4)
      stream.timestamp = wrapUint32(stream.timestamp + stream.field);
      this.#begin(stream);
    }
    return next;
  }

  #select(id: number, format: number): ChunkStream {
    if (id === this.#currentId) return this.#current;
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      // librtmp has been seen to open a chunk stream with format 1; 2 and 3 would leave the length unknown.
      if (format > 1)
        throw protocol(`chunk stream ${id} begins with a header of format ${format}`, 'format 0 or 1');
      const limit = this.#limits.maxChunkStreams;
      if (this.#streams.size >= limit) throw pastLimit('chunk streams', this.#streams.size + 1, limit);
      stream = new ChunkStream();
      this.#streams.set(id, stream);
    }
    this.#current = stream;
    this.#currentId = id;
    return stream;
  }

  #begin(stream: ChunkStream): void {
    const { length } = stream;
    if (length > this.#limits.maxMessageBytes) {
      throw pastLimit('bytes in a message', length, this.#limits.maxMessageBytes);
    }
    stream.received = 0;
    if (length === 0) {
      this.#deliver(stream, EMPTY);
      return;
    }
    this.#assembling += length;
    if (this.#assembling > this.#limits.maxAssemblyBytes) {
      throw pastLimit('bytes in unfinished messages', this.#assembling, this.#limits.maxAssemblyBytes);
    }
    stream.open = true;
    this.#chunkLeft = Math.min(length, this.chunkSize);
  }

  #readPayload(piece: Uint8Array, offset: number): number {
    const stream = this.#current;
    const available = piece.length - offset;
    const taken = Math.min(available, this.#chunkLeft);
    const end = offset + taken;
    this.#chunkLeft -= taken;
    if (taken === stream.length) {
      this.#finish(stream, piece.subarray(offset, end));
      return end;
    }
    stream.payload ??= Buffer.allocUnsafe(stream.length);
    stream.payload.set(piece.subarray(offset, end), stream.received);
    stream.received += taken;
    if (stream.received === stream.length) this.#finish(stream, stream.payload);
    return end;
  }

  #finish(stream: ChunkStream, payload: Uint8Array): void {
    this.#abandon(stream);
    this.#deliver(stream, payload);
  }

  #abandon(stream: ChunkStream): void {
    this.#assembling -= stream.length;
    stream.open = false;
    stream.payload = undefined;
    stream.received = 0;
  }

  #deliver(stream: ChunkStream, payload: Uint8Array): void {
    switch (stream.type) {
      case MessageType.setChunkSize:
        this.chunkSize = decodeChunkSize(payload);
        break;
      case MessageType.abort:
        this.#abort(payload);
        break;
      default:
        this.#handler.onMessage(stream.type, stream.messageStreamId, stream.timestamp, payload);
    }
  }

  /** Abort Message (RTMP 1.0 §5.4.2). */
  #abort(payload: Uint8Array): void {
    if (payload.length < 4) return; // it names no chunk stream: nothing to be abandoned
    const stream = this.#streams.get(readUint32(payload, 0));
    if (stream?.open) this.#abandon(stream);
  }
}

const EMPTY = new Uint8Array(0);
