/**
 * Shared words of the channels, one writer each.
 *
 * The gate says whether a channel is paused. The shard closes and opens it; the caller's thread sees it at
 * its very next packet, long before the pause event reaches it. The pressure goes the other way: the caller's
 * thread sees that a channel holds much of what it may hold of the pool, and the shard relieves the slowest
 * of its destinations.
 */
export class Gates {
  readonly #closed: Int32Array;
  readonly #pressed: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    const channels = memory.byteLength / 8;
    this.#closed = new Int32Array(memory, 0, channels);
    this.#pressed = new Int32Array(memory, channels * 4, channels);
  }

  close(channel: number): void {
    Atomics.store(this.#closed, channel, 1);
  }

  open(channel: number): void {
    Atomics.store(this.#closed, channel, 0);
  }

  isOpen(channel: number): boolean {
    return Atomics.load(this.#closed, channel) === 0;
  }

  press(channel: number): void {
    Atomics.store(this.#pressed, channel, 1);
  }

  /** True once after each {@link press}. */
  takePressure(channel: number): boolean {
    return Atomics.load(this.#pressed, channel) !== 0 && Atomics.exchange(this.#pressed, channel, 0) !== 0;
  }
}

export function newGateMemory(maxChannels: number): SharedArrayBuffer {
  return new SharedArrayBuffer(maxChannels * 8);
}
