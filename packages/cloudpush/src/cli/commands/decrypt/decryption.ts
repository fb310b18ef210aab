import { remuxAdvice } from '@cloudpush/engine/sources';
import {
  type DecryptionCounts,
  type DecryptionFailure,
  type EncryptionKey,
  FlvDecryptor,
  FlvReader,
  FlvWriter,
  MuxerError,
} from '@cloudpush/muxer';
import { CommandError, ExitCode, usageError } from '../../exit-code.js';
import { failureText } from './failure-text.js';

/** An FLV file on its way through the decryptor, piece by piece. */
export class Decryption {
  readonly #input: string;
  readonly #reader = new FlvReader();
  readonly #writer = new FlvWriter();
  readonly #decryptor: FlvDecryptor;
  readonly #tolerant: boolean;
  #headerWritten = false;

  /** @param input the name of the file, for errors */
  constructor(input: string, keys: readonly EncryptionKey[], tolerant: boolean) {
    this.#input = input;
    this.#decryptor = new FlvDecryptor({ keys, tolerant });
    this.#tolerant = tolerant;
  }

  /** The samples that were not decrypted. */
  get failures(): readonly DecryptionFailure[] {
    return this.#decryptor.failures;
  }

  get counts(): Readonly<DecryptionCounts> {
    return this.#decryptor.counts;
  }

  /**
   * Takes the next bytes of the file, and gives what is complete with them in the clear. Throws CommandError.
   */
  push(piece: Uint8Array): Uint8Array {
    try {
      return Buffer.concat(this.#decrypt(piece));
    } catch (error) {
      throw this.#explain(error, piece);
    }
  }

  /**
   * Says that the file has ended, and tells how many bytes of a last tag are missing their end. Throws
   * CommandError for a file that is no FLV, when not a single sample could be decrypted for want of a key, or
   * bears a marker, and when the last samples have lost theirs.
   */
  end(): number {
    this.#decryptor.end();
    this.#requireMarkers();
    const { decrypted, withoutKey, damaged, clear } = this.counts;
    if (decrypted === 0 && withoutKey > 0) {
      throw new CommandError(`${this.#input}: no key fits any encrypted sample`, ExitCode.failure);
    }
    if (!this.#tolerant && clear > 0 && decrypted + damaged === 0) {
      const text = 'nothing in the file is marked as encrypted: --tolerant copies it';
      throw new CommandError(`${this.#input}: ${text}`, ExitCode.failure);
    }
    try {
      return this.#reader.end().truncatedBytes;
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #decrypt(piece: Uint8Array): Uint8Array[] {
    const parts: Uint8Array[] = [];
    const tags = this.#reader.push(piece);
    const { header } = this.#reader;
    if (header !== undefined && !this.#headerWritten) {
      parts.push(this.#writer.header(header));
      this.#headerWritten = true;
    }
    for (const tag of tags) {
      const clear = this.#decryptor.decrypt(tag);
      if (clear !== undefined) parts.push(...this.#writer.tag(clear));
      this.#requireMarkers();
    }
    return parts;
  }

  /** Refuses a file in which samples that were encrypted have lost their marker, unless that is tolerated. */
  #requireMarkers(): void {
    if (this.#tolerant || this.counts.unmarked === 0) return;
    const text = this.failures.map(failureText).join('; ');
    throw new CommandError(`${this.#input}: ${text}: --tolerant leaves it as it is`, ExitCode.failure);
  }

  /** @param piece what was taken when it came up */
  #explain(error: unknown, piece?: Uint8Array): unknown {
    if (!(error instanceof MuxerError)) return error;
    if (error.code === 'ERR_CLOUDPUSH_FLV_SIGNATURE') {
      const advice = piece === undefined ? undefined : remuxAdvice(this.#input, piece);
      return usageError(`${this.#input}: ${advice ?? 'this is not an FLV file'}`);
    }
    const hint = error.code.startsWith('ERR_CLOUDPUSH_DECRYPTION') ? ': --tolerant leaves it as it is' : '';
    return new CommandError(`${this.#input}: ${error.message}${hint}`, ExitCode.failure, { cause: error });
  }
}
