import { equalBytes } from '../bits/bytes.js';
import { MuxerError, type MuxerErrorCode } from '../errors.js';
import { limits } from '../limits.js';
import { START_CODE_SIZE } from './hidden-picture.js';

interface StoredSet<T> {
  readonly nal: Uint8Array;
  readonly value: T;
}

/** Bytes that all parameter sets of a stream may take together. */
export class ParameterSetBudget {
  used = 0;
}

/**
 * The parameter sets of one kind that a stream has sent so far, by id, in the order of their first coming.
 */
export class ParameterSetStore<T extends { readonly id: number }> {
  readonly #sets = new Map<number, StoredSet<T>>();
  readonly #capacity: number;
  readonly #tooLarge: MuxerErrorCode;
  readonly #budget: ParameterSetBudget;
  #latest: T | undefined;

  /** @param capacity as many sets as the configuration record can hold; the oldest gives way */
  constructor(capacity: number, tooLarge: MuxerErrorCode, budget: ParameterSetBudget) {
    this.#budget = budget;
    this.#capacity = capacity;
    this.#tooLarge = tooLarge;
  }

  get size(): number {
    return this.#sets.size;
  }

  get(id: number): T | undefined {
    return this.#sets.get(id)?.value;
  }

  /** The set that came last, new or again: what is used when a picture cannot be asked. */
  get latest(): T | undefined {
    return this.#latest;
  }

  /** The ids that are there, for an error message. */
  get ids(): string {
    return this.#sets.size === 0 ? 'none' : [...this.#sets.keys()].join(', ');
  }

  /** Tells whether exactly these bytes are there already; the usual case, so nothing is parsed for it. */
  has(nal: Uint8Array): boolean {
    for (const set of this.#sets.values()) {
      if (!equalBytes(set.nal, nal)) continue;
      this.#latest = set.value;
      return true;
    }
    return false;
  }

  /**
   * Bytes that a NAL unit has by one that is there: the one is the other with more bytes behind it, at least
   * as many as a start code has; 0: no such is there. What has overwritten the start code may have begun a
   * byte early.
   */
  knownSize(nal: Uint8Array): number {
    return this.has(nal) ? 0 : (this.#akin(nal)?.size ?? 0);
  }

  /** The set that is the same but for its last byte and what stands behind it. */
  #akin(nal: Uint8Array): { readonly value: T; readonly size: number } | undefined {
    for (const { nal: known, value } of this.#sets.values()) {
      const size = Math.min(known.length, nal.length);
      const isLonger = Math.max(known.length, nal.length) >= size + START_CODE_SIZE;
      if (isLonger && equalBytes(known.subarray(0, size - 1), nal.subarray(0, size - 1)))
        return { value, size };
    }
    return undefined;
  }

  /**
   * Keeps a NAL unit, which is at `offset` in its packet, unless exactly these bytes are there already, or
   * those that it begins with: false then. Throws MuxerError.
   */
  add(nal: Uint8Array, offset: number, parse: (nal: Uint8Array, offset: number) => T): boolean {
    if (this.has(nal)) return false;
    const akin = this.#akin(nal);
    if (akin !== undefined && akin.size < nal.length) {
      this.#latest = akin.value;
      return false;
    }
    this.put(nal, parse(nal, offset), offset);
    return true;
  }

  /** Keeps a copy of a NAL unit, which is at `offset` in its packet, and what was parsed from it. */
  put(nal: Uint8Array, value: T, offset: number): void {
    if (nal.length > limits.parameterSetSize) {
      throw new MuxerError(this.#tooLarge, {
        offset,
        actual: nal.length,
        permitted: `≤ ${limits.parameterSetSize} bytes`,
      });
    }
    const replaced = this.#sets.has(value.id) || this.#sets.size < this.#capacity ? value.id : this.#oldest;
    const used = this.#budget.used - (this.#sets.get(replaced)?.nal.length ?? 0) + nal.length;
    if (used > limits.parameterSetBytes) {
      throw new MuxerError('ERR_CLOUDPUSH_PARAMETER_SETS_TOO_LARGE', {
        offset,
        actual: used,
        permitted: `≤ ${limits.parameterSetBytes} bytes`,
      });
    }
    this.#budget.used = used;
    if (replaced !== value.id) this.#sets.delete(replaced);
    this.#sets.set(value.id, { nal: Uint8Array.from(nal), value });
    this.#latest = value;
  }

  /** Removes the sets that are none of these NAL units. */
  retain(nals: readonly Uint8Array[]): void {
    for (const [id, { nal }] of this.#sets) {
      if (nals.some((kept) => equalBytes(kept, nal))) continue;
      this.#sets.delete(id);
      this.#budget.used -= nal.length;
    }
  }

  get #oldest(): number {
    return this.#sets.keys().next().value!;
  }

  values(wanted: (value: T) => boolean): T[] {
    return this.#wanted(wanted).map((set) => set.value);
  }

  nals(wanted: (value: T) => boolean): Uint8Array[] {
    return this.#wanted(wanted).map((set) => set.nal);
  }

  #wanted(wanted: (value: T) => boolean): StoredSet<T>[] {
    return [...this.#sets.values()].filter((set) => wanted(set.value));
  }
}
