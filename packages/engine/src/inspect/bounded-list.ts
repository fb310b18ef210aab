/** Number of times that something was found, and the places of the first. */
export interface ListReport<T> {
  readonly count: number;
  /** The first ones, 100 at most: `count` tells how many there were. */
  readonly list: readonly T[];
}

/** However many are found, memory is taken for so many. */
const MAX_ITEMS = 100;

/** Counts what is found, and keeps the first of it. */
export class BoundedList<T> {
  readonly #list: T[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(item: T): void {
    this.#count++;
    if (this.#list.length < MAX_ITEMS) this.#list.push(item);
  }

  report(): ListReport<T> {
    return { count: this.#count, list: [...this.#list] };
  }
}
