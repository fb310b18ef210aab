import type { MonotonicClock } from '../../base/clock.js';

/** The shortest time from one move that a server has asked for to the next, in ms. */
const MIN_INTERVAL = 5000;
/** The longest, in ms: each move doubles it. */
const MAX_INTERVAL = 300_000;
/** So long without a move, in ms, and the next one is as good as the first. */
const CALM = 600_000;

/**
 * Decides when to follow a server's wish that the stream move: the first one at once, the next ones with
 * growing distance, so that no server sends streams round in circles, or makes them fall upon another server.
 * The last wish counts.
 */
export class MoveRequests<Wish> {
  readonly #follow: (wish: Wish) => void;
  readonly #clock: MonotonicClock;
  #interval = MIN_INTERVAL;
  #followedAt = Number.NEGATIVE_INFINITY;
  #wish: { readonly wish: Wish } | undefined;
  #stopTimer: () => void = () => {};

  constructor(follow: (wish: Wish) => void, clock: MonotonicClock) {
    this.#follow = follow;
    this.#clock = clock;
  }

  /** @returns ms until the wish is followed, if it is the first that has to wait; else undefined. */
  ask(wish: Wish): number | undefined {
    const since = this.#clock.now() - this.#followedAt;
    if (since >= CALM) this.#interval = MIN_INTERVAL;
    const isWaiting = this.#wish !== undefined;
    this.#wish = { wish };
    if (isWaiting) return undefined;
    const wait = this.#interval - since;
    if (wait <= 0) {
      this.#followNow();
      return undefined;
    }
    this.#stopTimer = this.#clock.after(wait, () => this.#followNow());
    return wait;
  }

  /** No request is followed any more. */
  stop(): void {
    this.#stopTimer();
    this.#wish = undefined;
  }

  #followNow(): void {
    const wish = this.#wish!.wish;
    this.#wish = undefined;
    if (this.#followedAt !== Number.NEGATIVE_INFINITY && this.#clock.now() - this.#followedAt < CALM)
      this.#interval = Math.min(MAX_INTERVAL, this.#interval * 2);
    this.#followedAt = this.#clock.now();
    this.#follow(wish);
  }
}
