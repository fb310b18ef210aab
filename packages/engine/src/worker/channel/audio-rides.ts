import type { MonotonicClock } from '../../base/clock.js';

/** A timer fires up to so many ms late. */
const LATENESS = 1;
const NOT_WAITING = Number.POSITIVE_INFINITY;
/**
 * Sound that came so many ms before it was looked at has waited in the ring, and nobody was called for it.
 */
const CAME_QUIETLY = 2;

/** A channel whose sound waits for its next picture. */
export interface AudioCarrier {
  /** The channel's number. */
  readonly number: number;
  /** Undefined: packets come through the ring, and have waited there for the tick, if there are any. */
  readonly source: object | undefined;
  /** Sends the sound that waits. */
  sendRiding(): void;
}

/**
 * The sound of all channels of a shard that waits for a picture to ride with: when it must leave although no
 * picture has come. One timer serves all channels, and none runs while no sound waits.
 */
export class AudioRides {
  /** The longest that sound waits, in ms; 0: it does not. */
  readonly delay: number;
  /** ms between two ticks, at which packets leave that came since; 0: they leave at once. */
  readonly window: number;
  /** Counts the turns: what was handed over in the same turn leaves in the same write. */
  turn = 0;
  /** Sound has come quietly since {@link isExpected} was asked. */
  #cameQuietly = false;
  /** Channels whose sound waits, and since when the oldest does that has begun to in this turn. */
  #waiting = 0;
  #begun = NOT_WAITING;
  readonly #clock: MonotonicClock;
  readonly #onDue: () => void;
  /** By the channel's number: since when its oldest sound waits, in ms of the monotonic clock. */
  #since = new Float64Array(64).fill(NOT_WAITING);
  /** By the channel's number: the channel, which may be another one than had the number before. */
  readonly #carriers: AudioCarrier[] = [];
  /** Numbers of channels that have sound waiting, or had when they were last looked at. */
  #listed: number[] = [];
  #isListed = new Uint8Array(64);
  /** Time at which the timer fires; infinity: it is not set. */
  #timerAt = Number.POSITIVE_INFINITY;
  #stopTimer: () => void = () => {};

  /** @param onDue sound may be due: {@link sendDue} is to be called, and the alarm set anew */
  constructor(delay: number, clock: MonotonicClock, onDue: () => void, window = 0) {
    this.delay = delay;
    this.window = window;
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Sound that waits for a window with everything else need not wait for its picture as well. */
  static of(
    { maxAudioDelay, maxBatchDelay }: { readonly maxAudioDelay: number; readonly maxBatchDelay: number },
    clock: MonotonicClock,
    onDue: () => void,
  ): AudioRides {
    return new AudioRides(maxBatchDelay < maxAudioDelay ? maxAudioDelay : 0, clock, onDue, maxBatchDelay);
  }

  /** The oldest sound of the channel waits since `since`, ms of the monotonic clock. */
  begin(carrier: AudioCarrier, since: number): void {
    const { number } = carrier;
    if (number >= this.#since.length) this.#growTo(number * 2);
    this.#since[number] = since;
    this.#carriers[number] = carrier;
    this.#waiting++;
    if (since < this.#begun) this.#begun = since;
    if (this.#clock.now() - since > CAME_QUIETLY) this.#cameQuietly = true;
    if (this.#isListed[number] === 0) {
      this.#isListed[number] = 1;
      this.#listed.push(number);
    }
  }

  /** The next tick, in ms of the monotonic clock: the same for all shards of a machine. */
  nextTick(): number {
    return (Math.floor(this.#clock.now() / this.window) + 1) * this.window;
  }

  /** All packets of the channel wait for the next tick. */
  beginTick(carrier: AudioCarrier): void {
    this.begin(carrier, this.nextTick() - this.delay + LATENESS);
  }

  /** No sound of the channel waits any more. */
  end(channel: number): void {
    this.#since[channel] = NOT_WAITING;
    this.#waiting--;
  }

  /** Ends a turn: sound that still waits will leave in time. */
  endTurn(): void {
    this.turn++;
    if (this.#waiting > 0 && this.#begun !== NOT_WAITING) this.#wakeBy(this.#begun + this.delay - LATENESS);
    this.#begun = NOT_WAITING;
  }

  /**
   * Tells whether more sound is likely to come apart from its picture: then nobody need be called for it.
   */
  isExpected(): boolean {
    const isExpected = this.#waiting > 0 || this.#cameQuietly;
    this.#cameQuietly = false;
    return isExpected;
  }

  /** Has `onDue` called in time for sound that comes from now on, of which nobody will tell. */
  expect(): void {
    this.#wakeBy(this.#clock.now() + this.delay - LATENESS);
  }

  /** Sends the sound that has waited for long enough. */
  sendDue(): void {
    const due = this.#clock.now() - this.delay + LATENESS;
    let earliest = NOT_WAITING;
    const listed = this.#listed;
    this.#listed = [];
    for (const number of listed) {
      const since = this.#since[number]!;
      if (since > due && since !== NOT_WAITING) {
        this.#listed.push(number);
        if (since < earliest) earliest = since;
        continue;
      }
      this.#isListed[number] = 0;
      if (since !== NOT_WAITING) this.#carriers[number]!.sendRiding();
    }
    if (earliest !== NOT_WAITING) this.#wakeBy(earliest + this.delay - LATENESS);
  }

  /** Nothing is to be sent any more. */
  stop(): void {
    this.#stopTimer();
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  /**
   * A timer that is set for an earlier time looks again when it fires: that is cheaper than to set another.
   */
  #wakeBy(at: number): void {
    if (this.#timerAt <= at) return;
    this.#stopTimer();
    this.#timerAt = at;
    this.#stopTimer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#onDue();
    });
  }

  #growTo(channels: number): void {
    const since = new Float64Array(channels).fill(NOT_WAITING);
    since.set(this.#since);
    this.#since = since;
    const isListed = new Uint8Array(channels);
    isListed.set(this.#isListed);
    this.#isListed = isListed;
  }
}
