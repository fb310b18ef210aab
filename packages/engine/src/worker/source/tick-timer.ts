import type { MonotonicClock } from '../../base/clock.js';

/** Ticks come at multiples of so many ms, as far as anything is due. */
const TICK = 50;
/** A tick that comes so many ms late tells that the thread, or the machine, was held up. */
const HELD_UP = 250;

/**
 * One timer for what many sources have due: they share a wake-up. After the thread was held up, timers run
 * before what has come meanwhile is read: such a tick is put off once, so that no camera is taken to be
 * silent whose packets wait.
 */
export class TickTimer {
  readonly #clock: MonotonicClock;
  readonly #onTick: () => void;
  /** Time at which the timer fires; infinity: it is not set. */
  #at = Number.POSITIVE_INFINITY;
  #isPutOff = false;
  #stop: () => void = () => {};

  constructor(clock: MonotonicClock, onTick: () => void) {
    this.#clock = clock;
    this.#onTick = onTick;
  }

  /** Has a tick come at the next multiple of {@link TICK} behind a time; infinity: none. */
  wakeBy(time: number): void {
    if (time === Number.POSITIVE_INFINITY) return;
    const now = this.#clock.now();
    const at = (Math.floor(Math.max(time, now) / TICK) + 1) * TICK;
    if (at >= this.#at) return;
    this.#stop();
    this.#at = at;
    this.#stop = this.#clock.after(at - now, this.#fire);
  }

  cancel(): void {
    this.#stop();
    this.#at = Number.POSITIVE_INFINITY;
  }

  readonly #fire = (): void => {
    const now = this.#clock.now();
    const isHeldUp = now - this.#at > HELD_UP;
    this.#at = Number.POSITIVE_INFINITY;
    this.#isPutOff = isHeldUp && !this.#isPutOff;
    if (this.#isPutOff) this.wakeBy(now);
    else this.#onTick();
  };
}
