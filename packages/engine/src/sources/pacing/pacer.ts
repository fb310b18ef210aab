import { type MonotonicClock, monotonicClock } from '../../base/clock.js';
import { requireObject } from '../../base/validation.js';
import { DueHeap } from './due-heap.js';
import type { Feed, FeedNeed } from './feed.js';

/**
 * The pacer hands the thread back after this many ms of sending, so that events, timers and signals get their
 * turn.
 */
const MAX_TURN = 4;

/** A timer fires up to a millisecond late: what is due within this many ms is sent now rather than then. */
const EARLY = 0.5;

/**
 * So many feeds of a beat send together, with one wake-up of the thread: more would wait for each other. The
 * groups are spread over the beat.
 */
const GROUP = 16;

/** Options of {@link Pacer}. */
export interface PacerOptions {
  /** True: every packet at its time. False: as fast as the sinks take them, in turn. */
  readonly realTime: boolean;
  /** Default: the system's. */
  readonly clock?: MonotonicClock;
  /** Called when what was due has been sent. */
  readonly afterTurn?: () => void;
}

/**
 * One schedule for all feeds: a heap and a single timer, however many channels there are. A feed whose sink
 * has no room leaves the schedule until it has, and then catches up in turn with the others; nothing is
 * skipped.
 */
export class Pacer {
  readonly #realTime: boolean;
  readonly #clock: MonotonicClock;
  readonly #afterTurn: (() => void) | undefined;
  readonly #heap = new DueHeap<Feed>();
  readonly #run = () => this.#turn();
  #base: number | undefined;
  /** Feeds that have started, and not ended. */
  #feeds = 0;
  #cancelTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #immediate: NodeJS.Immediate | undefined;

  constructor(options: PacerOptions) {
    const { realTime, clock = monotonicClock, afterTurn } = requireObject('options', options);
    this.#realTime = realTime;
    this.#clock = clock;
    this.#afterTurn = afterTurn;
  }

  /**
   * Starts a feed. In real time it keeps the beat of the feeds that have the same `interval` (ms): a few send
   * together, and many are spread over the time between two pictures.
   */
  start(feed: Feed, interval: number): void {
    const now = this.#clock.now();
    this.#base ??= now;
    const first = this.#base + interval * phaseOf(Math.floor(this.#feeds / GROUP));
    this.#feeds++;
    void feed.ended.then(() => this.#feeds--);
    const beats = interval > 0 ? Math.max(0, Math.ceil((now - first) / interval)) : 0;
    feed.startAt = this.#realTime ? Math.max(now, first + beats * interval) : now;
    feed.due = feed.startAt;
    this.#heap.push(feed);
    this.#schedule();
  }

  #turn(): void {
    this.#immediate = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const until = this.#clock.now() + MAX_TURN;
    while (true) {
      const feed = this.#heap.top;
      const now = this.#clock.now();
      if (feed === undefined || feed.due > now + EARLY || now > until) {
        this.#afterTurn?.();
        this.#schedule();
        return;
      }
      this.#step(feed, now);
    }
  }

  #step(feed: Feed, now: number): void {
    if (this.#realTime) feed.maxLag = Math.max(feed.maxLag, feed.lag(now));
    const need = feed.step();
    if (need === 'turn') {
      feed.due = this.#nextTurn(feed, now);
      this.#heap.topChanged();
      return;
    }
    this.#heap.pop();
    if (need !== 'nothing') void this.#resume(feed, need);
  }

  /** A feed that is late queues up behind those that have waited longer. */
  #nextTurn(feed: Feed, now: number): number {
    return this.#realTime ? Math.max(feed.pendingAt, now) : now;
  }

  async #resume(feed: Feed, need: FeedNeed): Promise<void> {
    await feed.wait(need);
    if (feed.ending === undefined) {
      feed.due = this.#nextTurn(feed, this.#clock.now());
      this.#heap.push(feed);
      this.#schedule();
    }
  }

  #schedule(): void {
    const feed = this.#heap.top;
    if (feed === undefined || this.#immediate !== undefined || feed.due >= this.#timerAt) return;
    this.#cancelTimer?.();
    const delay = feed.due - this.#clock.now();
    if (delay <= EARLY) {
      this.#timerAt = Number.NEGATIVE_INFINITY;
      this.#immediate = setImmediate(this.#run);
    } else {
      this.#timerAt = feed.due;
      this.#cancelTimer = this.#clock.after(delay, this.#run);
    }
  }
}

/** Place of a group's start within a beat, 0 to 1: as far from the groups before it as can be. */
function phaseOf(group: number): number {
  let phase = 0;
  for (let rest = group, part = 0.5; rest > 0; rest >>= 1, part /= 2) if ((rest & 1) === 1) phase += part;
  return phase;
}
