import { Backoff, type ReconnectPolicy } from '../../base/backoff.js';
import type { MonotonicClock } from '../../base/clock.js';
import { CloudPushError, type ErrorData, toErrorData } from '../../base/errors.js';
import type { PendingReconnect } from '../../protocol/stream.js';

/** Continuation of a destination on another shard; without a loss it connects for the first time. */
export interface Connecting {
  readonly loss: PendingReconnect | undefined;
}

/**
 * The losses of a destination's connection, as its shard counts them: the shard's own count is gone when its
 * thread dies, and another shard goes on from here.
 */
export class ConnectionHistory {
  readonly #clock: MonotonicClock;
  readonly #policy: ReconnectPolicy | undefined;
  /** Undefined while nothing is being published; in ms of the clock. */
  #publishingSince: number | undefined;
  /** Attempts to connect that have failed in a row, the lost connection included. */
  #attempts = 0;
  #lastLoss: CloudPushError | undefined;
  /** A connection was lost that had been publishing: no mere attempt has failed. */
  #wasLost = false;
  /** Time at which the connection is made again, in ms of the clock. */
  #connectsAgainAt = 0;

  /** @param policy undefined: a lost connection is not made again */
  constructor(clock: MonotonicClock, policy: ReconnectPolicy | undefined) {
    this.#clock = clock;
    this.#policy = policy;
  }

  /** Reason why a connection was lost, or an attempt failed, last. */
  get lastLoss(): CloudPushError | undefined {
    return this.#lastLoss;
  }

  /**
   * The loss of a connection that had been publishing: what it had taken may be lost, even if all that
   * followed arrived.
   */
  get mediaLoss(): CloudPushError | undefined {
    return this.#wasLost ? this.#lastLoss : undefined;
  }

  onConnected(): void {
    this.#publishingSince = this.#clock.now();
  }

  /** @param delay until the connection is made again, in ms */
  onDisconnected(error: CloudPushError, delay: number, wasPublishing: boolean): void {
    this.#note(error);
    this.#wasLost ||= wasPublishing;
    this.#connectsAgainAt = this.#clock.now() + delay;
  }

  /**
   * The shard is dead, and the connection with it.
   * @returns when another shard makes it again; undefined when none does
   */
  onShardDied(data: ErrorData): Connecting | undefined {
    if (this.#policy === undefined) return undefined;
    const error = CloudPushError.from(data);
    this.#note(error);
    this.#wasLost = true;
    const backoff = new Backoff(this.#policy);
    backoff.resume(this.#attempts - 1);
    const delay = backoff.next(error.class);
    if (delay === undefined) return undefined;
    this.#connectsAgainAt = this.#clock.now() + delay;
    return { loss: { error: data, delay, attempts: this.#attempts } };
  }

  /**
   * The shard has let the channel go while nothing was being published.
   * @returns when another shard makes the connection: when this one would have done so
   */
  onReleased(): Connecting {
    if (this.#lastLoss === undefined) return { loss: undefined };
    this.#wasLost = true;
    const delay = Math.max(0, this.#connectsAgainAt - this.#clock.now());
    return { loss: { error: toErrorData(this.#lastLoss), delay, attempts: this.#attempts } };
  }

  #note(error: CloudPushError): void {
    this.#lastLoss = error;
    const since = this.#publishingSince;
    this.#publishingSince = undefined;
    const resetAfter = this.#policy?.resetAfter ?? 0;
    if (since !== undefined && this.#clock.now() - since >= resetAfter) this.#attempts = 0;
    this.#attempts++;
  }
}
