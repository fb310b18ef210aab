import { NaiveError } from './naive-bits.js';

/** The timeline, the obvious way. */
export class NaiveClock {
  readonly #wrapping: boolean;
  #origin: number | undefined;
  #latest: number | undefined;
  readonly #input = new Map<string, number>();
  readonly #stamps = new Map<string, number>();

  constructor(wrapping: boolean) {
    this.#wrapping = wrapping;
  }

  #unwrap(time: number, near: number | undefined = this.#latest): number {
    if (!this.#wrapping) {
      if (!Number.isFinite(time)) throw new NaiveError('ERR_CLOUDPUSH_TIMESTAMP_INVALID');
      return time;
    }
    if (!Number.isInteger(time) || time < 0 || time > 4_294_967_295) {
      throw new NaiveError('ERR_CLOUDPUSH_TIMESTAMP_INVALID');
    }
    if (near === undefined) return time;
    // Of all times that read the same on a 32-bit clock, the one that is nearest.
    const round = 2 ** 32;
    const candidates = [-1, 0, 1].map((turn) => time + (Math.floor(near / round) + turn) * round);
    return candidates.reduce((a, b) => (Math.abs(b - near) < Math.abs(a - near) ? b : a));
  }

  place(track: string, time: number): number {
    return this.#place(track, this.#unwrap(time));
  }

  #place(track: string, dts: number): number {
    const fromOrigin = this.#origin === undefined ? 0 : dts - this.#origin;
    if (fromOrigin < (this.#input.get(track) ?? -Infinity))
      throw new NaiveError('ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK');
    if (fromOrigin < -1000) throw new NaiveError('ERR_CLOUDPUSH_TIMESTAMP_BEFORE_START');
    if (this.#origin === undefined) this.#origin = dts;
    this.#latest = this.#latest === undefined ? dts : Math.max(this.#latest, dts);
    this.#input.set(track, fromOrigin);
    return Math.max(0, fromOrigin);
  }

  stamp(track: string, time: number): number {
    const stamp = Math.max(this.#stamps.get(track) ?? 0, Math.round(time));
    this.#stamps.set(track, stamp);
    return stamp % 2 ** 32;
  }

  /** dts is always given here: deriving it has tests of its own. */
  placeVideo(dtsInput: number, ptsInput: number): { timestamp: number; offset: number } {
    const dts = this.#unwrap(dtsInput);
    const pts = Number.isNaN(ptsInput) ? dts : this.#unwrap(ptsInput, dts);
    if (pts - dts < -(2 ** 23) || pts - dts > 2 ** 23 - 1) {
      throw new NaiveError('ERR_CLOUDPUSH_COMPOSITION_OFFSET_RANGE');
    }
    const timestamp = this.stamp('video', this.#place('video', dts));
    const whole = this.#stamps.get('video')!;
    const presentation = Math.round(Math.max(0, pts - this.#origin!));
    const offset = pts === dts ? 0 : Math.max(-(2 ** 23), Math.min(2 ** 23 - 1, presentation - whole));
    return { timestamp, offset };
  }
}
