import { CloudPushError, type ErrorData } from '../../base/errors.js';
import { Waiters } from '../../base/waiters.js';
import type { CloseReport } from '../close-report.js';
import type { DestinationState } from './destination.js';

/** Phase of a destination, with the data of that phase. */
type Phase =
  | { readonly type: 'connecting' }
  | { readonly type: 'publishing' }
  | {
      readonly type: 'closing';
      /** It was told to close; otherwise it was only aborted. */
      readonly isAsked: boolean;
      /** Reason why it was aborted, when it was. */
      readonly abortedBy: ErrorData | undefined;
    }
  | { readonly type: 'closed'; readonly report: CloseReport };

/** A destination's way from connecting to its end, and whoever waits for a step of it. */
export class DestinationLifecycle {
  #phase: Phase = { type: 'connecting' };
  #everConnected = false;
  readonly #waiters = new Waiters();

  get state(): DestinationState {
    return this.#phase.type;
  }

  /** Report of its end; undefined before. */
  get report(): CloseReport | undefined {
    return this.#phase.type === 'closed' ? this.#phase.report : undefined;
  }

  /** It was told to close, or aborted, or is over: a lost connection is not made again. */
  get isEnding(): boolean {
    return this.#phase.type === 'closing' || this.#phase.type === 'closed';
  }

  /** The stream is being published: for the first time, again, or after a move. */
  onPublishing(): void {
    this.#everConnected = true;
    if (this.#phase.type === 'connecting') this.#phase = { type: 'publishing' };
    this.#waiters.wake();
  }

  /** The connection is lost, and will be made again. */
  onLost(): void {
    if (this.#phase.type === 'publishing') this.#phase = { type: 'connecting' };
  }

  /** @returns false when it was told before, or is over */
  requestClose(): boolean {
    const phase = this.#phase;
    switch (phase.type) {
      case 'connecting':
      case 'publishing':
        this.#phase = { type: 'closing', isAsked: true, abortedBy: undefined };
        return true;
      case 'closing':
        this.#phase = { ...phase, isAsked: true };
        return !phase.isAsked;
      case 'closed':
        return false;
      default:
        return phase satisfies never;
    }
  }

  /**
   * The first error is the one that it ends with.
   * @returns false when it is over
   */
  abort(error: ErrorData): boolean {
    const phase = this.#phase;
    switch (phase.type) {
      case 'connecting':
      case 'publishing':
        this.#phase = { type: 'closing', isAsked: false, abortedBy: error };
        return true;
      case 'closing':
        this.#phase = { ...phase, abortedBy: phase.abortedBy ?? error };
        return true;
      case 'closed':
        return false;
      default:
        return phase satisfies never;
    }
  }

  /**
   * The connection is over, for good.
   * @param error why, unless it ended as it was told to
   * @param loss what was lost before with a connection, even if all that followed arrived
   */
  end(error: ErrorData | undefined, loss: CloudPushError | undefined): CloseReport {
    const { isAsked, abortedBy } =
      this.#phase.type === 'closing' ? this.#phase : { isAsked: false, abortedBy: undefined };
    const failure = error === undefined ? loss : CloudPushError.from(abortedBy ?? error);
    const report = { clean: failure === undefined && isAsked, error: failure };
    this.#phase = { type: 'closed', report };
    this.#waiters.wake();
    return report;
  }

  /**
   * Resolves when the stream is being published; rejects when it never will be, or with the signal's reason.
   */
  async connected(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const phase = this.#phase;
      if (phase.type === 'closed') throw phase.report.error ?? closedError();
      if (phase.type === 'publishing' || (phase.type === 'closing' && this.#everConnected)) return;
      await this.#waiters.next(signal);
    }
  }

  /** Resolves when it is over. */
  async closed(): Promise<CloseReport> {
    while (this.#phase.type !== 'closed') await this.#waiters.next(undefined);
    return this.#phase.report;
  }
}

/** The end of a destination that was closed before anything else went wrong. */
export function closedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', 'closed before it was connected');
}
