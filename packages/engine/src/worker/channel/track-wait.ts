import type { MonotonicClock } from '../../base/clock.js';
import type { TrackPlan } from '../../options/stream-config.js';

/**
 * Begins a stream: its first packets wait until both tracks have shown what they are, so that the first
 * `onMetaData` tells of both and both headers go out before the first frame. Servers and players close the
 * list of tracks with what they see first. The wait is bounded: a track may never come.
 */
export class TrackWait {
  readonly #plan: TrackPlan;
  readonly #onEnded: () => void;
  readonly #clock: MonotonicClock;
  #state: 'idle' | 'waiting' | 'over' = 'idle';
  #stopTimer: () => void = () => {};

  /** @param onEnded what was held back may go out */
  constructor(plan: TrackPlan, onEnded: () => void, clock: MonotonicClock) {
    this.#clock = clock;
    this.#plan = plan;
    this.#onEnded = onEnded;
  }

  /** The media that has come is to wait. */
  get holds(): boolean {
    return this.#state === 'waiting';
  }

  /** Tells which tracks have shown what they are, whenever that has changed. */
  note(hasVideo: boolean, hasAudio: boolean): void {
    if (this.#state === 'over' || !(hasVideo || hasAudio)) return;
    const { video, audio, wait } = this.#plan;
    const isWhole = (hasVideo || video === 'none') && (hasAudio || audio === 'none');
    if (isWhole || wait === 0) this.end();
    else if (this.#state === 'idle') {
      this.#state = 'waiting';
      this.#stopTimer = this.#clock.after(wait, () => this.end());
    }
  }

  /** Nothing more is waited for: the time is over, or there is a reason not to wait that long. */
  end(): void {
    const held = this.holds;
    this.stop();
    if (held) this.#onEnded();
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#state = 'over';
    this.#stopTimer();
  }
}
