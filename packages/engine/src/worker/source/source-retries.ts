import { Backoff } from '../../base/backoff.js';
import type { CloudPushError } from '../../base/errors.js';
import { sourceErrorCodes } from '../../base/source-error-codes.js';
import type { SourceConfig } from '../../options/source-config.js';

/** A source that was there for so long, in ms, is tried from the first delay on. */
const RESET_AFTER = 60_000;
const MOST_ATTEMPTS = 1_000_000;
/** Errors of a file that is replaced, or whose disk is away: at the turn of a loop it is opened anew. */
const ABSENCES: readonly string[] = [sourceErrorCodes.unreadable, sourceErrorCodes.empty];

/** The attempts to open a source again: how many have failed, and when the next one is made. */
export class SourceRetries {
  readonly #retry: SourceConfig['retry'];
  readonly #backoff: Backoff | undefined;
  #failed = 0;

  constructor(retry: SourceConfig['retry']) {
    this.#retry = retry;
    this.#backoff = retry && new Backoff({ ...retry, maxAttempts: MOST_ATTEMPTS, resetAfter: RESET_AFTER });
  }

  /** Attempts in a row that have failed. */
  get failed(): number {
    return this.#failed;
  }

  /** The source is open. */
  onOpened(): void {
    this.#failed = 0;
  }

  /** Media came for so long, in ms, before the source was lost. */
  noteServed(ms: number): void {
    this.#backoff?.published(Math.max(0, ms));
  }

  /**
   * Counts a loss, or an attempt that has failed.
   * @param wasOpen it was lost, and not refused
   * @returns ms until the next attempt; undefined: there is none
   */
  delayAfter({ class: kind, code }: CloudPushError, wasOpen: boolean): number | undefined {
    this.#failed++;
    // Repeating a wrong password quickly gets a camera locked; giving up misses that it has been put right.
    if (kind === 'auth') return this.#retry?.maxDelay;
    // A file that may come is waited for; one that is damaged is not played again and again.
    const mayCome = this.#retry?.always === true && (!wasOpen || ABSENCES.includes(code));
    return this.#backoff?.next(kind === 'fatal' && mayCome ? 'retryable' : kind);
  }
}
