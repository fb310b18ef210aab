import type { MonotonicClock } from '../../base/clock.js';

/**
 * Notices a connection that is open but takes nothing: it watches a number that should grow while something
 * waits to be sent, not for errors, of which a dead network path has none.
 */
export class StallWatchdog {
  readonly #limit: number;
  readonly #progress: () => number;
  readonly #onStall: (limit: number) => void;
  readonly #clock: MonotonicClock;
  /** Undefined while nothing waits. */
  #stopTimer: (() => void) | undefined;
  #seen = 0;

  /**
   * @param limit ms without progress that are a stall; 0: never
   * @param progress a number that only grows, such as the bytes that the kernel has accepted
   */
  constructor(
    limit: number,
    progress: () => number,
    onStall: (limit: number) => void,
    clock: MonotonicClock,
  ) {
    this.#limit = limit;
    this.#progress = progress;
    this.#onStall = onStall;
    this.#clock = clock;
  }

  /** Something waits to be sent from now on. */
  arm(): void {
    if (this.#stopTimer !== undefined || this.#limit === 0) return;
    this.#seen = this.#progress();
    this.#stopTimer = this.#clock.after(this.#limit, this.#check);
  }

  /** Nothing waits any more. */
  disarm(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  readonly #check = (): void => {
    this.#stopTimer = undefined;
    if (this.#progress() > this.#seen) this.arm();
    else this.#onStall(this.#limit);
  };
}
