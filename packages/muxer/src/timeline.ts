import { MuxerError } from './errors.js';
import { limits } from './limits.js';
import type { InputClock } from './muxer-options.js';

const clockRange = 2 ** 32;

/** One track's place on the timeline. */
export class TrackClock {
  /** The caller's time of the last packet, ms from the origin; the next may not lie before it. */
  lastInput = Number.NEGATIVE_INFINITY;
  /** The last stamp given out, whole ms from the origin, not yet wrapped. */
  lastStamp = 0;

  /** Goes back to its beginning, with its timeline. */
  restart(): void {
    this.lastInput = Number.NEGATIVE_INFINITY;
    this.lastStamp = 0;
  }
}

/**
 * The clock of one stream: the caller's milliseconds, of any origin, become milliseconds from the first packet.
 * All tracks share the origin, so that their offset is kept; a track that begins a little before the origin is held
 * at 0 until it gets there.
 */
export class Timeline {
  readonly #wrapping: boolean;
  // NaN before the first packet: a field that is always a number is written without garbage.
  #origin = Number.NaN;
  /** The latest input on the unwrapped clock: what a 32-bit input is unwrapped against. */
  #reference = Number.NaN;

  constructor(inputClock: InputClock) {
    this.#wrapping = inputClock === 'wrapping32';
  }

  /** The time of the first packet, on the unwrapped clock; undefined before it. */
  get origin(): number | undefined {
    return Number.isNaN(this.#origin) ? undefined : this.#origin;
  }

  /** Goes on with a clock that began at `origin` and has come `elapsed` ms far. */
  resume(origin: number, elapsed: number): void {
    this.#origin = origin;
    this.#reference = origin + elapsed;
  }

  /** Begins anew with the next packet, whatever its time is. The tracks' clocks must do so, too. */
  restart(): void {
    this.#origin = Number.NaN;
    this.#reference = Number.NaN;
  }

  /** The caller's time on a 64-bit clock that does not wrap. Throws MuxerError when it is no time. */
  unwrap(time: number): number {
    return this.unwrapNear(time, this.#reference);
  }

  /**
   * The same, next to another time, or NaN for none: a presentation time belongs to its decoding time, on whichever side of
   * the wrap.
   */
  unwrapNear(time: number, reference: number): number {
    if (!this.#wrapping) {
      if (Number.isFinite(time)) return time;
      throw invalid(time, 'a finite number of milliseconds');
    }
    if (!Number.isInteger(time) || time < 0 || time >= clockRange) throw invalid(time, '0 to 4294967295');
    // The difference as a signed 32-bit number: the shorter way round the clock.
    return Number.isNaN(reference) ? time : reference + ((time - reference) | 0);
  }

  /** The smallest decoding time, as `unwrap` gives it, that `place` takes for the track. */
  earliest(track: TrackClock): number {
    if (Number.isNaN(this.#origin)) return Number.NEGATIVE_INFINITY;
    return this.#origin + Math.max(track.lastInput, -limits.earlyStartMs);
  }

  /**
   * Puts a packet's decoding time, as `unwrap` gave it, on the track. Returns it in ms from the origin; the result is
   * never negative, and never less than the track's one before. Throws MuxerError, and changes nothing then.
   */
  place(track: TrackClock, dts: number): number {
    const begins = Number.isNaN(this.#origin);
    const time = begins ? 0 : dts - this.#origin;
    if (time < track.lastInput) throw stepBack(time, track.lastInput);
    if (time < -limits.earlyStartMs) throw beforeStart(time);
    if (begins) this.#origin = dts;
    this.#reference = begins ? dts : Math.max(this.#reference, dts);
    track.lastInput = time;
    return Math.max(0, time);
  }

  /** The presentation time in ms from the origin; the origin must be known, so call it after `place`. */
  fromOrigin(time: number): number {
    return time - this.#origin;
  }

  /** Milliseconds from the origin to the latest time that was seen; 0 before the first. */
  get elapsed(): number {
    return Number.isNaN(this.#origin) ? 0 : this.#reference - this.#origin;
  }
}

/** The whole millisecond that a time from the origin is stamped with; never less than the track's stamp before. */
export function stamp(track: TrackClock, time: number): number {
  track.lastStamp = Math.max(track.lastStamp, Math.round(time));
  return track.lastStamp;
}

/** The stamp on FLV's unsigned 32-bit clock. */
export function wrap32(milliseconds: number): number {
  return milliseconds % clockRange;
}

// Functions of their own: the optimizer would compute an error's text that two branches share in front of both, for
// every packet.
function stepBack(actual: number, least: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK', {
    field: 'dts',
    actual: `${actual} ms`,
    permitted: `≥ ${least} ms since the start`,
  });
}

function beforeStart(actual: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_TIMESTAMP_BEFORE_START', {
    field: 'dts',
    actual: `${actual} ms`,
    permitted: `≥ ${-limits.earlyStartMs} ms since the start`,
  });
}

function invalid(actual: number, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_TIMESTAMP_INVALID', { actual, permitted });
}
