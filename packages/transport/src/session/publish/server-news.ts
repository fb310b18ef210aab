import { stringProperty } from '../../amf/value.js';
import type { RtmpErrorDetails } from '../../errors.js';
import { SERVER_PACE } from '../../limits.js';
import type { HeardCommand } from '../../message/command.js';
import { isAside, type RtmpStatus } from '../client/status.js';
import { RateLimit } from '../common/rate-limit.js';
import type { PublishSessionHandler } from './publish-state.js';

/** Interval at which the user is told of ignored messages, in ms. */
const WARNING_INTERVAL = 60_000;

/**
 * Hands on to the caller what a server says beside the protocol, as much of it as a caller can take. The
 * rest, and what cannot be read, is ignored and counted.
 */
export class ServerNews {
  readonly #handler: PublishSessionHandler;
  readonly #now: () => number;
  readonly #messages: RateLimit;
  readonly #bytes: RateLimit;
  readonly #reconnects: RateLimit;
  #leftAside = 0;
  #misunderstood = false;
  #nextWarning = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds, from any origin, never going back */
  constructor(now: () => number, handler: PublishSessionHandler) {
    const { newsPerSecond, newsBytesPerSecond, reconnectRequestsPerSecond } = SERVER_PACE;
    this.#now = now;
    this.#handler = handler;
    this.#messages = new RateLimit(newsPerSecond, 2 * newsPerSecond, now);
    this.#bytes = new RateLimit(newsBytesPerSecond, 2 * newsBytesPerSecond, now);
    this.#reconnects = new RateLimit(reconnectRequestsPerSecond, 8 * reconnectRequestsPerSecond, now);
  }

  /** Messages of the server that went no further. */
  get leftAside(): number {
    return this.#leftAside;
  }

  /**
   * Hands on a command or data message of so many bytes. A peer that does not speak AMF has nothing to say to
   * a publisher.
   */
  command({ name, args, damage }: HeardCommand, size: number): void {
    if (damage !== undefined) this.misunderstand(damage.message);
    else if (this.#admits(size)) this.#handler.onCommand(name, args);
  }

  /**
   * Hands on a status of so many bytes, with a warning where it is an error that does not affect publishing.
   * @param words the server's own, without secrets
   */
  status(status: RtmpStatus, size: number, words: () => RtmpErrorDetails): void {
    if (!this.#admits(size)) return;
    this.#handler.onStatus(status);
    if (!isAside(status) || status.level !== 'error') return;
    const { serverCode, description } = words();
    const text = [serverCode, description].filter(Boolean).join(': ');
    this.#handler.onWarning?.(`the server reports an error that does not affect publishing: ${text}`);
  }

  /** Hands on a request to reconnect; false when the status is none. */
  takesReconnectRequest({ code, info, description }: RtmpStatus): boolean {
    if (code !== 'NetConnection.Connect.ReconnectRequest') return false;
    if (!this.#reconnects.take(1)) this.#refuse();
    else this.#handler.onReconnectRequest({ tcUrl: stringProperty(info, 'tcUrl'), description });
    return true;
  }

  /** Ignores a message that cannot be read, or has no meaning here. */
  misunderstand(reason: string): void {
    this.#leftAside++;
    if (this.#misunderstood) return;
    this.#misunderstood = true;
    this.#handler.onWarning?.(`a message of the server could not be read, and was ignored: ${reason}`);
  }

  #admits(size: number): boolean {
    if (this.#messages.wait > 0 || this.#bytes.wait > 0) {
      this.#refuse();
      return false;
    }
    this.#messages.spend(1);
    this.#bytes.spend(size);
    return true;
  }

  #refuse(): void {
    this.#leftAside++;
    const now = this.#now();
    if (now < this.#nextWarning) return;
    this.#nextWarning = now + WARNING_INTERVAL;
    const { newsPerSecond, newsBytesPerSecond, reconnectRequestsPerSecond } = SERVER_PACE;
    this.#handler.onWarning?.(
      `the server sends messages faster than permitted (${newsPerSecond} or ${newsBytesPerSecond} bytes a second, ${reconnectRequestsPerSecond} request to reconnect a second): ${this.#leftAside} have been ignored so far`,
    );
  }
}
