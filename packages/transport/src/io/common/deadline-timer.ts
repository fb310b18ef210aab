import { performance } from 'node:perf_hooks';

/**
 * One timer for a deadline that moves: touched only when it has moved. Deadlines are on the clock of
 * `performance.now`.
 */
export class DeadlineTimer {
  readonly #onDeadline: () => void;
  #timer: NodeJS.Timeout | undefined;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(onDeadline: () => void) {
    this.#onDeadline = onDeadline;
  }

  /** Infinity: no deadline. */
  set(deadline: number): void {
    if (deadline === this.#deadline) return;
    this.clear();
    this.#deadline = deadline;
    if (deadline !== Number.POSITIVE_INFINITY) this.#arm();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** Timers fire up to a millisecond early: then once more. */
  #arm(): void {
    const wait = Math.max(1, Math.ceil(this.#deadline - performance.now()));
    this.#timer = setTimeout(() => {
      if (performance.now() < this.#deadline) {
        this.#arm();
        return;
      }
      this.clear();
      this.#onDeadline();
    }, wait);
  }
}
