import type { SampleHeader } from '@cloudpush/muxer';
import { BoundedList, type ListReport } from './bounded-list.js';

/** A key under which samples are encrypted, as far as those tell: never the key itself. */
export interface EncryptionKeyReport {
  /** 8 hexadecimal digits that tell keys apart. */
  readonly keyCheck: string;
  /** 24 hexadecimal digits. */
  readonly nonce: string;
  /** Of the format (packages/muxer/docs/encryption.md). */
  readonly version: number;
  /** Offset of the first sample under it, in bytes. */
  readonly offset: number;
  /** Decoding time of that sample, in ms. */
  readonly at: number;
}

/** Counts of encrypted samples in a track, and their keys. */
export interface EncryptionReport {
  /** Samples that cloudpush has encrypted. */
  readonly samples: number;
  /** Of those, key frames; every audio frame is one. */
  readonly keyFrames: number;
  /** Every key or nonce that differs from that of the encrypted sample before. */
  readonly keys: ListReport<EncryptionKeyReport>;
}

/** Counts the encrypted samples of a track. */
export class EncryptionCounter {
  readonly #keys = new BoundedList<EncryptionKeyReport>();
  #samples = 0;
  #keyFrames = 0;
  #current: SampleHeader | undefined;

  see(header: SampleHeader, keyFrame: boolean, offset: number, at: number): void {
    const { keyCheck, nonce, version } = header;
    this.#samples++;
    this.#keyFrames += keyFrame ? 1 : 0;
    if (keyCheck !== this.#current?.keyCheck || nonce !== this.#current.nonce) {
      this.#current = header;
      this.#keys.add({ keyCheck, nonce, version, offset, at });
    }
  }

  /** Undefined when no sample was encrypted. */
  report(): EncryptionReport | undefined {
    if (this.#samples === 0) return undefined;
    return { samples: this.#samples, keyFrames: this.#keyFrames, keys: this.#keys.report() };
  }
}
