import { unwrap32 } from './unwrap.js';

/**
 * Milliseconds that timestamps may get ahead of their arrival, or fall, before it is a step of the camera's
 * clock.
 */
const MAX_LEAD = 5000;
const MAX_FALL = 2000;
/** Milliseconds between RTP-Info's timestamp and the first packet's within which RTP-Info is believed. */
const MAX_START_OFFSET = 10_000;

/** Time at which the first packet of any track of a client came: the origin of its timeline. */
export class TimelineOrigin {
  #at = Number.NaN;

  /** Milliseconds from the first packet of all, which is this one when none came before. */
  since(now: number): number {
    if (Number.isNaN(this.#at)) this.#at = now;
    return now - this.#at;
  }
}

/**
 * Turns the 32-bit RTP timestamps of one track into a time line that all tracks of a client share. Ticks are
 * those of the track's RTP clock, unwrapped, with 0 where playing began, and go on evenly over a step of the
 * camera's clock.
 */
export class TrackClock {
  readonly #ticksPerMs: number;
  readonly #monotonic: boolean;
  readonly #origin: TimelineOrigin;
  #state: 'new' | 'running' | 'restarting' = 'new';
  #announced: number | undefined;
  /** The last timestamp, unwrapped, and when it came. */
  #unwrapped = 0;
  #arrivedAt = 0;
  /** Subtracted from unwrapped timestamps to get ticks. */
  #offset = 0;
  #lastTime = Number.NEGATIVE_INFINITY;
  /** Milliseconds added to every time, so that the track is in step with the others. */
  shift = 0;
  /** Steps of the camera's clock that were evened out. */
  steps = 0;

  /**
   * @param clockRate ticks in a second
   * @param monotonic times never fall: true for audio, false where pictures are reordered
   */
  constructor(clockRate: number, monotonic: boolean, origin: TimelineOrigin) {
    this.#ticksPerMs = clockRate / 1000;
    this.#monotonic = monotonic;
    this.#origin = origin;
  }

  /** Takes the timestamp of the origin as RTP-Info has it; undefined: the time of arrival decides. */
  announce(timestamp: number | undefined): void {
    if (this.#state === 'new') this.#announced = timestamp;
  }

  /** Takes the timestamp of the next packet in order, and gives its ticks. */
  advance(timestamp: number, now: number): number {
    if (this.#state !== 'running') return this.#begin(timestamp, now);
    const unwrapped = unwrap32(this.#unwrapped, timestamp);
    if (unwrapped !== this.#unwrapped) {
      const step = (unwrapped - this.#unwrapped) / this.#ticksPerMs;
      const waited = now - this.#arrivedAt;
      if (step < -MAX_FALL || (step > MAX_LEAD && step - waited > MAX_LEAD)) {
        this.steps++;
        this.#continueAt(unwrapped, waited);
      }
      this.#unwrapped = unwrapped;
      this.#arrivedAt = now;
    }
    return unwrapped - this.#offset;
  }

  /**
   * The timestamps of the next packet have nothing to do with those before: the camera has begun a new
   * sequence.
   */
  restart(): void {
    if (this.#state === 'running') this.#state = 'restarting';
  }

  /** The time of ticks in ms on the shared timeline. Called once for each access unit, in order. */
  timeOf(ticks: number): number {
    const time = ticks / this.#ticksPerMs + this.shift;
    if (!this.#monotonic) return time;
    this.#lastTime = Math.max(time, this.#lastTime);
    return this.#lastTime;
  }

  /** The time of a 32-bit timestamp near the last one, in ms without `shift`; NaN while there is none. */
  timeOfTimestamp(timestamp: number): number {
    if (this.#state !== 'running') return Number.NaN;
    return (unwrap32(this.#unwrapped, timestamp) - this.#offset) / this.#ticksPerMs;
  }

  #begin(timestamp: number, now: number): number {
    if (this.#state === 'new') {
      const start = this.#announced === undefined ? Number.NaN : unwrap32(this.#announced, timestamp);
      const sinceStart = start - (this.#announced ?? 0);
      const believed = Math.abs(sinceStart) <= MAX_START_OFFSET * this.#ticksPerMs;
      const ticks = believed ? sinceStart : Math.round(this.#origin.since(now) * this.#ticksPerMs);
      this.#offset = timestamp - ticks;
      this.#origin.since(now);
    } else {
      this.#continueAt(timestamp, now - this.#arrivedAt);
    }
    this.#state = 'running';
    this.#unwrapped = timestamp;
    this.#arrivedAt = now;
    return timestamp - this.#offset;
  }

  /** Lets `unwrapped` lie as far behind the last timestamp as the packets came apart. */
  #continueAt(unwrapped: number, waited: number): void {
    const ticks = this.#unwrapped - this.#offset + Math.max(1, Math.round(waited * this.#ticksPerMs));
    this.#offset = unwrapped - ticks;
  }
}
