import type { Readable } from 'node:stream';
import { sourceErrorCodes } from '../../base/source-error-codes.js';
import { sourceError } from '../errors.js';
import { mediaError } from '../media-error.js';
import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';
import type { PacketParser } from './packet-parser.js';

/**
 * Media that comes once, as it is made. A piece is read when the packets of the one before are gone: who
 * writes waits.
 */
export class LiveReader implements PacketReader {
  readonly #path: string;
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #parser: PacketParser | undefined;
  #packets: SourcePacket[] = [];
  #index = 0;
  #found = false;
  #bytes = 0;
  #atEnd = false;

  constructor(path: string, stream: Readable) {
    this.#path = path;
    this.#stream = stream;
    this.#pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  get ended(): boolean {
    return this.#atEnd && this.#index >= this.#packets.length;
  }

  /**
   * Reads up to `size` bytes, fewer where the stream ends or pauses with at least `enough`, to choose the
   * parser by them.
   * @param choose says undefined when more bytes are needed, and throws when none will do
   */
  async begin(
    size: number,
    choose: (bytes: Uint8Array, isAll: boolean) => PacketParser | undefined,
  ): Promise<void> {
    let bytes: Uint8Array = new Uint8Array(0);
    while (this.#parser === undefined) {
      const piece = await this.#nextPiece();
      bytes = piece === undefined ? bytes : Buffer.concat([bytes, piece]);
      if (bytes.length === 0)
        throw sourceError(sourceErrorCodes.empty, this.#path, 'there was nothing to read');
      this.#parser = choose(bytes, piece === undefined || bytes.length >= size);
      if (piece === undefined) break;
    }
    this.#take(bytes);
    if (this.#atEnd) this.#add(() => this.#parser!.end());
  }

  next(): SourcePacket | undefined {
    const packet = this.#packets[this.#index];
    if (packet !== undefined) this.#index++;
    return packet;
  }

  async more(): Promise<void> {
    while (this.#index >= this.#packets.length && !this.#atEnd) {
      const piece = await this.#nextPiece();
      this.#packets = [];
      this.#index = 0;
      if (piece === undefined) this.#add(() => this.#parser!.end());
      else this.#take(piece);
    }
    if (!this.#found) throw sourceError(sourceErrorCodes.empty, this.#path, 'no frame was found');
  }

  close(): Promise<void> {
    this.#atEnd = true;
    this.#stream.destroy();
    return Promise.resolve();
  }

  async #nextPiece(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#pieces.next();
      if (done === true) {
        this.#atEnd = true;
        return undefined;
      }
      this.#bytes += value.length;
      return value;
    } catch (error) {
      // Told to close while it waited: the end, and no error.
      if (this.#atEnd) return undefined;
      await this.close();
      throw mediaError(this.#path, error);
    }
  }

  #take(piece: Uint8Array): void {
    this.#add(() => this.#parser!.push(piece));
  }

  #add(parse: () => SourcePacket[]): void {
    try {
      const packets = parse();
      this.#found ||= packets.length > 0;
      this.#packets.push(...packets);
    } catch (error) {
      void this.close();
      throw mediaError(this.#path, error);
    }
  }
}

/** A reader with packets in front that were read from it before. */
export class PrefixedReader implements PacketReader {
  readonly #packets: SourcePacket[];
  readonly #inner: PacketReader;

  constructor(packets: SourcePacket[], inner: PacketReader) {
    this.#packets = packets;
    this.#inner = inner;
  }

  get ended(): boolean {
    return this.#packets.length === 0 && this.#inner.ended;
  }

  next(): SourcePacket | undefined {
    return this.#packets.shift() ?? this.#inner.next();
  }

  more(): Promise<void> {
    return this.#packets.length > 0 ? Promise.resolve() : this.#inner.more();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
