import { SERVER_PACE } from '../../limits.js';
import { RateLimit } from '../common/rate-limit.js';

/** How often the user hears of what is left aside, in ms. */
const WARNING_INTERVAL = 60_000;

/**
 * What a server says beside the protocol: as much of it as a caller can take is let through, the rest, and what nobody
 * can understand, is counted.
 */
export class ServerNews {
  readonly #messages: RateLimit;
  readonly #bytes: RateLimit;
  readonly #reconnects: RateLimit;
  readonly #now: () => number;
  readonly #warn: (message: string) => void;
  #leftAside = 0;
  #misunderstood = false;
  #nextWarning = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds, from any origin, never going back */
  constructor(now: () => number, warn: (message: string) => void) {
    const { newsPerSecond, newsBytesPerSecond, reconnectRequestsPerSecond } = SERVER_PACE;
    this.#now = now;
    this.#warn = warn;
    this.#messages = new RateLimit(newsPerSecond, 2 * newsPerSecond, now);
    this.#bytes = new RateLimit(newsBytesPerSecond, 2 * newsBytesPerSecond, now);
    this.#reconnects = new RateLimit(reconnectRequestsPerSecond, 8 * reconnectRequestsPerSecond, now);
  }

  /** Messages of the server that went no further. */
  get leftAside(): number {
    return this.#leftAside;
  }

  /** Whether a message of so many bytes may go to the caller. */
  admits(size: number): boolean {
    if (this.#messages.wait > 0 || this.#bytes.wait > 0) return this.#refuse();
    this.#messages.spend(1);
    this.#bytes.spend(size);
    return true;
  }

  /** Whether a request to reconnect may. */
  admitsReconnectRequest(): boolean {
    if (this.#reconnects.wait > 0) return this.#refuse();
    this.#reconnects.spend(1);
    return true;
  }

  /** Leaves a message aside that cannot be read, or has no meaning here. */
  misunderstand(reason: string): void {
    this.#leftAside++;
    if (this.#misunderstood) return;
    this.#misunderstood = true;
    this.#warn(`a message of the server could not be read, and was ignored: ${reason}`);
  }

  #refuse(): false {
    this.#leftAside++;
    const now = this.#now();
    if (now >= this.#nextWarning) {
      this.#nextWarning = now + WARNING_INTERVAL;
      this.#warn(
        `the server sends messages faster than permitted (${SERVER_PACE.newsPerSecond} or ${SERVER_PACE.newsBytesPerSecond} bytes a second, ${SERVER_PACE.reconnectRequestsPerSecond} request to reconnect a second): ${this.#leftAside} have been ignored so far`,
      );
    }
    return false;
  }
}
