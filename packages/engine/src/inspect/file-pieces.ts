import type { FileHandle } from 'node:fs/promises';
import { unreadable } from '../sources/media-error.js';

/** Bytes read at once: little enough that a piece is looked at within a few milliseconds. */
const PIECE_SIZE = 0x4_0000;

/** Progress of reading a file. */
export interface InspectProgress {
  /** Bytes that have been looked at. */
  readonly done: number;
  /** Bytes of the file, when it was opened. */
  readonly size: number;
}

/** Options of reading a file. */
export interface FilePiecesOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called while the file is read, with how far it has come. */
  readonly onProgress?: ((progress: InspectProgress) => void) | undefined;
}

/** The bytes of a file, piece by piece: however long it is, little of it is in memory. */
export class FilePieces {
  /** Bytes of the file, when it was opened. */
  readonly size: number;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #options: FilePiecesOptions;

  constructor(path: string, file: FileHandle, size: number, options: FilePiecesOptions) {
    this.#path = path;
    this.#file = file;
    this.size = size;
    this.#options = options;
  }

  /**
   * The bytes at an offset, in a buffer of their own: what comes of them may be views of it. Fewer than asked
   * for, or none, at the end of the file.
   * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_UNREADABLE`; the reason of the signal, when it is aborted
   */
  async read(offset: number, length = PIECE_SIZE): Promise<Uint8Array> {
    const { signal, onProgress } = this.#options;
    signal?.throwIfAborted();
    onProgress?.({ done: Math.min(offset, this.size), size: this.size });
    const buffer = new Uint8Array(length);
    try {
      const { bytesRead } = await this.#file.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw unreadable(this.#path, error);
    }
  }
}
