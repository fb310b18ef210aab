import type { MonotonicClock } from '../../base/clock.js';

/**
 * The pauses of a channel: tells of each when it begins and when it ends, and measures how long they took.
 */
export class Pauses {
  /** Number of times that there was no room. */
  count = 0;
  readonly #clock: MonotonicClock;
  readonly #onChanged: (paused: boolean) => void;
  #isPaused = false;
  /** Time at which the pause that lasts began, in ms of the clock. */
  #since = 0;
  /** Length of the pauses that are over, in ms. */
  #before = 0;

  /** @param onChanged called with true and false in turn, beginning with true, in a turn of its own */
  constructor(clock: MonotonicClock, onChanged: (paused: boolean) => void) {
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  /** Time without room, in ms, including the pause that lasts. */
  get ms(): number {
    return this.#before + (this.#isPaused ? this.#clock.now() - this.#since : 0);
  }

  /** Begins or ends a pause, unless that is how it stands already. */
  set(paused: boolean): void {
    if (paused === this.#isPaused) return;
    if (paused) {
      this.count++;
      this.#since = this.#clock.now();
    } else this.#before = this.ms;
    this.#isPaused = paused;
    // Not from within `send`: its caller has not seen the return value yet.
    process.nextTick(this.#onChanged, paused);
  }
}
