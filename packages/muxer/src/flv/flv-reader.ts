import { readUint24, readUint32 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import {
  FLV_HEADER_SIZE,
  type FlvFileHeader,
  PREVIOUS_TAG_SIZE_SIZE,
  TAG_HEADER_SIZE,
  TypeFlags,
} from './flv-file.js';
import { TagType } from './flv-tag.js';
import { PieceBuffer } from './piece-buffer.js';

/** A tag as it stands in a file. */
export interface FlvFileTag {
  readonly type: TagType;
  /** ms, 0 to 2^32 − 1. */
  readonly timestamp: number;
  /** The tag body: a view of the piece that it came in, or a copy when it came in several. */
  readonly payload: Uint8Array;
  /** Offset of the tag in the file. */
  readonly offset: number;
}

/** End of a file. */
export interface FlvEnd {
  /** Bytes of a last tag that is cut off; 0 when the file ends with a whole tag. */
  readonly truncatedBytes: number;
  /** Tags whose PreviousTagSize did not match; readers live with that. */
  readonly previousTagSizeErrors: number;
}

/**
 * Reads an FLV file that comes in pieces of any size. A missing last PreviousTagSize and a cut-off last tag,
 * which every recorder that was killed leaves behind, are no errors: `end` tells about them.
 *
 * @example
 * const reader = new FlvReader();
 * for await (const piece of stream) for (const tag of reader.push(piece)) use(tag);
 * const { truncatedBytes } = reader.end();
 */
export class FlvReader {
  readonly #pieces = new PieceBuffer();
  #state: 'header' | 'previousTagSize' | 'tag' = 'header';
  #offset = 0;
  #lastTagSize = 0;
  #previousTagSizeErrors = 0;
  #failure: unknown;
  /** The file header, once it has come. */
  header: FlvFileHeader | undefined;

  /**
   * Takes the next bytes of the file and gives the tags that are complete with them. Throws MuxerError when
   * bytes are no FLV; the tags before them are given first, and the error comes with the next call.
   */
  push(piece: Uint8Array): FlvFileTag[] {
    this.#throwFailure();
    this.#pieces.push(piece);
    const tags: FlvFileTag[] = [];
    try {
      while (this.#step(tags)) {}
    } catch (error) {
      this.#failure = error;
      if (tags.length === 0) throw error;
    }
    return tags;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Says that the file has ended. Throws MuxerError when it was no FLV file. */
  end(): FlvEnd {
    this.#throwFailure();
    if (this.#state === 'header') {
      throw new MuxerError('ERR_CLOUDPUSH_FLV_SIGNATURE', {
        actual: `${this.#pieces.size} bytes`,
        permitted: `≥ ${FLV_HEADER_SIZE} bytes`,
      });
    }
    const truncatedBytes = this.#state === 'tag' ? this.#pieces.size : 0;
    return { truncatedBytes, previousTagSizeErrors: this.#previousTagSizeErrors };
  }

  #step(tags: FlvFileTag[]): boolean {
    switch (this.#state) {
      case 'header':
        return this.#readHeader();
      case 'previousTagSize':
        return this.#readPreviousTagSize();
      case 'tag':
        return this.#readTag(tags);
      default:
        return this.#state satisfies never;
    }
  }

  #readHeader(): boolean {
    const start = this.#pieces.peek(FLV_HEADER_SIZE);
    if (start === undefined) return false;
    const dataOffset = readUint32(start, 5);
    if (start[0] !== 0x46 || start[1] !== 0x4c || start[2] !== 0x56) {
      const actual = Buffer.from(start.subarray(0, 3)).toString('hex');
      throw new MuxerError('ERR_CLOUDPUSH_FLV_SIGNATURE', { offset: 0, actual, permitted: '464c56 (FLV)' });
    }
    if (dataOffset < FLV_HEADER_SIZE || dataOffset > 0xffff) {
      throw new MuxerError('ERR_CLOUDPUSH_FLV_SIGNATURE', {
        offset: 5,
        field: 'DataOffset',
        actual: dataOffset,
        permitted: `${FLV_HEADER_SIZE} to 65535`,
      });
    }
    const flags = start[4]!;
    if (!this.#take(dataOffset)) return false;
    this.header = { hasAudio: (flags & TypeFlags.audio) !== 0, hasVideo: (flags & TypeFlags.video) !== 0 };
    this.#state = 'previousTagSize';
    return true;
  }

  #readPreviousTagSize(): boolean {
    const size = this.#pieces.peek(PREVIOUS_TAG_SIZE_SIZE);
    if (size === undefined) return false;
    if (readUint32(size, 0) !== this.#lastTagSize) this.#previousTagSizeErrors++;
    this.#take(PREVIOUS_TAG_SIZE_SIZE);
    this.#state = 'tag';
    return true;
  }

  #readTag(tags: FlvFileTag[]): boolean {
    const header = this.#pieces.peek(TAG_HEADER_SIZE);
    if (header === undefined) return false;
    const type = header[0]!;
    if (type !== TagType.audio && type !== TagType.video && type !== TagType.scriptData) {
      throw new MuxerError('ERR_CLOUDPUSH_FLV_TAG_INVALID', {
        offset: this.#offset,
        field: 'TagType',
        actual: type,
        permitted: '8, 9 or 18, without filter',
      });
    }
    const size = readUint24(header, 1);
    const timestamp = readUint24(header, 4) + header[7]! * 2 ** 24;
    const offset = this.#offset;
    const tag = this.#take(TAG_HEADER_SIZE + size);
    if (tag === undefined) return false;
    tags.push({ type, timestamp, payload: tag.subarray(TAG_HEADER_SIZE), offset });
    this.#lastTagSize = TAG_HEADER_SIZE + size;
    this.#state = 'previousTagSize';
    return true;
  }

  #take(size: number): Uint8Array | undefined {
    const bytes = this.#pieces.take(size);
    if (bytes !== undefined) this.#offset += size;
    return bytes;
  }
}
