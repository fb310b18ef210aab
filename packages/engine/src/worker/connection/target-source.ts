import type { ShardTarget } from '../../options/destination-config.js';
import type { TargetReason } from '../../targets/push-target.js';

interface Waiter {
  resolve(target: ShardTarget): void;
  reject(error: Error): void;
}

/**
 * The target of a destination's connections: always the same, or the one that the caller's thread names each
 * time.
 */
export class TargetSource {
  /** Undefined: the caller's thread is asked. */
  #fixed: ShardTarget | undefined;
  readonly #ask: (reason: TargetReason) => void;
  #waiter: Waiter | undefined;

  /** @param ask asks the caller's thread, which must {@link answer} */
  constructor(fixed: ShardTarget | undefined, ask: (reason: TargetReason) => void) {
    this.#fixed = fixed;
    this.#ask = ask;
  }

  /** Another target may come of asking again. */
  get isAsked(): boolean {
    return this.#fixed === undefined;
  }

  /** A fixed target is another one from now on. */
  move(target: ShardTarget): void {
    if (this.#fixed !== undefined) this.#fixed = target;
  }

  /**
   * The target for the next connection. Rejects with the signal's reason, or with the error that was the
   * answer.
   */
  async get(reason: TargetReason, signal: AbortSignal): Promise<ShardTarget> {
    if (this.#fixed !== undefined) return this.#fixed;
    signal.throwIfAborted();
    const answer = new Promise<ShardTarget>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
    const onAbort = (): void => this.answer(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#ask(reason);
    try {
      return await answer;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  answer(answer: ShardTarget | Error): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (answer instanceof Error) waiter?.reject(answer);
    else waiter?.resolve(answer);
  }
}
