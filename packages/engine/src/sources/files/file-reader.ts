import { type FileHandle, open } from 'node:fs/promises';
import { sourceErrorCodes } from '../../base/source-error-codes.js';
import { sourceError } from '../errors.js';
import { mediaError } from '../media-error.js';
import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';
import type { PacketParser } from './packet-parser.js';

/** Bytes read at once. */
const PIECE_SIZE = 0x4_0000;

/** Reads a file piece by piece: however long it is, little of it is in memory. */
export class FileReader implements PacketReader {
  readonly #path: string;
  readonly #parser: PacketParser;
  #file: FileHandle | undefined;
  #packets: SourcePacket[] = [];
  #index = 0;
  #offset = 0;
  #found = false;
  #atEnd = false;

  constructor(path: string, parser: PacketParser) {
    this.#path = path;
    this.#parser = parser;
  }

  get ended(): boolean {
    return this.#atEnd && this.#index >= this.#packets.length;
  }

  next(): SourcePacket | undefined {
    const packet = this.#packets[this.#index];
    if (packet !== undefined) this.#index++;
    return packet;
  }

  async more(): Promise<void> {
    while (this.#index >= this.#packets.length && !this.#atEnd) {
      try {
        this.#packets = await this.#readPiece();
      } catch (error) {
        await this.close();
        throw mediaError(this.#path, error);
      }
      this.#index = 0;
      this.#found ||= this.#packets.length > 0;
    }
    if (!this.#found) {
      const what = this.#offset === 0 ? 'the file is empty' : 'no frame was found';
      throw sourceError(sourceErrorCodes.empty, this.#path, what);
    }
  }

  async close(): Promise<void> {
    this.#atEnd = true;
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #readPiece(): Promise<SourcePacket[]> {
    this.#file ??= await open(this.#path, 'r');
    // Packets may be views of the piece: every piece is a buffer of its own.
    const buffer = new Uint8Array(PIECE_SIZE);
    const { bytesRead } = await this.#file.read(buffer, 0, PIECE_SIZE, this.#offset);
    if (bytesRead === 0) {
      await this.close();
      return this.#offset === 0 ? [] : this.#parser.end();
    }
    this.#offset += bytesRead;
    return this.#parser.push(buffer.subarray(0, bytesRead));
  }
}
