import { readFileSync } from 'node:fs';
import { monotonicNow } from '../base/clock.js';
import { invalidParameter, requireObject } from '../base/validation.js';

/** Numbers in shared memory, all in ms of {@link Fence.now}. */
const FENCED_FROM = 0;
const CONNECTS_UNTIL = 1;
/** Lead of the boot clock over the monotonic one when the fence was made. */
const OFFSET = 2;
const NUMBERS = 3;
/** The wall clock steps, or the machine was suspended: from so many ms on it is looked which. */
const STEP = 500;
/** The kernel tells the time since boot in hundredths of a second: less than this is no suspension, in ms. */
const SUSPENSION = 250;

/** Limits of an engine that runs under a fence, in ms of {@link Fence.now}. */
export interface FenceLimits {
  /** From this time on nothing is written, and every connection is reset. `Infinity`: never. */
  readonly fencedFrom: number;
  /**
   * A connection attempt must be able to end, with its `connectTimeout`, before this time. Default
   * `fencedFrom`.
   */
  readonly connectsUntil?: number | undefined;
}

/**
 * Keeps an engine from sending past a time: for a process that publishes under a lease, and must have stopped
 * when the lease may have been given to another, also after it was stopped, paused, or blocked. The worker
 * threads read the limit before every write; past it they reset all connections without a byte more, and
 * their channels end with `ERR_CLOUDPUSH_FENCED`. One fence serves any number of engines of a process. A new
 * one is closed: until {@link extend} is called nothing connects.
 *
 * @example
 * const fence = new Fence();
 * const engine = await PushEngine.create({ fence });
 * const asked = fence.now();
 * await lease.keepAlive();
 * fence.extend({ fencedFrom: asked + lease.ttl - 1000 });
 */
export class Fence {
  /** Shared with the worker threads. */
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: Float64Array;
  /** The wall clock ahead of the monotonic one, when it was last looked at. */
  #wallOffset: number;
  /** ms for which the machine was suspended since the fence was made. */
  #suspended = 0;

  /** @param buffer that of a fence of another thread */
  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(NUMBERS * Float64Array.BYTES_PER_ELEMENT);
    this.#numbers = new Float64Array(this.buffer);
    this.#wallOffset = Date.now() - monotonicNow();
    if (buffer === undefined) this.#numbers[OFFSET] = bootOffset();
    else this.#measureSuspension();
  }

  /**
   * ms of a clock that reads the same in all threads, never steps, and goes on while the machine is suspended
   * (Linux).
   */
  now(): number {
    const monotonic = monotonicNow();
    const wallOffset = Date.now() - monotonic;
    if (Math.abs(wallOffset - this.#wallOffset) > STEP) {
      this.#wallOffset = wallOffset;
      this.#measureSuspension();
    }
    return monotonic + this.#suspended;
  }

  /**
   * Lets the engine go on until then. A limit may also come closer.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`; the limits stay as they were
   */
  extend(limits: FenceLimits): void {
    const { fencedFrom, connectsUntil = fencedFrom } = requireObject('limits', limits);
    // A limit that compares with nothing would never be past.
    requireTime('fencedFrom', fencedFrom);
    requireTime('connectsUntil', connectsUntil);
    this.#numbers[CONNECTS_UNTIL] = connectsUntil;
    this.#numbers[FENCED_FROM] = fencedFrom;
  }

  /** Ends all connections now. */
  close(): void {
    this.extend({ fencedFrom: 0 });
  }

  get limits(): { readonly fencedFrom: number; readonly connectsUntil: number } {
    return { fencedFrom: this.#numbers[FENCED_FROM]!, connectsUntil: this.#numbers[CONNECTS_UNTIL]! };
  }

  /** Nothing may be written any more. */
  get isPast(): boolean {
    return this.now() >= this.#numbers[FENCED_FROM]!;
  }

  /** Tells whether a connection attempt may begin that takes up to `ms`. */
  permitsConnecting(ms: number): boolean {
    requireTime('ms', ms);
    return this.now() + ms <= this.#numbers[CONNECTS_UNTIL]!;
  }

  #measureSuspension(): void {
    const suspended = bootOffset() - this.#numbers[OFFSET]!;
    this.#suspended = suspended < SUSPENSION ? 0 : suspended;
  }
}

/** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
function requireTime(name: string, value: number): void {
  if (typeof value !== 'number' || Number.isNaN(value)) throw invalidParameter(name, value, 'a number of ms');
}

/**
 * Lead of the time since boot, suspensions included, over the monotonic clock, in ms; 0 where it is not
 * known.
 */
function bootOffset(): number {
  try {
    return Number(readFileSync('/proc/uptime', 'latin1').split(' ', 1)[0]) * 1000 - monotonicNow();
  } catch {
    return 0;
  }
}
