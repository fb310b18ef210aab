import { equalBytes, readUint24, readUint32, writeUint24, writeUint32 } from '../bits/bytes.js';
import { crc32 } from '../bits/crc32.js';
import type { EncryptionMode } from './encryption-parameters.js';
import { damaged } from './sample-decipher.js';
import { FORMAT_VERSION, keyIdOffset, SAMPLE_HEADER_SIZE } from './sample-header.js';

/** Bytes of a trailer before it is escaped. */
export const TRAILER_SIZE = 37;

/**
 * The most bytes of an escaped trailer: in front of every second byte there may be an escape, none in the
 * marker.
 */
export const MAX_TRAILER_SIZE = TRAILER_SIZE + 15;

/** Offsets of the fields of a trailer; it begins with the key check and the nonce. */
const Offset = { blockCounter: 16, size: 20, mode: 23, version: 24, crc: 25, marker: 29 } as const;

/**
 * Ends every trailer. No byte of it is below 4: nothing in it is ever escaped, and it looks like no start
 * code.
 */
const marker = Buffer.from('c0b5f561dba99ae4', 'hex');

/** Numbers of the modes in a trailer: those of the C interface. */
const modeNumbers = { keyFrames: 1, allFrames: 2 } as const;

/** Writes the trailers of the slices of a sample (docs/encryption.md, "Slice trailer"). */
export class TrailerWriter {
  readonly bytes = new Uint8Array(TRAILER_SIZE);
  #block = 0;

  constructor() {
    this.bytes[Offset.version] = FORMAT_VERSION;
    this.bytes.set(marker, Offset.marker);
  }

  /** Begins a sample. @param sampleHeader with key check, nonce, and the block counter of the first slice */
  begin(sampleHeader: Uint8Array, mode: 'keyFrames' | 'allFrames'): void {
    this.bytes.set(sampleHeader.subarray(keyIdOffset, SAMPLE_HEADER_SIZE));
    this.bytes[Offset.mode] = modeNumbers[mode];
    this.#block = readUint32(this.bytes, Offset.blockCounter);
  }

  /**
   * Makes `bytes` the trailer of the next slice, of which `size` bytes, in `blocks` blocks, are encrypted.
   */
  next(size: number, blocks: number): void {
    writeUint32(this.bytes, Offset.blockCounter, this.#block);
    writeUint24(this.bytes, Offset.size, size);
    writeUint32(this.bytes, Offset.crc, crc32(this.bytes, Offset.crc));
    this.#block += blocks;
  }
}

/** Finds the trailers of slices, and reads them. One object is reused for every slice. */
export class TrailerReader {
  /** The trailer that was found, without its escapes. */
  readonly bytes = new Uint8Array(TRAILER_SIZE);
  /** Offset of the trailer, with its escapes. */
  start = 0;

  /**
   * Looks for a trailer at the end of bytes[start, end), a NAL unit; true when there is one. Throws
   * MuxerError when it is damaged.
   * @param clearSize bytes at the beginning of the NAL unit that no trailer reaches into
   */
  find(bytes: Uint8Array, start: number, end: number, clearSize: number): boolean {
    const markerStart = end - marker.length;
    if (markerStart < start || !equalBytes(bytes.subarray(markerStart, end), marker)) return false;
    let position = end;
    for (let i = TRAILER_SIZE - 1; i >= 0; i--) {
      position--;
      if (bytes[position] === 3 && bytes[position - 1] === 0 && bytes[position - 2] === 0) position--;
      this.bytes[i] = bytes[position]!;
      if (i === Offset.version && this.version !== FORMAT_VERSION) {
        throw damaged('version', this.version, String(FORMAT_VERSION), position);
      }
    }
    this.start = position;
    if (position < start + clearSize) {
      throw damaged('NAL unit', `${end - start} bytes`, `> ${clearSize + TRAILER_SIZE} bytes`, start);
    }
    const check = crc32(this.bytes, Offset.crc);
    const told = readUint32(this.bytes, Offset.crc);
    if (check !== told) throw damaged('CRC', told.toString(16), check.toString(16), position);
    return true;
  }

  get blockCounter(): number {
    return readUint32(this.bytes, Offset.blockCounter);
  }

  /** Bytes of the NAL unit that are encrypted. */
  get size(): number {
    return readUint24(this.bytes, Offset.size);
  }

  get version(): number {
    return this.bytes[Offset.version]!;
  }

  /** The mode that the sample was encrypted in. */
  get mode(): EncryptionMode {
    return this.bytes[Offset.mode] === modeNumbers.allFrames ? 'allFrames' : 'keyFrames';
  }

  /** Key check and nonce. */
  get keyId(): Uint8Array {
    return this.bytes.subarray(0, Offset.blockCounter);
  }
}
