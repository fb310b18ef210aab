import type { GatewayClock } from '../clock.js';

/**
 * Longest time that a channel that starts may hold its place, in ms: one camera that does not answer must not
 * hold up the others.
 */
const LONGEST_START = 2000;

interface Waiting {
  readonly start: (done: () => void) => void;
}

/** Lets channels start a few at a time, in the order in which they asked. */
export class StartQueue {
  readonly #limit: number;
  readonly #clock: GatewayClock;
  readonly #waiting = new Set<Waiting>();
  #starting = 0;

  constructor(limit: number, clock: GatewayClock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /**
   * Calls `start` when it is this one's turn, with what it calls when it has started, or failed to.
   * @returns gives up the place
   */
  enter(start: (done: () => void) => void): () => void {
    const waiting = { start };
    this.#waiting.add(waiting);
    this.#startNext();
    return () => this.#waiting.delete(waiting);
  }

  #startNext(): void {
    for (const waiting of this.#waiting) {
      if (this.#starting >= this.#limit) return;
      this.#waiting.delete(waiting);
      this.#starting++;
      this.#begin(waiting);
    }
  }

  #begin({ start }: Waiting): void {
    let isDone = false;
    const done = () => {
      if (isDone) return;
      isDone = true;
      cancel();
      this.#starting--;
      this.#startNext();
    };
    const cancel = this.#clock.after(LONGEST_START, done);
    start(done);
  }
}
