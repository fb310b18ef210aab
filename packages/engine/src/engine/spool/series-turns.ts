import type { MonotonicClock } from '../../base/clock.js';
import { CloudPushError } from '../../base/errors.js';

/**
 * The longest, in ms, that a destination takes over from another of its channel, or that one takes to close:
 * longer than a gateway has both of them open.
 */
const LONGEST_HANDOVER = 35_000;

/** A destination that wants a series of the spool. */
export interface SeriesUser {
  /** The name of its series. */
  readonly series: string;
  /** The number of its channel. */
  readonly channel: number;
  /** It was told to end, and lets go of the series by itself. */
  readonly isEnding: boolean;
  /** The series is its own from now on. */
  onSeriesFree(): void;
  /** Another destination has the series, and does not end. */
  onSeriesHeld(error: CloudPushError): void;
}

/**
 * Each series of the spool is one destination's at a time, on whichever shards they are: the others wait, in
 * the order in which they came, until it lets go.
 */
export class SeriesTurns {
  readonly #clock: MonotonicClock;
  /** The first of each list has the series. */
  readonly #users = new Map<string, SeriesUser[]>();
  readonly #timers = new Map<SeriesUser, () => void>();

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /**
   * Asks for the series, or asks again.
   * @returns whether it is the user's own; otherwise it is told
   */
  enter(user: SeriesUser): boolean {
    const users = this.#users.get(user.series) ?? [];
    this.#users.set(user.series, users);
    if (!users.includes(user)) users.push(user);
    const [holder] = users;
    if (holder === user) return true;
    // One that takes over from another is opened before that is told to close.
    const isHandover = holder!.isEnding || holder!.channel === user.channel;
    if (isHandover) this.#askLater(user);
    else user.onSeriesHeld(inUse(user.series));
    return false;
  }

  /** A destination has a series, or waits for it. */
  isTaken(series: string): boolean {
    return this.#users.has(series);
  }

  /** It has let go of the series, or wants it no longer. */
  leave(user: SeriesUser): void {
    this.#stopTimer(user);
    const users = this.#users.get(user.series) ?? [];
    const index = users.indexOf(user);
    if (index < 0) return;
    users.splice(index, 1);
    const [next] = users;
    if (next === undefined) this.#users.delete(user.series);
    else if (index === 0) {
      this.#stopTimer(next);
      next.onSeriesFree();
    }
  }

  #askLater(user: SeriesUser): void {
    this.#stopTimer(user);
    const ask = (): void => {
      if (this.#users.get(user.series)![0]!.isEnding) this.#askLater(user);
      else user.onSeriesHeld(inUse(user.series));
    };
    this.#timers.set(user, this.#clock.after(LONGEST_HANDOVER, ask));
  }

  #stopTimer(user: SeriesUser): void {
    this.#timers.get(user)?.();
    this.#timers.delete(user);
  }
}

function inUse(series: string): CloudPushError {
  return new CloudPushError(
    'ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE',
    `another destination has the series "${series}" of the spool: give each a name of its own, spool.series; until then nothing of this one is kept on disk`,
    { details: { series } },
  );
}
