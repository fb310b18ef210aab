import { abortableWait, type Waiter } from '../../base/abortable-wait.js';
import type { ShardTarget } from '../../options/destination-config.js';
import type { TargetReason } from '../../targets/push-target.js';

/**
 * The target of a destination's connections: always the same, or the one that the caller's thread names each
 * time.
 */
export class TargetSource {
  /** Undefined: the caller's thread is asked. */
  #fixed: ShardTarget | undefined;
  readonly #ask: (reason: TargetReason) => void;
  readonly #waiters = new Set<Waiter<ShardTarget>>();

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
    const answer = abortableWait<ShardTarget>(signal, (waiter) => {
      this.#waiters.add(waiter);
      return () => this.#waiters.delete(waiter);
    });
    this.#ask(reason);
    return await answer;
  }

  /** The answer is one for all who wait: live stream and gap may do so at once. */
  answer(answer: ShardTarget | Error): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) {
      if (answer instanceof Error) waiter.reject(answer);
      else waiter.resolve(answer);
    }
  }
}
