/** A queue that allocates only when it grows. */
export class Fifo<T> {
  #items: (T | undefined)[];
  #head = 0;
  #length = 0;

  constructor(capacity = 16) {
    this.#items = new Array<T | undefined>(capacity).fill(undefined);
  }

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  /** The oldest item; the queue must not be empty. */
  shift(): T {
    const item = this.#items[this.#head] as T;
    this.#items[this.#head] = undefined;
    this.#length--;
    // A queue that is mostly empty stays where it is in the processor's cache.
    this.#head = this.#length === 0 ? 0 : (this.#head + 1) & (this.#items.length - 1);
    return item;
  }

  #grow(): void {
    const capacity = this.#items.length;
    const grown = new Array<T | undefined>(capacity * 2).fill(undefined);
    for (let i = 0; i < capacity; i++) grown[i] = this.#items[(this.#head + i) & (capacity - 1)];
    this.#items = grown;
    this.#head = 0;
  }
}
