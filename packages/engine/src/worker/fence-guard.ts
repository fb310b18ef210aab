import type { MonotonicClock } from '../base/clock.js';
import { CloudPushError } from '../base/errors.js';
import type { Fence } from '../memory/fence.js';

/**
 * A fence is also looked at when nothing is written, so often at least, in ms: connections that stand hold
 * names.
 */
const LONGEST_LOOK = 250;

/** Sees to it that a shard stops at its fence. */
export class FenceGuard {
  readonly #fence: FenceGuardFence;
  readonly #clock: MonotonicClock;
  readonly #onPast: () => void;
  #cancel: () => void = () => {};

  /** @param onPast resets every connection; called as long as the fence is past, again and again */
  constructor(fence: FenceGuardFence, clock: MonotonicClock, onPast: () => void) {
    this.#fence = fence;
    this.#clock = clock;
    this.#onPast = onPast;
    this.#look();
  }

  /** Tells whether bytes may leave; if not, everything that is open is being reset. */
  readonly mayWrite = (): boolean => {
    if (!this.#fence.isPast) return true;
    // The caller is in the midst of a write.
    process.nextTick(this.#onPast);
    return false;
  };

  /** Resets everything that is open, when the fence is past. @returns whether it is */
  check(): boolean {
    if (!this.#fence.isPast) return false;
    this.#onPast();
    return true;
  }

  /** @throws CloudPushError `ERR_CLOUDPUSH_FENCED` when an attempt of up to `ms` may not begin */
  requireConnecting(ms: number): void {
    if (this.#fence.permitsConnecting(ms)) return;
    const left = Math.max(0, Math.round(this.#fence.limits.connectsUntil - this.#fence.now()));
    const message = `no connection is attempted: the lease lasts ${left} ms for sure, and an attempt may take ${ms} ms`;
    throw new CloudPushError('ERR_CLOUDPUSH_FENCED', message, { details: { actual: left, permitted: ms } });
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const left = this.#fence.limits.fencedFrom - this.#fence.now();
    const wait = left > 0 && left < LONGEST_LOOK ? left : LONGEST_LOOK;
    this.#cancel = this.#clock.after(wait, () => {
      this.check();
      this.#look();
    });
  }
}

/** The part of a fence that is looked at. */
type FenceGuardFence = Pick<Fence, 'isPast' | 'permitsConnecting' | 'limits' | 'now'>;

/** The end of what was open when the fence was past. */
export function fencedError(): CloudPushError {
  const message = 'the connection was reset: the time for which it was permitted is over';
  return new CloudPushError('ERR_CLOUDPUSH_FENCED', message);
}
