/** The smallest, mean and largest of some numbers. */
export interface SpreadReport {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** Takes numbers in, one by one, and keeps none of them. */
export class Spread {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #sum = 0;
  #count = 0;

  get max(): number {
    return this.#max;
  }

  add(value: number): void {
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#sum += value;
    this.#count++;
  }

  /** Undefined when there was no number. */
  report(): SpreadReport | undefined {
    if (this.#count === 0) return undefined;
    return { min: this.#min, mean: this.#sum / this.#count, max: this.#max };
  }
}
