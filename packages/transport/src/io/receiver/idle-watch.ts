import { performance } from 'node:perf_hooks';

/**
 * Bytes of an unfinished message that count as a sign of life: a peer that drips less in all the time says
 * nothing.
 */
const PROGRESS = 2 ** 14;

/** Notices a publisher that sends no whole message, and no good part of a long one, for too long. */
export class IdleWatch {
  readonly #limit: number;
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;
  #bytes = 0;

  /** @param limit ms */
  constructor(limit: number, onIdle: () => void) {
    this.#limit = limit;
    this.#onIdle = onIdle;
  }

  /** Begins to watch, unless it does already. */
  start(): void {
    this.message();
    if (this.#timer === undefined) this.#arm(this.#limit);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A whole message has come. */
  message(): void {
    this.#last = performance.now();
    this.#bytes = 0;
  }

  /** So many bytes have come, of whatever. */
  received(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= PROGRESS) this.message();
  }

  #arm(wait: number): void {
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const left = this.#limit - (performance.now() - this.#last);
        if (left > 0) this.#arm(left);
        else this.#onIdle();
      },
      Math.max(1, Math.ceil(wait)),
    );
  }
}
