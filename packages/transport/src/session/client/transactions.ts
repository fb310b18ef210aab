/** Commands that expect an answer. */
export type PendingCommand = 'connect' | 'releaseStream' | 'FCPublish' | 'createStream';

/** More commands than this are never open at once; older ones were left unanswered, as some servers do. */
const MAX_PENDING = 16;

/** Unique, rising transaction ids (RTMP 1.0 §7.2) and what they stand for. */
export class Transactions {
  readonly #pending = new Map<number, PendingCommand>();
  #last = 0;

  begin(command: PendingCommand): number {
    this.#last++;
    this.#pending.set(this.#last, command);
    if (this.#pending.size > MAX_PENDING) {
      const oldest = this.#pending.keys().next();
      if (!oldest.done) this.#pending.delete(oldest.value);
    }
    return this.#last;
  }

  /** An id for a command that nobody answers. */
  next(): number {
    this.#last++;
    return this.#last;
  }

  /**
   * Finds the command of an answer; undefined for an id that is unknown or was answered before. Some servers
   * answer with id 0: that is taken for an answer to `awaited`.
   */
  settle(transactionId: number, awaited: PendingCommand | undefined): PendingCommand | undefined {
    if (transactionId === 0) return awaited;
    const command = this.#pending.get(transactionId);
    this.#pending.delete(transactionId);
    return command;
  }
}
