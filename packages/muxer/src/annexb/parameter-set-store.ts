import { equalBytes } from '../bits/bytes.js';
import { MuxerError, type MuxerErrorCode } from '../errors.js';
import { limits } from '../limits.js';

interface StoredSet<T> {
  readonly nal: Uint8Array;
  readonly value: T;
}

/** The parameter sets of one kind that a stream has sent so far, by id, in the order of their first coming. */
export class ParameterSetStore<T extends { readonly id: number }> {
  readonly #sets = new Map<number, StoredSet<T>>();
  readonly #capacity: number;
  readonly #tooLarge: MuxerErrorCode;

  /** @param capacity as many sets as the configuration record can hold; the oldest gives way */
  constructor(capacity: number, tooLarge: MuxerErrorCode) {
    this.#capacity = capacity;
    this.#tooLarge = tooLarge;
  }

  get size(): number {
    return this.#sets.size;
  }

  get(id: number): T | undefined {
    return this.#sets.get(id)?.value;
  }

  /** Any one of the sets: what is used when a picture cannot be asked. */
  get first(): T | undefined {
    for (const set of this.#sets.values()) return set.value;
    return undefined;
  }

  /** The ids that are there, for an error message. */
  get ids(): string {
    return this.#sets.size === 0 ? 'none' : [...this.#sets.keys()].join(', ');
  }

  /** Whether exactly these bytes are there already; the usual case, so nothing is parsed for it. */
  has(nal: Uint8Array): boolean {
    for (const set of this.#sets.values()) if (equalBytes(set.nal, nal)) return true;
    return false;
  }

  /** Keeps a copy of a NAL unit and what was parsed from it. */
  put(nal: Uint8Array, value: T): void {
    if (nal.length > limits.parameterSetSize) {
      throw new MuxerError(this.#tooLarge, {
        actual: nal.length,
        permitted: `≤ ${limits.parameterSetSize} bytes`,
      });
    }
    if (!this.#sets.has(value.id) && this.#sets.size === this.#capacity) {
      for (const oldest of this.#sets.keys()) {
        this.#sets.delete(oldest);
        break;
      }
    }
    this.#sets.set(value.id, { nal: Uint8Array.from(nal), value });
  }

  values(): T[] {
    return Array.from(this.#sets.values(), (set) => set.value);
  }

  nals(): Uint8Array[] {
    return Array.from(this.#sets.values(), (set) => set.nal);
  }
}
