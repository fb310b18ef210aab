import type { EncryptedTrack } from './encryption-parameters.js';

/** Reasons why samples were not decrypted. */
export type DecryptionFailureReason =
  /** No key has their key check. */
  | 'noKey'
  /** They are marked as encrypted, but damaged. */
  | 'damaged'
  /**
   * They have no marker, although the samples around them say that they were encrypted: it is lost or
   * damaged.
   */
  | 'unmarked';

/** Samples of a track, one behind the other, that were not decrypted. */
export interface DecryptionFailure {
  readonly track: EncryptedTrack;
  readonly reason: DecryptionFailureReason;
  readonly samples: number;
  /** Decoding time of the first and of the last one, in ms. */
  readonly from: number;
  readonly to: number;
  /** Offset of the tag of the first one, in bytes; left out when tags come without an offset. */
  readonly offset?: number | undefined;
}

/** Place of a sample. */
export interface SamplePlace {
  readonly timestamp: number;
  readonly offset?: number | undefined;
}

/** Counts samples that lie one behind the other. */
export class SampleRun {
  samples = 0;
  #from = 0;
  #to = 0;
  #offset: number | undefined;

  add({ timestamp, offset }: SamplePlace): void {
    if (this.samples === 0) {
      this.#from = timestamp;
      this.#offset = offset;
    }
    this.#to = timestamp;
    this.samples++;
  }

  /** Takes the samples of a later run, too, and leaves that one empty. */
  take(later: SampleRun): void {
    if (this.samples === 0) {
      this.#from = later.#from;
      this.#offset = later.#offset;
    }
    if (later.samples > 0) this.#to = later.#to;
    this.samples += later.samples;
    later.clear();
  }

  clear(): void {
    this.samples = 0;
  }

  failure(track: EncryptedTrack, reason: DecryptionFailureReason): DecryptionFailure {
    const offset = this.#offset === undefined ? {} : { offset: this.#offset };
    return { track, reason, samples: this.samples, from: this.#from, to: this.#to, ...offset };
  }
}
