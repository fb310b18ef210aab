import { seededRandom } from '../../base/testing/seeded-random.js';

/** Choices that follow from a seed. */
export class ModelRandom {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  chance(share: number): boolean {
    return this.below(1000) < share * 1000;
  }
}
