import type { CloudPushError } from '@cloudpush/engine';
import { errorText } from '../../error-text.js';
import type { Output } from '../../terminal/output.js';

/** The same cause is told again after so many ms, however many channels and attempts it fails. */
const REPEAT_AFTER = 10_000;
/** Causes that are remembered. */
const MAX_CAUSES = 100;

/** An attempt that has failed, or a connection that is lost, when another attempt follows. */
export interface Retry {
  readonly url: string;
  /** The stream was being published there. */
  readonly connected: boolean;
  readonly error: CloudPushError;
  /** ms until the next attempt. */
  readonly delay: number;
}

/**
 * Says why connections are made again, while they are: a server that is not there is told at once, not at the
 * end.
 */
export class RetryNotes {
  readonly #output: Output;
  readonly #now: () => number;
  readonly #told = new Map<string, number>();

  constructor(output: Output, now = () => performance.now()) {
    this.#output = output;
    this.#now = now;
  }

  readonly tellRetry = ({ url, connected, error, delay }: Retry): void => {
    if (!this.#admits(`${connected} ${errorText(error)}`)) return;
    const what = connected ? 'connection lost' : 'not connected';
    const next = Number.isFinite(delay) ? `; trying again in ${(delay / 1000).toFixed(1)} s` : '';
    this.#output.note(`cloudpush: ${url}: ${what}: ${errorText(error).replace(/\s*\n\s*/g, ' ')}${next}`);
  };

  /** Says why a run does not end with its input: what is queued waits for a server that is not connected. */
  readonly tellWaiting = (url: string): void => {
    if (!this.#admits('waiting')) return;
    this.#output.note(
      `cloudpush: ${url}: not connected at the end of the input: waiting for it until the close time-out (--close-timeout)`,
    );
  };

  #admits(cause: string): boolean {
    const now = this.#now();
    const last = this.#told.get(cause);
    if (last !== undefined && now - last < REPEAT_AFTER) return false;
    if (this.#told.size >= MAX_CAUSES) this.#told.clear();
    this.#told.set(cause, now);
    return true;
  }
}
