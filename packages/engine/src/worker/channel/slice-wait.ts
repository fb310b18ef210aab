import type { MonotonicClock } from '../../base/clock.js';

/**
 * So long, and up to twice as long, a picture whose slices come in packets of their own waits for more of
 * them, in ms: longer than encoders take for a picture. As a rule, the next picture ends the wait before.
 */
const SLICE_WAIT = 100;

/** The muxer that may hold a picture back. */
interface PictureHolder {
  /** Picture that waits for more of its slices; 0: none. */
  readonly heldPicture: number;
}

/** Lets a picture that waits for more of its slices go when none have come for a while. */
export class SliceWait {
  readonly #holder: PictureHolder;
  readonly #clock: MonotonicClock;
  readonly #onOver: () => void;
  #stop: (() => void) | undefined;

  /** @param onOver the picture is not waited for any longer */
  constructor(holder: PictureHolder, clock: MonotonicClock, onOver: () => void) {
    this.#holder = holder;
    this.#clock = clock;
    this.#onOver = onOver;
  }

  /** A picture is held back. */
  begin(): void {
    if (this.#stop !== undefined) return;
    const { heldPicture } = this.#holder;
    this.#stop = this.#clock.after(SLICE_WAIT, () => {
      this.#stop = undefined;
      if (this.#holder.heldPicture === heldPicture) this.#onOver();
      else if (this.#holder.heldPicture !== 0) this.begin();
    });
  }

  stop(): void {
    this.#stop?.();
  }
}
