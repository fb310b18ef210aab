import type { Entry } from '../store/cluster-store.js';

/**
 * Picks what has not been told yet of entries that stand for some time, such as those that cannot be read.
 */
export class ToldEntries {
  /** Revision by key. */
  #told = new Map<string, number>();

  /** @returns those that were not among the entries of the call before, or are written anew since */
  fresh<T extends Pick<Entry, 'key' | 'revision'>>(entries: readonly T[]): readonly T[] {
    const before = this.#told;
    this.#told = new Map(entries.map(({ key, revision }) => [key, revision]));
    return entries.filter(({ key, revision }) => before.get(key) !== revision);
  }
}
