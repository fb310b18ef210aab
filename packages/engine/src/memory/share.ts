/**
 * Who may take how much of the pool. Half of the pool is promised: each of the most channels that there can be may
 * always have its part of that half. The other half is lent: a channel may borrow as long as what it has borrowed is
 * at most {@link LENDING_FACTOR} times what would still be left to lend (the dynamic threshold rule of shared-memory
 * switches: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches", 1998). So one
 * busy channel can use most of an idle pool, many stalled channels get less and less each, and no number of stalled
 * channels touches what is promised to the others.
 */
const LENDING_FACTOR = 4;

export class FairShare {
  /** Bytes that each channel may always hold. */
  readonly promised: number;
  readonly #lendable: number;
  readonly #held: Float64Array;
  #lent = 0;

  constructor(poolSize: number, maxChannels: number) {
    this.promised = Math.floor(poolSize / 2 / maxChannels);
    this.#lendable = poolSize - this.promised * maxChannels;
    this.#held = new Float64Array(maxChannels);
  }

  /** Bytes that a channel holds. */
  heldBy(channel: number): number {
    return this.#held[channel]!;
  }

  /** True when `channel` may take `bytes` more. */
  allows(channel: number, bytes: number): boolean {
    const held = this.#held[channel]!;
    const borrowedAfter = held + bytes - this.promised;
    if (borrowedAfter <= 0) return true;
    const borrowedNow = Math.max(0, held - this.promised);
    const left = this.#lendable - this.#lent - (borrowedAfter - borrowedNow);
    return left >= 0 && borrowedAfter <= LENDING_FACTOR * left;
  }

  /** True when `channel` could not hold twice of what it holds. */
  isTight(channel: number): boolean {
    return !this.allows(channel, this.#held[channel]!);
  }

  /** The most that one channel could hold with all others idle, in bytes. */
  get most(): number {
    return this.promised + Math.floor((this.#lendable * LENDING_FACTOR) / (LENDING_FACTOR + 1));
  }

  take(channel: number, bytes: number): void {
    this.#move(channel, bytes);
  }

  giveBack(channel: number, bytes: number): void {
    this.#move(channel, -bytes);
  }

  #move(channel: number, bytes: number): void {
    const before = this.#held[channel]!;
    const after = before + bytes;
    this.#held[channel] = after;
    this.#lent += Math.max(0, after - this.promised) - Math.max(0, before - this.promised);
  }
}
