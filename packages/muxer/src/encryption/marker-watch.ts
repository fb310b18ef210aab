import type { EncryptedTrack, EncryptionMode } from './encryption-parameters.js';
import { type DecryptionFailure, type SamplePlace, SampleRun } from './sample-run.js';

/** The part of a key stream that a sample took, and what the sample tells of the mode. */
export interface MarkedSample {
  /** Key check and nonce. */
  readonly keyId: string | undefined;
  readonly firstBlock: number;
  /** The block behind its last. */
  readonly endBlock: number;
  /** Of the format. */
  readonly version: number;
  /** Undefined in format 1, and of audio: neither tells. */
  readonly mode: EncryptionMode | undefined;
}

/**
 * Tells of one track which samples have lost the marker that they were encrypted with, and look as if they
 * were clear: the mode says that they were encrypted, and the block counters of the samples around them leave
 * a gap.
 */
export class MarkerWatch {
  readonly #track: EncryptedTrack;
  /** The mode that the last encrypted sample or `onEncryption` told; undefined while neither has. */
  #mode: EncryptionMode | undefined;
  /** Of the last encrypted sample. */
  #keyId: string | undefined;
  #nextBlock = 0;
  /** The version of the format of the last encrypted sample; undefined: there was none. */
  version: number | undefined;
  /** Samples without a marker since then: those that decoding can start at, and all of them. */
  readonly #keyFrames = new SampleRun();
  readonly #all = new SampleRun();
  /** Those that an earlier mode says were encrypted. */
  readonly #suspects = new SampleRun();

  constructor(track: EncryptedTrack) {
    this.#track = track;
  }

  /**
   * Takes what `onEncryption` says of the samples that follow: `none` also when it is the caller who
   * encrypts.
   */
  announce(mode: EncryptionMode): void {
    if (this.#mode !== undefined) this.#suspect(this.#mode);
    this.#mode = mode;
  }

  /** A sample that was long enough to be encrypted, and has no marker. */
  unmarked(keyFrame: boolean, place: SamplePlace): void {
    if (this.#mode === 'none') return;
    if (keyFrame) this.#keyFrames.add(place);
    this.#all.add(place);
  }

  /**
   * An encrypted sample. Returns the samples in front of it that have lost their marker; undefined: none has.
   */
  marked(sample: MarkedSample, keyFrame: boolean): DecryptionFailure | undefined {
    const isNext = sample.keyId === this.#keyId && sample.firstBlock === this.#nextBlock;
    // The first sample under a nonce, and the first one at all: none in front of it can have been encrypted.
    const isFirst = this.#keyId === undefined && sample.firstBlock === 0;
    const told = sample.mode ?? (keyFrame ? undefined : 'allFrames');
    this.#suspect(this.#mode ?? told ?? 'keyFrames');
    if (isNext || isFirst) this.#suspects.clear();
    this.#keyId = sample.keyId;
    this.#nextBlock = sample.endBlock;
    this.version = sample.version;
    // Format 1 tells no mode: a picture that is no key frame tells that all are encrypted.
    this.#mode = told ?? (this.#mode === 'none' ? undefined : this.#mode);
    return this.#report();
  }

  /**
   * The end of the stream. Returns the last samples when they have lost their marker; undefined: they have
   * not.
   * @param other the version of the format of the other track: in format 1, servers could take all markers
   *   out of a stream's pictures
   */
  end(other: number | undefined): DecryptionFailure | undefined {
    const without = other === 1 ? 'allFrames' : 'none';
    this.#suspect(this.#mode ?? (this.version === undefined ? without : 'keyFrames'));
    return this.#report();
  }

  /** Takes those of the samples without a marker to the suspects that are encrypted in this mode. */
  #suspect(mode: EncryptionMode): void {
    if (mode === 'allFrames') this.#suspects.take(this.#all);
    if (mode === 'keyFrames') this.#suspects.take(this.#keyFrames);
    this.#all.clear();
    this.#keyFrames.clear();
  }

  #report(): DecryptionFailure | undefined {
    if (this.#suspects.samples === 0) return undefined;
    const failure = this.#suspects.failure(this.#track, 'unmarked');
    this.#suspects.clear();
    return failure;
  }
}
