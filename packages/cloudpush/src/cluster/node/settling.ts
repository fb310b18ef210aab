import type { ClusterClock } from '../clock.js';

/** Does something once for all that ask for it within a short time, and never twice at a time. */
export class Settling {
  readonly #clock: ClusterClock;
  readonly #delay: number;
  readonly #action: () => Promise<void>;
  #cancel: (() => void) | undefined;
  #isRunning = false;
  #isWanted = false;

  /**
   * @param delay ms from the first who asks
   * @param action must not reject
   */
  constructor(clock: ClusterClock, delay: number, action: () => Promise<void>) {
    this.#clock = clock;
    this.#delay = delay;
    this.#action = action;
  }

  run(): void {
    this.#isWanted = true;
    if (this.#isRunning || this.#cancel !== undefined) return;
    this.#cancel = this.#clock.after(this.#delay, () => void this.#act());
  }

  /** Work under way goes on. */
  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#isWanted = false;
  }

  async #act(): Promise<void> {
    this.#cancel = undefined;
    this.#isWanted = false;
    this.#isRunning = true;
    await this.#action();
    this.#isRunning = false;
    if (this.#isWanted) this.run();
  }
}
