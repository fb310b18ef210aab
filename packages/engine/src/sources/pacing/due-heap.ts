/** Anything that has a time at which it wants its turn. */
export interface Due {
  due: number;
}

/** A binary heap with the earliest turn on top. */
export class DueHeap<T extends Due> {
  readonly #items: T[] = [];

  /** The entry whose turn is next. */
  get top(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (items[parent]!.due <= item.due) break;
      items[index] = items[parent]!;
      index = parent;
    }
    items[index] = item;
  }

  pop(): T | undefined {
    const top = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && last !== top) {
      this.#items[0] = last;
      this.topChanged();
    }
    return top;
  }

  /** Puts the top where it belongs after its `due` has grown. */
  topChanged(): void {
    const items = this.#items;
    const item = items[0];
    if (item === undefined) return;
    let index = 0;
    while (true) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]!.due < items[child]!.due) child++;
      if (items[child]!.due >= item.due) break;
      items[index] = items[child]!;
      index = child;
    }
    items[index] = item;
  }
}
