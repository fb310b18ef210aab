import { writeUint32 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import { limits } from '../limits.js';
import { type NalCodec, NalKind } from '../nal/nal-codec.js';
import type { NalUnitIndex } from '../nal/nal-unit-index.js';

/**
 * NAL units that came in packets without a picture (some encoders hand out SEI on its own): they are copied,
 * with their lengths in front, and go in front of the next picture. Parameter sets are in the sequence header
 * already.
 */
export class PendingNalUnits {
  #bytes = new Uint8Array(0);
  size = 0;
  /** One of them says that decoding can start at the next picture. */
  recoveryPoint = false;

  keep(data: Uint8Array, index: NalUnitIndex, codec: NalCodec): void {
    for (let i = 0; i < index.count; i++) {
      const start = index.starts[i]!;
      const end = index.ends[i]!;
      const kind = codec.classify(data, start, end);
      if (kind === NalKind.sei || kind === NalKind.other) this.#append(data.subarray(start, end), start);
    }
  }

  #append(nal: Uint8Array, offset: number): void {
    const size = this.size + 4 + nal.length;
    if (size > limits.pendingNalBytes) {
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_PENDING_LIMIT', {
        offset,
        actual: size,
        permitted: `≤ ${limits.pendingNalBytes} bytes`,
      });
    }
    if (size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.size));
      this.#bytes = larger;
    }
    writeUint32(this.#bytes, this.size, nal.length);
    this.#bytes.set(nal, this.size + 4);
    this.size = size;
  }

  copyTo(target: Uint8Array, offset: number): void {
    target.set(this.#bytes.subarray(0, this.size), offset);
  }

  /** The picture that they belong to has gone out, or has been refused. */
  clear(): void {
    this.size = 0;
    this.recoveryPoint = false;
  }
}
