import { NaiveError } from './naive-bits.js';

/** The timeline, the obvious way. */
export class NaiveClock {
  readonly #wrapping: boolean;
  /** Reports on packets that went out all the same. */
  readonly warnings: string[] = [];
  #origin: number | undefined;
  #latest: number | undefined;
  readonly #tracks = new Map<string, { time: number; input: number; interval: number }>();
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

  /** So much later on the caller's clock. */
  later(time: number, ms: number): number {
    return this.#wrapping ? (time + Math.round(ms)) % 2 ** 32 : time + ms;
  }

  place(track: string, time: number): number {
    return this.#place(track, this.#unwrap(time));
  }

  /** No time is refused: a track whose times do not go on is put where it can go on. */
  #place(track: string, dts: number): number {
    this.#origin ??= dts;
    const before = this.#tracks.get(track);
    let time = dts - this.#origin;
    let interval = before?.interval ?? 20.5;
    if (before !== undefined) {
      const step = time - before.time;
      const longest = this.#wrapping ? 3_600_000 : 2_147_483_647;
      const next = (this.#stamps.get(track) ?? 0) + 1;
      if (step < -1000 || step > longest) {
        this.warnings.push(step < 0 ? 'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK' : 'ERR_CLOUDPUSH_TIMESTAMP_JUMP');
        time = Math.max(0, next, before.time + interval);
        this.#origin = dts - time;
      } else if (step < 0) {
        if (dts < before.input) this.warnings.push('ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK');
        time = before.time < 0 ? before.time : Math.max(before.time, next);
      } else if (step > 0 && step <= 1000) interval = step;
    }
    this.#latest = dts;
    this.#tracks.set(track, { time, input: dts, interval });
    return Math.max(0, time);
  }

  stamp(track: string, time: number): number {
    const stamp = Math.max(this.#stamps.get(track) ?? 0, Math.round(time));
    this.#stamps.set(track, stamp);
    return stamp % 2 ** 32;
  }

  /** dts is always given here: deriving it has tests of its own. */
  placeVideo(dtsInput: number, ptsInput: number): { timestamp: number; offset: number } {
    const dts = this.#unwrap(dtsInput);
    let pts = Number.isNaN(ptsInput) ? dts : this.#unwrap(ptsInput, dts);
    if (pts - dts < -(2 ** 23) || pts - dts > 2 ** 23 - 1) {
      this.warnings.push('ERR_CLOUDPUSH_COMPOSITION_OFFSET_RANGE');
      pts = dts;
    }
    const time = this.#place('video', dts);
    const timestamp = this.stamp('video', time);
    const whole = this.#stamps.get('video')!;
    let shown = pts - this.#origin!;
    if (pts > dts && shown < time) shown = time;
    const presentation = Math.round(Math.max(0, shown));
    const offset = pts === dts ? 0 : Math.max(-(2 ** 23), Math.min(2 ** 23 - 1, presentation - whole));
    return { timestamp, offset };
  }
}
