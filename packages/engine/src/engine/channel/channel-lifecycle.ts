import { CloudPushError, type ErrorData } from '../../base/errors.js';
import type { Waiters } from '../../base/waiters.js';
import type { CloseReport } from '../close-report.js';
import type { ChannelState } from './channel-control.js';

/** Phase of a channel, with the data of that phase. */
type Phase =
  | { readonly type: 'open' }
  /** No packet is taken any more; its destinations are ending. */
  | {
      readonly type: 'closing';
      /** The shard was told that no other descriptor follows. */
      readonly isAsked: boolean;
      /** Reason why it was aborted, when it was. */
      readonly endedBy: ErrorData | undefined;
    }
  /** The last destination is over, but descriptors may still be on their way to the shard. */
  | { readonly type: 'ended'; readonly endedBy: ErrorData | undefined }
  | { readonly type: 'closed'; readonly endedBy: ErrorData | undefined; readonly report: CloseReport };

/** The destinations of a channel, as far as its own state depends on them. */
export interface LifecycleDestinations {
  readonly isPublishing: boolean;
  readonly everPublished: boolean;
  /** The first thing that went wrong with one of them. */
  readonly failure: CloudPushError | undefined;
  /** Every one that is over ended cleanly. */
  readonly clean: boolean;
  /** There is one, or has been one. */
  readonly everAttached: boolean;
}

/** A channel's way from its opening to its end, and calls that wait for a step of it. */
export class ChannelLifecycle {
  readonly #destinations: LifecycleDestinations;
  readonly #sender: { readonly paused: boolean };
  readonly #waiters: Waiters;
  #phase: Phase = { type: 'open' };
  #isStandingBy: boolean;

  /**
   * @param waiters woken whenever anything changes that a call may wait for
   * @param standsBy it is opened without a destination; any other one has nothing to stand by for
   */
  constructor(
    destinations: LifecycleDestinations,
    sender: { readonly paused: boolean },
    waiters: Waiters,
    standsBy: boolean,
  ) {
    this.#isStandingBy = !standsBy;
    this.#destinations = destinations;
    this.#sender = sender;
    this.#waiters = waiters;
  }

  get state(): ChannelState {
    switch (this.#phase.type) {
      case 'open':
        return this.#destinations.isPublishing ? 'publishing' : 'connecting';
      case 'closing':
      case 'ended':
        return 'closing';
      case 'closed':
        return 'closed';
      default:
        return this.#phase satisfies never;
    }
  }

  /** True between the events `pause` and `resume`. */
  get paused(): boolean {
    return this.#phase.type !== 'closed' && this.#sender.paused;
  }

  /** No packet is taken any more. */
  get isClosing(): boolean {
    return this.#phase.type !== 'open';
  }

  /** Reason why it was aborted, or fault that it ended on, when there was one: the first. */
  get endedBy(): ErrorData | undefined {
    return this.#phase.type === 'open' ? undefined : this.#phase.endedBy;
  }

  /**
   * The channel is to end cleanly.
   * @returns false when it was told before, or its last destination is over
   */
  requestClose(): boolean {
    const phase = this.#phase;
    switch (phase.type) {
      case 'open':
        this.#enter({ type: 'closing', isAsked: true, endedBy: undefined });
        return true;
      case 'closing':
        this.#enter({ ...phase, isAsked: true });
        return !phase.isAsked;
      case 'ended':
      case 'closed':
        return false;
      default:
        return phase satisfies never;
    }
  }

  /**
   * The channel is to end at once. The first error is the one that it ends with.
   * @returns false when its last destination is over
   */
  abort(error: ErrorData): boolean {
    const phase = this.#phase;
    switch (phase.type) {
      case 'open':
        this.#enter({ type: 'closing', isAsked: false, endedBy: error });
        return true;
      case 'closing':
        this.#enter({ ...phase, endedBy: phase.endedBy ?? error });
        return true;
      case 'ended':
      case 'closed':
        return false;
      default:
        return phase satisfies never;
    }
  }

  /**
   * The last destination is over, or there was none.
   * @param error the fault that the channel ended on, if there was one
   * @returns true when the shard has still to be told that no other descriptor follows
   */
  end(error?: ErrorData): boolean {
    const phase = this.#phase;
    switch (phase.type) {
      case 'open':
        this.#enter({ type: 'ended', endedBy: error });
        return true;
      case 'closing':
        this.#enter({ type: 'ended', endedBy: phase.endedBy ?? error });
        return !phase.isAsked;
      case 'ended':
      case 'closed':
        return false;
      default:
        return phase satisfies never;
    }
  }

  /**
   * The channel is on another shard: whoever saw the gate closed before the old shard could say so must look
   * again.
   */
  onMigrated(): void {
    this.#waiters.wake();
  }

  /**
   * Nothing of the channel is left anywhere.
   * @returns its end, as its destinations came to theirs; where there was none, as it did itself
   */
  close(): CloseReport {
    const { endedBy } = this;
    const { everAttached, clean, failure } = this.#destinations;
    const own = endedBy && CloudPushError.from(endedBy);
    const report = everAttached ? { clean, error: failure } : { clean: own === undefined, error: own };
    this.#enter({ type: 'closed', endedBy, report });
    return report;
  }

  /**
   * Resolves when the stream is being published somewhere; rejects when it never will be, or with the
   * signal's reason.
   */
  async connected(signal: AbortSignal | undefined): Promise<void> {
    while (this.#phase.type !== 'closed') {
      const { isPublishing, everPublished } = this.#destinations;
      if (isPublishing || (this.isClosing && everPublished)) return;
      await this.#waiters.next(signal);
    }
    throw this.#phase.report.error ?? closedError('the channel was closed before it was connected');
  }

  /** A key frame is kept for the first destination, or that has come. */
  onStandingBy(): void {
    this.#isStandingBy = true;
    this.#waiters.wake();
  }

  /**
   * Resolves when a key frame is kept for the first destination, or that has come; at once where the channel
   * was opened with one. Rejects when neither will be, or with the signal's reason.
   */
  async standingBy(signal: AbortSignal | undefined): Promise<void> {
    while (!this.#isStandingBy) {
      if (this.isClosing) throw this.noMoreError();
      await this.#waiters.next(signal);
    }
  }

  /** Resolves when a packet would be taken; rejects when none ever will be, or with the signal's reason. */
  async writable(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      // It never has room again: whoever waits for it in a loop would do so for ever.
      if (this.isClosing) throw this.noMoreError();
      if (!this.paused) return;
      await this.#waiters.next(signal);
    }
  }

  /** Resolves when nothing of the channel is left. */
  async closed(): Promise<CloseReport> {
    while (this.#phase.type !== 'closed') await this.#waiters.next(undefined);
    return this.#phase.report;
  }

  /** The refusal of a packet: none is taken, and none will be. */
  noMoreError(): CloudPushError {
    const { endedBy } = this;
    const own = endedBy && CloudPushError.from(endedBy);
    const message = 'the channel is closing or closed, and takes no more packets';
    const cause = this.#destinations.failure ?? own;
    return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', message, { cause });
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#waiters.wake();
  }
}

/** The refusal of a call that comes too late. */
export function closedError(message: string): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', message);
}
