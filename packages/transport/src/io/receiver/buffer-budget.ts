/** A connection that holds memory because its peer has not sent, or not read, the rest. */
export interface BufferHolder {
  /** Bytes that the connection holds now, as the budget has been told. */
  held: number;
  /** Ends the connection. `held` and `permitted` are for the error. */
  overBudget(held: number, permitted: number): void;
}

/**
 * Bounds what all connections of a receiver hold together. When they hold too much, the one that holds the
 * most is ended: a connection that holds no more than its equal part of the budget never is, whatever the
 * others do.
 */
export class BufferBudget {
  readonly #permitted: number;
  readonly #holders = new Set<BufferHolder>();
  #held = 0;

  /** @param permitted bytes */
  constructor(permitted: number) {
    this.#permitted = permitted;
  }

  /** Bytes that all connections hold. */
  get held(): number {
    return this.#held;
  }

  /** A connection holds `bytes` from now on. */
  update(holder: BufferHolder, bytes: number): void {
    if (bytes === holder.held) return;
    this.#held += bytes - holder.held;
    holder.held = bytes;
    if (bytes === 0) this.#holders.delete(holder);
    else this.#holders.add(holder);
    while (this.#held > this.#permitted) this.#endLargest();
  }

  #endLargest(): void {
    let largest: BufferHolder | undefined;
    for (const holder of this.#holders) {
      if (largest === undefined || holder.held > largest.held) largest = holder;
    }
    const all = this.#held;
    this.#holders.delete(largest!);
    this.#held -= largest!.held;
    largest!.held = 0;
    largest!.overBudget(all, this.#permitted);
  }
}
