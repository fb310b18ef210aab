/** Bounds of a spool, over all its series. */
export interface SpoolLimits {
  /** Bytes of all series together. */
  readonly maxBytes: number;
  /** ms that media is kept. */
  readonly maxAge: number;
  /** Bytes of the volume that stay free. */
  readonly minFree: number;
}

/** Amount that a series has to remove. */
export interface SpoolExpiry<Key> {
  readonly series: Key;
  /** At least so many bytes, oldest first, as far as they are there. */
  readonly bytes: number;
}

/**
 * Shares the disk between series. It lives on the caller's thread and knows plain numbers only: shards report
 * the bytes of their series once a second, and are told what to remove. Between a report and its effect a
 * spool may outgrow its limit by what comes in within two seconds.
 */
export class SpoolBudget<Key> {
  readonly #limits: SpoolLimits;
  readonly #bytes = new Map<Key, number>();

  constructor(limits: SpoolLimits) {
    this.#limits = limits;
  }

  /** Bytes of all series. */
  get bytes(): number {
    let bytes = 0;
    for (const each of this.#bytes.values()) bytes += each;
    return bytes;
  }

  /** A series has so many bytes on disk. */
  update(series: Key, bytes: number): void {
    this.#bytes.set(series, bytes);
  }

  /** A series is gone, with its bytes. */
  forget(series: Key): void {
    this.#bytes.delete(series);
  }

  /**
   * Tells what has to go now: from whoever is furthest over its share, and so on, until the rest fits.
   * @param freeBytes of the volume, where they are known
   */
  expiries(freeBytes = Number.POSITIVE_INFINITY): SpoolExpiry<Key>[] {
    const { maxBytes, minFree } = this.#limits;
    const total = this.bytes;
    const excess = Math.min(total, Math.max(total - maxBytes, minFree - freeBytes));
    if (excess <= 0) return [];
    const level = levelFor([...this.#bytes.values()], total - excess);
    const expiries: SpoolExpiry<Key>[] = [];
    for (const [series, bytes] of this.#bytes)
      if (bytes > level) expiries.push({ series, bytes: Math.ceil(bytes - level) });
    return expiries;
  }

  /** The wall clock, ms since 1970, before which media is too old. */
  oldest(now: number): number {
    return now - this.#limits.maxAge;
  }

  /** Nothing may be written even after all that could go is gone: the volume is full of other things. */
  isExhausted(freeBytes: number): boolean {
    return freeBytes < this.#limits.minFree && this.bytes === 0;
  }
}

/** The size to which the largest have to be cut so that all together are `target`. */
function levelFor(sizes: number[], target: number): number {
  const ascending = sizes.sort((a, b) => a - b);
  let left = target;
  for (const [i, size] of ascending.entries()) {
    const level = left / (ascending.length - i);
    if (size > level) return level;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}
