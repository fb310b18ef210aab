/**
 * One shared word a channel that says whether the channel is paused. The shard closes and opens the gate; the caller's
 * thread sees it at its very next packet, long before the pause event reaches it.
 */
export class Gates {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  close(channel: number): void {
    Atomics.store(this.#words, channel, 1);
  }

  open(channel: number): void {
    Atomics.store(this.#words, channel, 0);
  }

  isOpen(channel: number): boolean {
    return Atomics.load(this.#words, channel) === 0;
  }
}

export function newGateMemory(maxChannels: number): SharedArrayBuffer {
  return new SharedArrayBuffer(maxChannels * 4);
}
