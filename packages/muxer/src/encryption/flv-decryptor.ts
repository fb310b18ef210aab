import { MuxerError } from '../errors.js';
import {
  parseAvcDecoderConfigurationRecord,
  parseHevcDecoderConfigurationRecord,
} from '../flv/decoder-configuration.js';
import { tagHeaderSize } from '../flv/flv-file.js';
import { TagType } from '../flv/flv-tag.js';
import { decryptAacFrame } from './aac-frame-decryptor.js';
import { CodedSample } from './coded-sample.js';
import type { EncryptionKey } from './encryption-key.js';
import { isEncryptionMessage } from './encryption-message.js';
import { KeyRing } from './key-ring.js';
import { decryptMp3Frame } from './mp3-frame-decryptor.js';
import { avcRules, hevcRules } from './nal-rules.js';
import { NalSampleDecryptor } from './nal-sample-decryptor.js';

export interface FlvDecryptorOptions {
  /** In any order: each sample tells which key it needs. */
  readonly keys: readonly EncryptionKey[];
  /** True: a sample that cannot be decrypted is passed on as it is, and counted. Default false: it is an error. */
  readonly tolerant?: boolean | undefined;
}

/** What the decryptor needs of a tag: a tag of a file, or a received message. */
export interface DecryptableTag {
  readonly type: TagType;
  /** ms, 0 to 2^32 − 1. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** Where the tag begins in its file: errors then tell an offset in the file, otherwise one in the payload. */
  readonly offset?: number | undefined;
}

/** A tag in the clear: for a demuxer by its `payload`, for a writer by its `parts`. */
export interface DecryptedTag {
  readonly type: TagType;
  /** ms, 0 to 2^32 − 1. */
  readonly timestamp: number;
  /** The payload itself of a tag that was not encrypted, otherwise memory of its own. */
  readonly payload: Uint8Array;
  readonly parts: readonly [Uint8Array];
  readonly size: number;
}

/** How many samples a decryptor has seen. */
export interface DecryptionCounts {
  decrypted: number;
  /** Not encrypted, or of a codec that cannot be. */
  clear: number;
  /** Passed on encrypted, since no key fits. */
  withoutKey: number;
  /** Passed on as they are, since they are damaged. */
  damaged: number;
}

/**
 * Decrypts what `SampleEncryptor` has encrypted, one tag after the other: the format is docs/encryption.md. What comes
 * out is bit by bit what was sent before encryption, also when servers have put the stream into another container and
 * back. Tags that are not encrypted pass as they are.
 *
 * @example
 * const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
 * for (const tag of reader.push(piece)) {
 *   const clear = decryptor.decrypt(tag);
 *   if (clear !== undefined) for (const bytes of writer.tag(clear)) file.write(bytes);
 * }
 */
export class FlvDecryptor {
  readonly #keys: KeyRing;
  readonly #tolerant: boolean;
  readonly #nalSamples: NalSampleDecryptor;
  readonly #sample = new CodedSample();
  #lengthSize = 4;
  readonly counts: DecryptionCounts = { decrypted: 0, clear: 0, withoutKey: 0, damaged: 0 };

  /** Throws MuxerError for a key that is not usable. */
  constructor({ keys, tolerant = false }: FlvDecryptorOptions) {
    this.#keys = new KeyRing(keys);
    this.#tolerant = tolerant;
    this.#nalSamples = new NalSampleDecryptor(this.#keys);
  }

  /**
   * The tag in the clear; undefined for an `onEncryption` message, which would not be true of the clear stream. Throws
   * MuxerError for a sample that no key fits or that is damaged, unless the decryptor is tolerant; the next tag can be
   * decrypted all the same.
   */
  decrypt(tag: DecryptableTag): DecryptedTag | undefined {
    if (tag.type === TagType.scriptData && isEncryptionMessage(tag.payload)) return undefined;
    try {
      return withPayload(tag, this.#decryptBody(tag));
    } catch (error) {
      if (!(error instanceof MuxerError)) throw error;
      if (!this.#tolerant) throw tag.offset === undefined ? error : moved(error, tag.offset + tagHeaderSize);
      if (error.code === 'ERR_CLOUDPUSH_DECRYPTION_NO_KEY') this.counts.withoutKey++;
      else this.counts.damaged++;
      return withPayload(tag, tag.payload);
    }
  }

  #decryptBody({ type, payload }: DecryptableTag): Uint8Array {
    const sample = this.#sample;
    sample.read(type, payload);
    if (sample.kind === 'configuration') this.#readLengthSize(payload.subarray(sample.start));
    if (sample.kind !== 'frames') return payload;
    const decrypted = this.#decryptSample(payload);
    if (decrypted === undefined) this.counts.clear++;
    else this.counts.decrypted++;
    return decrypted ?? payload;
  }

  #readLengthSize(record: Uint8Array): void {
    const { codec } = this.#sample;
    if (codec === 'h264') this.#lengthSize = parseAvcDecoderConfigurationRecord(record).lengthSize;
    else if (codec === 'h265') this.#lengthSize = parseHevcDecoderConfigurationRecord(record).lengthSize;
  }

  #decryptSample(body: Uint8Array): Uint8Array | undefined {
    const { codec, start } = this.#sample;
    switch (codec) {
      case 'h264':
        return this.#nalSamples.decrypt(body, start, this.#lengthSize, avcRules);
      case 'h265':
        return this.#nalSamples.decrypt(body, start, this.#lengthSize, hevcRules);
      case 'aac':
        return decryptAacFrame(body, start, this.#keys);
      case 'mp3':
        return decryptMp3Frame(body, start, this.#keys);
      case undefined:
        return undefined;
      default:
        return codec satisfies never;
    }
  }
}

function withPayload({ type, timestamp }: DecryptableTag, payload: Uint8Array): DecryptedTag {
  return { type, timestamp, payload, parts: [payload], size: payload.length };
}

/** The error with an offset in the file in the place of the one in the tag body. */
function moved({ code, offset = 0, field, actual, permitted }: MuxerError, by: number): MuxerError {
  return new MuxerError(code, { offset: offset + by, field, actual, permitted });
}
