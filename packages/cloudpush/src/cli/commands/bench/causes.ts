import { errorText } from '../../error-text.js';

/** An error with a stable code. */
type CodedError = Error & { readonly code: string };

/** A cause of failures, and how often it was one. */
export interface Cause {
  /** Of the error; null where a stream has ended before its time without one. */
  readonly code: string | null;
  /** The system's own word, such as ECONNREFUSED; null where it had none. */
  readonly system: string | null;
  readonly count: number;
  /** Of the first failure, in one line, without secrets. */
  readonly message: string;
}

/** Counts failures by the codes of their errors, and keeps the message of the first one of each. */
export class CauseCounter {
  readonly #causes = new Map<string, Cause>();

  /**
   * @param error without secrets; undefined where there was none
   * @param message in place of the error's own
   */
  add(error: CodedError | undefined, message = error === undefined ? '' : errorText(error)): void {
    const code = error?.code ?? null;
    const word = (error?.cause as NodeJS.ErrnoException | undefined)?.code;
    const system = typeof word === 'string' && !word.startsWith('ERR_') ? word : null;
    const name = `${code} ${system}`;
    const known = this.#causes.get(name);
    const count = (known?.count ?? 0) + 1;
    const first = known?.message ?? message.replace(/\s*\n\s*/g, ' ');
    this.#causes.set(name, { code, system, count, message: first });
  }

  /** Failures of all causes. */
  get count(): number {
    return this.causes.reduce((sum, { count }) => sum + count, 0);
  }

  /** The most frequent one first. */
  get causes(): readonly Cause[] {
    return [...this.#causes.values()].sort((a, b) => b.count - a.count);
  }
}
