import { megabitsPerSecond } from './format.js';

/** ms */
const WINDOW = 1000;

/** The rate over the last second or so: smooth enough to read, quick enough to see a stall. */
export class RateMeter {
  readonly #window = [{ elapsed: 0, bytes: 0 }];

  update({ elapsed, bytes }: { elapsed: number; bytes: number }): number {
    this.#window.push({ elapsed, bytes });
    while (this.#window.length > 2 && elapsed - this.#window[1]!.elapsed >= WINDOW) this.#window.shift();
    const first = this.#window[0]!;
    return megabitsPerSecond(bytes - first.bytes, elapsed - first.elapsed);
  }
}
