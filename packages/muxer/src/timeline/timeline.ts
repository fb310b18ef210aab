import { MuxerError } from '../errors.js';
import { limits } from '../limits.js';

/**
 * `'native'`: 64-bit times that never wrap. `'wrapping32'`: unsigned 32-bit milliseconds that go on at 0
 * after 2^32 − 1.
 */
export type InputClock = 'native' | 'wrapping32';

const CLOCK_RANGE = 2 ** 32;

/**
 * The distance from one packet of a track to the next before two of them have come, ms. Not whole: its field
 * holds fractions.
 */
const USUAL_INTERVAL = 20.5;

/**
 * Takes what was repaired, and goes out all the same.
 * @param lostFrames audio frames of the packet that do not; left out: none
 */
export type OnWarning = (warning: MuxerError, lostFrames?: number) => void;

/** One track's place on the timeline. */
export class TrackClock {
  /** The caller's time that is 0 on the outgoing clock; NaN before the track's first packet. */
  origin = Number.NaN;
  /** The caller's time of the last packet. */
  lastInput = Number.NaN;
  /** The time that the last packet was put at, ms from the origin; the next goes out no earlier. */
  last = Number.NEGATIVE_INFINITY;
  /** The last stamp given out, whole ms from the origin, not yet wrapped. */
  lastStamp = 0;
  /** From one packet to the next, ms. */
  interval = USUAL_INTERVAL;
  /** The other track of the stream: as a rule, both are on one clock. */
  peer: TrackClock | undefined;

  constructor(peer?: TrackClock) {
    this.peer = peer;
    if (peer !== undefined) peer.peer = this;
  }

  /** Goes back to its beginning, with its timeline. */
  restart(): void {
    this.origin = Number.NaN;
    this.lastInput = Number.NaN;
    this.last = Number.NEGATIVE_INFINITY;
    this.lastStamp = 0;
    this.interval = USUAL_INTERVAL;
  }
}

/**
 * The clock of one stream: the caller's milliseconds, of any origin, become milliseconds from the first
 * packet. All tracks share the origin, so that their offset is kept; a track that begins a little before the
 * origin is held at 0 until it gets there.
 *
 * The outgoing clock never steps back, and no packet is refused for its time. A small step back is put 1 ms
 * behind the packet before. When the caller's clock has been set, the origin moves with it, so that the
 * outgoing clock goes on from where it was; the other track follows as soon as it comes with the new times.
 */
export class Timeline {
  readonly #wrapping: boolean;
  /** The longest jump forward that is taken for a gap; a longer one is a clock that has been set. */
  readonly #longestGap: number;
  /** Takes what was repaired. */
  onWarning: OnWarning | undefined;
  // NaN before the first packet: a field that is always a number is written without garbage.
  #origin = Number.NaN;
  /** The latest input on the unwrapped clock: what a 32-bit input is unwrapped against. */
  #reference = Number.NaN;
  #elapsed = 0;

  constructor(inputClock: InputClock) {
    this.#wrapping = inputClock === 'wrapping32';
    this.#longestGap = this.#wrapping ? limits.longestGap32Ms : limits.longestGapMs;
  }

  /** The time of the first packet, on the unwrapped clock as it is set now; undefined before it. */
  get origin(): number | undefined {
    return Number.isNaN(this.#origin) ? undefined : this.#origin;
  }

  /** Goes on with a clock that began at `origin` and has come `elapsed` ms far. */
  resume(origin: number, elapsed: number): void {
    this.#origin = origin;
    this.#reference = origin + elapsed;
    this.#elapsed = elapsed;
  }

  /** Begins anew with the next packet, whatever its time is. The tracks' clocks must do so, too. */
  restart(): void {
    this.#origin = Number.NaN;
    this.#reference = Number.NaN;
    this.#elapsed = 0;
  }

  /** The caller's time so much later, on the caller's clock. */
  later(time: number, ms: number): number {
    return this.#wrapping ? (time + Math.round(ms)) % CLOCK_RANGE : time + ms;
  }

  /** The caller's time on a 64-bit clock that does not wrap. Throws MuxerError when it is no time. */
  unwrap(time: number): number {
    return this.unwrapNear(time, this.#reference);
  }

  /**
   * The same, next to another time, or NaN for none: a presentation time belongs to its decoding time, on
   * whichever side of the wrap.
   */
  unwrapNear(time: number, reference: number): number {
    if (!this.#wrapping) {
      if (Number.isFinite(time)) return time;
      throw invalid(time, 'a finite number of milliseconds');
    }
    if (!Number.isInteger(time) || time < 0 || time >= CLOCK_RANGE) throw invalid(time, '0 to 4294967295');
    if (Number.isNaN(reference)) return time;
    // The difference as a signed 32-bit number, the shorter way round the clock. A decoding time that was
    // made up is not whole.
    const whole = Math.floor(reference);
    return whole + ((time - whole) | 0);
  }

  /**
   * The packet's decoding time, unwrapped; without one it is decoded when it is presented. Throws MuxerError.
   */
  decodingTime(packet: { readonly dts: number; readonly pts: number }): number {
    return this.unwrap(Number.isNaN(packet.dts) ? packet.pts : packet.dts);
  }

  /** The smallest decoding time, as `unwrap` gives it, that goes out as it is. */
  earliest(track: TrackClock): number {
    if (!Number.isNaN(track.origin)) return track.origin + track.last;
    return Number.isNaN(this.#origin) ? Number.NEGATIVE_INFINITY : this.#origin - limits.earlyStartMs;
  }

  /**
   * Tells whether a time, as `unwrap` gave it, is of a clock that has been set since the track's last packet.
   */
  isSet(track: TrackClock, time: number): boolean {
    const step = time - track.origin - track.last;
    return step < -limits.smallStepBackMs || step > this.#longestGap;
  }

  /**
   * Puts a packet's decoding time, as `unwrap` gave it, on the track. Returns it in ms from the origin; the
   * result is never negative, and never less than the track's one before.
   */
  place(track: TrackClock, dts: number): number {
    let time = dts - track.origin;
    const step = time - track.last;
    if (step >= 0 && step <= limits.smallStepBackMs) {
      if (step > 0) track.interval = step;
    } else time = Number.isNaN(track.origin) ? this.#begin(track, dts) : this.#repair(track, dts);
    track.last = time;
    track.lastInput = dts;
    this.#reference = dts;
    if (time > this.#elapsed) this.#elapsed = time;
    return Math.max(0, time);
  }

  /**
   * The time of a data message: it follows the clock of the media, and never moves it. Before the first
   * packet it begins the clock.
   */
  placeData(track: TrackClock, dts: number): number {
    if (Number.isNaN(this.#origin)) {
      this.#origin = dts;
      this.#reference = dts;
    }
    const time = dts - this.#origin;
    if (time - this.#elapsed > this.#longestGap) {
      this.#warn('ERR_CLOUDPUSH_TIMESTAMP_JUMP', time - this.#elapsed, `≤ ${this.#longestGap} ms`);
      return this.#elapsed;
    }
    if (time < track.lastStamp - 0.5) {
      this.#warn('ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK', time - track.lastStamp, '≥ 0 ms');
      return track.lastStamp + 1;
    }
    return Math.max(0, time);
  }

  /** The presentation time of a picture that `place` has put at `time`, ms from the origin. */
  presentation(track: TrackClock, pts: number, dts: number, time: number): number {
    const presentation = pts - track.origin;
    // A picture that is decoded later than it was meant to be is not shown before that.
    return pts > dts && presentation < time ? time : presentation;
  }

  /** Milliseconds from the origin to the latest time that was seen; 0 before the first. */
  get elapsed(): number {
    return this.#elapsed;
  }

  #begin(track: TrackClock, dts: number): number {
    if (Number.isNaN(this.#origin)) this.#origin = dts;
    const peerOrigin = track.peer === undefined ? Number.NaN : track.peer.origin;
    for (const origin of [this.#origin, peerOrigin]) {
      const time = dts - origin;
      if (time >= -limits.earlyStartMs && time - this.#elapsed <= this.#longestGap) {
        track.origin = origin;
        return time;
      }
    }
    const distance = dts - this.#origin;
    this.#warn(
      'ERR_CLOUDPUSH_TIMESTAMP_BEFORE_START',
      distance,
      `${-limits.earlyStartMs} to ${this.#longestGap} ms`,
    );
    track.origin = dts - this.#elapsed;
    return this.#elapsed;
  }

  /** The time of a packet that does not follow the one before on its track. */
  #repair(track: TrackClock, dts: number): number {
    const { peer } = track;
    if (peer !== undefined && peer.origin !== track.origin) {
      // The clock has been set, and the other track has come with the new times first.
      const step = dts - peer.origin - track.last;
      if (Math.abs(step) <= limits.smallStepBackMs) {
        track.origin = peer.origin;
        return step >= 0 ? dts - peer.origin : behindLast(track);
      }
    }
    const time = dts - track.origin;
    const step = time - track.last;
    if (this.isSet(track, dts)) return this.#rebase(track, dts, step);
    if (step >= 0) return time;
    // Packets that follow the step are behind, too, until the clock has caught up.
    if (dts < track.lastInput)
      this.#warn('ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK', dts - track.lastInput, '≥ 0 ms');
    return behindLast(track);
  }

  #rebase(track: TrackClock, dts: number, step: number): number {
    const code = step < 0 ? 'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK' : 'ERR_CLOUDPUSH_TIMESTAMP_JUMP';
    const permitted = `${-limits.smallStepBackMs} to ${this.#longestGap} ms`;
    this.#warn(code, dts - track.lastInput, permitted, 'clock');
    const time = Math.max(0, track.last + track.interval, track.lastStamp + 1);
    track.origin = dts - time;
    this.#origin = track.origin;
    const { peer } = track;
    // A track whose times are those of this one already does not step any more, and goes along.
    if (peer !== undefined && Math.abs(peer.lastInput - dts) <= limits.smallStepBackMs)
      peer.origin = track.origin;
    return time;
  }

  #warn(
    code:
      | 'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK'
      | 'ERR_CLOUDPUSH_TIMESTAMP_JUMP'
      | 'ERR_CLOUDPUSH_TIMESTAMP_BEFORE_START',
    step: number,
    permitted: string,
    field = 'dts',
  ): void {
    this.onWarning?.(
      new MuxerError(code, { field, actual: `${Math.round(step * 1000) / 1000} ms`, permitted }),
    );
  }
}

/**
 * The whole millisecond that a time from the origin is stamped with; never less than the track's stamp
 * before.
 */
export function stamp(track: TrackClock, time: number): number {
  track.lastStamp = Math.max(track.lastStamp, Math.round(time));
  return track.lastStamp;
}

/** The stamp on FLV's unsigned 32-bit clock. */
export function wrap32(milliseconds: number): number {
  return milliseconds % CLOCK_RANGE;
}

/** 1 ms behind what the track has given out last; a track that is held at 0 stays there. */
function behindLast({ last, lastStamp }: TrackClock): number {
  return last < 0 ? last : Math.max(last, lastStamp + 1);
}

function invalid(actual: number, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_TIMESTAMP_INVALID', { actual, permitted });
}
