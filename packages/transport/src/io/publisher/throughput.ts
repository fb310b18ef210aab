const SLOT_MS = 250;
/** After this long a change in rate has come through by two thirds. */
const TIME_CONSTANT_MS = 2000;

/** Bytes a second, smoothed exponentially over slots of a quarter of a second. */
export class Throughput {
  #rate = 0;
  #slotBytes = 0;
  /** Whole ms: a small integer needs no memory of its own. */
  #slotStart = -1;

  add(bytes: number, now: number): void {
    if (this.#slotStart < 0) this.#slotStart = Math.floor(now);
    this.#slotBytes += bytes;
    if (now - this.#slotStart >= SLOT_MS) this.#fold(now);
  }

  /** Also falls while nothing is written. */
  bytesPerSecond(now: number): number {
    if (this.#slotStart >= 0 && now - this.#slotStart >= SLOT_MS) this.#fold(now);
    return this.#rate;
  }

  #fold(now: number): void {
    const elapsed = now - this.#slotStart;
    const rate = (this.#slotBytes * 1000) / elapsed;
    this.#rate += (rate - this.#rate) * (1 - Math.exp(-elapsed / TIME_CONSTANT_MS));
    this.#slotBytes = 0;
    this.#slotStart = Math.floor(now);
  }
}
