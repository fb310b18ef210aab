import { MuxerError } from '../errors.js';
import { TAG_HEADER_SIZE } from '../flv/flv-file.js';
import { TagType } from '../flv/flv-tag.js';
import { FrameType } from '../flv/video-tag-header.js';
import { parseAvcDecoderConfigurationRecord } from '../h264/avc-decoder-configuration-record.js';
import { parseHevcDecoderConfigurationRecord } from '../h265/hevc-decoder-configuration-record.js';
import { checkOptions, invalidOption } from '../option-checks.js';
import { decryptAacFrame } from './aac-frame-decryptor.js';
import { CodedSample } from './coded-sample.js';
import { type DecryptionCounts, DecryptionLog } from './decryption-log.js';
import type { EncryptionKey } from './encryption-key.js';
import { readEncryptionMessage } from './encryption-message.js';
import type { EncryptedTrack } from './encryption-parameters.js';
import { KeyRing } from './key-ring.js';
import { decryptMp3Frame } from './mp3-frame-decryptor.js';
import { avcRules, hevcRules } from './nal-rules.js';
import { NalSampleDecryptor } from './nal-sample-decryptor.js';
import { SampleDecipher } from './sample-decipher.js';
import type { DecryptionFailure } from './sample-run.js';

/** Options of {@link FlvDecryptor}. */
export interface FlvDecryptorOptions {
  /** In any order: each sample tells which key it needs. */
  readonly keys: readonly EncryptionKey[];
  /**
   * True: a sample that cannot be decrypted is passed on as it is, and counted. Default false: it is an
   * error.
   */
  readonly tolerant?: boolean | undefined;
}

/** A tag of a file, or a received message, as the decryptor needs it. */
export interface DecryptableTag {
  readonly type: TagType;
  /** ms, 0 to 2^32 − 1. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** Offset of the tag in its file: errors then tell an offset in the file, otherwise one in the payload. */
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

/**
 * Decrypts what `SampleEncryptor` has encrypted, one tag after the other: the format is docs/encryption.md.
 * The output is bit by bit what was sent before encryption, also when servers have put the stream into
 * another container and back. Tags that are not encrypted pass as they are. A sample that has lost what marks
 * it as encrypted cannot be told from a clear one at once: `counts.unmarked` and `failures` tell of it when
 * the next encrypted sample comes, or at `end`.
 *
 * @example
 * const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
 * for (const tag of reader.push(piece)) {
 *   const clear = decryptor.decrypt(tag);
 *   if (clear !== undefined) for (const bytes of writer.tag(clear)) file.write(bytes);
 * }
 * decryptor.end();
 * if (decryptor.counts.unmarked > 0) complain(decryptor.failures);
 */
export class FlvDecryptor {
  readonly #tolerant: boolean;
  readonly #decipher: SampleDecipher;
  readonly #nalSamples: NalSampleDecryptor;
  readonly #sample = new CodedSample();
  readonly #log = new DecryptionLog();
  #lengthSize = 4;

  /** Throws MuxerError for options, or a key, that are not usable. */
  constructor(options: FlvDecryptorOptions) {
    checkOptions(options, {});
    const { keys, tolerant = false } = options;
    if (!Array.isArray(keys)) throw invalidOption('keys', keys, 'a list of keys');
    this.#tolerant = tolerant;
    this.#decipher = new SampleDecipher(new KeyRing(keys));
    this.#nalSamples = new NalSampleDecryptor(this.#decipher);
  }

  get counts(): Readonly<DecryptionCounts> {
    return this.#log.counts;
  }

  /**
   * The samples that were passed on although they were not decrypted: those that lie one behind the other
   * together, at most 100 entries.
   */
  get failures(): readonly DecryptionFailure[] {
    return this.#log.failures;
  }

  /**
   * The tag in the clear; undefined for an `onEncryption` message, which would not be true of the clear
   * stream. Throws MuxerError for a sample that no key fits or that is damaged, unless the decryptor is
   * tolerant; the next tag can be decrypted all the same.
   */
  decrypt(tag: DecryptableTag): DecryptedTag | undefined {
    if (tag.type === TagType.scriptData && this.#readMessage(tag.payload)) return undefined;
    try {
      return withPayload(tag, this.#decryptBody(tag));
    } catch (error) {
      if (!(error instanceof MuxerError)) throw error;
      if (!this.#tolerant)
        throw tag.offset === undefined ? error : moved(error, tag.offset + TAG_HEADER_SIZE);
      const reason = error.code === 'ERR_CLOUDPUSH_DECRYPTION_NO_KEY' ? 'noKey' : 'damaged';
      this.#log.failed(trackOf(tag), reason, tag);
      return withPayload(tag, tag.payload);
    }
  }

  /** Says that the stream has ended: `counts` and `failures` then also tell of its last samples. */
  end(): void {
    this.#log.end();
  }

  /** Reads an `onEncryption`; false for any other message, and for one about the caller's own encryption. */
  #readMessage(body: Uint8Array): boolean {
    const message = readEncryptionMessage(body);
    if (message !== undefined) this.#log.announce(message);
    return message?.scheme === 'aes-ctr';
  }

  #decryptBody(tag: DecryptableTag): Uint8Array {
    const { type, payload } = tag;
    const sample = this.#sample;
    sample.read(type, payload);
    if (sample.kind === 'configuration') this.#readLengthSize(payload.subarray(sample.start));
    if (sample.kind !== 'frames') return payload;
    const decipher = this.#decipher;
    decipher.reset();
    const decrypted = this.#decryptSample(payload);
    const keyFrame = this.#isKeyFrame(tag);
    if (decrypted === undefined) this.#log.clear(trackOf(tag), this.#isLong(payload), keyFrame, tag);
    else this.#log.decrypted(trackOf(tag), decipher, keyFrame);
    return decrypted ?? payload;
  }

  /** True when the sample that was looked at is long enough to be encrypted, of a codec that can be. */
  #isLong(body: Uint8Array): boolean {
    const { codec, start } = this.#sample;
    if (codec === 'h264' || codec === 'h265') return this.#nalSamples.hasLongSlice;
    return codec !== undefined && body.length > start;
  }

  #isKeyFrame({ type, payload }: DecryptableTag): boolean {
    if (type === TagType.audio) return true;
    return ((payload[0]! >> 4) & 7) === FrameType.key || this.#nalSamples.hasRandomAccess;
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
        return decryptAacFrame(body, start, this.#decipher);
      case 'mp3':
        return decryptMp3Frame(body, start, this.#decipher);
      case undefined:
        return undefined;
      default:
        return codec satisfies never;
    }
  }
}

function trackOf({ type }: DecryptableTag): EncryptedTrack {
  return type === TagType.video ? 'video' : 'audio';
}

function withPayload({ type, timestamp }: DecryptableTag, payload: Uint8Array): DecryptedTag {
  return { type, timestamp, payload, parts: [payload], size: payload.length };
}

/** The error with an offset in the file in the place of the one in the tag body. */
function moved({ code, details }: MuxerError, by: number): MuxerError {
  return new MuxerError(code, { ...details, offset: (details.offset ?? 0) + by });
}
