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
  readonly #waiters = new Set<Waiter>();

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
    let waiter!: Waiter;
    const answer = new Promise<ShardTarget>((resolve, reject) => {
      waiter = { resolve, reject };
    });
    this.#waiters.add(waiter);
    const onAbort = (): void => waiter.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#ask(reason);
    try {
      return await answer;
    } finally {
      this.#waiters.delete(waiter);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The answer is one for all who wait: live stream and gap may do so at once. */
  answer(answer: ShardTarget | Error): void {
    for (const waiter of this.#waiters) {
      if (answer instanceof Error) waiter.reject(answer);
      else waiter.resolve(answer);
    }
  }
}
