import { AcknowledgementMeter } from './acknowledgement-meter.js';
import { ThroughputMeter } from './throughput-meter.js';

/** What an encoder should do about its bit rate. */
export interface BitrateAdvice {
  /** What the connection can be expected to carry, audio and video together, in bit/s. */
  readonly bitrate: number;
  /** What the connection has carried lately while it was full, protocol included, in bit/s. */
  readonly throughput: number;
  /**
   * `'congested'`: the connection takes less than the source gives. `'recovering'`: it has kept up since, and may carry more.
   * `'recovered'`: what the source gave before fits again, as far as is known; no more advice follows until it does not.
   */
  readonly reason: 'congested' | 'recovering' | 'recovered';
}

/** Samples shorter than this, in ms, would tell more of single frames than of the connection. */
const SAMPLE = 500;
/** After a gap of this length, in ms, the source was idle, and what came before says nothing. */
const IDLE = 3000;
/** After this long, in ms, a change of the source has come through by two thirds. */
const TIME_CONSTANT = 2000;
/** A backlog from this on, in ms of media, is not the jitter of a moment: the kernel's buffer is full below it. */
const CONGESTED = 300;
/** Advice in one direction comes at most so often, in ms: an encoder needs time to follow, and a measurement to be one. */
const ADVICE_INTERVAL = 2000;
/** Part of the throughput that is advised: the rest drains the backlog, carries the protocol, and absorbs jitter. */
const HEADROOM = 0.85;
/** An encoder can do little below this, and a stall of a second must not ask for nothing, in bytes a second. */
const LEAST = 8000;
/** Smaller changes are not worth the encoder's while. */
const WORTHWHILE = 0.1;
/** How much more is tried at a time: first little, then more with each attempt that holds. */
const STEP = 1.15;
const STEP_MOST = 1.3;
/** After how many ms without a backlog; each attempt that fails doubles the time. */
const RAISE_AFTER = 2000;
/** Near a rate that has failed before. */
const CAREFUL_STEP = 1.12;
const CAREFUL_RAISE_AFTER = 4000;
const RAISE_AFTER_MOST = 60_000;
/** Where acknowledgements tell within a second that it was too much, more can be tried sooner, and more often. */
const TOLD_STEP = 1.4;
const TOLD_RAISE_AFTER_MOST = 8000;
/** A throughput that differs by more from the one of the attempt that failed is another link's: what failed may do now. */
const OTHER_LINK = 0.25;

/**
 * Estimates what a connection carries, from what is offered to it and what the kernel takes. While there is no backlog
 * nobody knows how much more would fit: that is found out by trying, in steps, up to what the source gave before.
 *
 * It has no clock and no timer: it judges when it is told how things stand, and says nothing while nothing is sent.
 */
export class BitrateAdvisor {
  readonly #flow = new ThroughputMeter();
  readonly #acknowledgements = new AcknowledgementMeter();
  #sampledAt: number | undefined;
  #offered = 0;
  /** What the source gives, smoothed; undefined at first. All rates are in bytes a second. */
  #source: number | undefined;
  /** What was advised last; undefined while the source may do as it likes. */
  #advised: number | undefined;
  #advisedAt = Number.NEGATIVE_INFINITY;
  /** What the source gave before it was told to give less. */
  #ceiling = 0;
  /** Since when there has been no backlog. */
  #clearSince = 0;
  #raiseAfter = RAISE_AFTER;
  #step = STEP;
  #hasRaised = false;
  /** The throughput when less was advised last. */
  #failedAt = 0;
  /** The throughput that was measured last. */
  #known: number | undefined;

  /** The connection is another one: what is known of the old one's flow is of no use. */
  restart(): void {
    this.#sampledAt = undefined;
    this.#known = undefined;
    this.#flow.restart();
    this.#acknowledgements.restart();
  }

  /**
   * Tells what the server has acknowledged; to be called before {@link update}.
   * @param now ms on the clock of {@link update}
   * @param acknowledged the sequence number of the last Acknowledgement, modulo 2^32; 0: there was none
   * @param inFlight bytes that the kernel has accepted and the server has not acknowledged
   */
  onAcknowledged(now: number, acknowledged: number, inFlight: number): void {
    this.#acknowledgements.update(now, acknowledged, inFlight);
  }

  /**
   * Tells how things stand; to be called while something is sent, as often as is convenient.
   * @param now ms on any clock that does not go back
   * @param offered bytes that the source has given so far
   * @param sent bytes that the kernel has accepted so far
   * @param backlog what waits for the connection, in ms of media
   * @param refused the source is being refused: what it gives says nothing about what it would like to give
   */
  update(
    now: number,
    offered: number,
    sent: number,
    backlog: number,
    refused: boolean,
  ): BitrateAdvice | undefined {
    this.#flow.update(now, sent, backlog > 0);
    const elapsed = this.#sampledAt === undefined ? Number.POSITIVE_INFINITY : now - this.#sampledAt;
    if (elapsed < SAMPLE) return undefined;
    const source = ((offered - this.#offered) * 1000) / elapsed;
    this.#sampledAt = now;
    this.#offered = offered;
    const waiting = backlog + this.#hiddenBacklog(now);
    if (elapsed > IDLE && !refused && waiting < CONGESTED) {
      this.#forget(now);
      return undefined;
    }
    if (!refused && elapsed <= IDLE)
      this.#source = smooth(this.#source, source, 1 - Math.exp(-elapsed / TIME_CONSTANT));
    return waiting >= CONGESTED ? this.#onBacklog(now) : this.#onClear(now);
  }

  #forget(now: number): void {
    this.#source = undefined;
    this.#clearSince = now;
  }

  #onBacklog(now: number): BitrateAdvice | undefined {
    this.#clearSince = now;
    const throughput = this.#throughput(now);
    if (throughput === undefined || now - this.#advisedAt < ADVICE_INTERVAL) return undefined;
    const target = Math.max(LEAST, throughput * HEADROOM);
    if (this.#advised === undefined) {
      // What waits is on its way out, and what comes after it fits.
      if (this.#source === undefined || target >= this.#source) return undefined;
      this.#ceiling = this.#source;
      this.#failedAt = throughput;
    } else if (target > this.#advised * (1 + WORTHWHILE)) {
      if (!this.#isMeasured) return undefined;
      return this.#advise(now, Math.min(target, this.#ceiling), 'recovering');
    } else if (target > this.#advised * (1 - WORTHWHILE)) return undefined;
    if (this.#hasRaised) this.#onFailedAttempt(throughput);
    return this.#advise(now, target, 'congested');
  }

  /** What the kernel has accepted beyond what the path holds, in ms at the rate at which the server receives. */
  #hiddenBacklog(now: number): number {
    const { excess } = this.#acknowledgements;
    const rate = excess === 0 ? undefined : this.#acknowledgements.throughput(now);
    return rate === undefined ? 0 : (excess * 1000) / Math.max(1, rate);
  }

  /** Bytes a second while there is a backlog; undefined: there is none. */
  #throughput(now: number): number | undefined {
    const throughput = this.#acknowledgements.throughput(now) ?? this.#flow.throughput(now);
    if (this.#isMeasured) this.#known = throughput;
    return throughput;
  }

  get #isMeasured(): boolean {
    return this.#acknowledgements.isTelling || this.#flow.isMeasured;
  }

  /** More did not fit. Soon again, and as much, only if the link has changed since that was tried last. */
  #onFailedAttempt(throughput: number): void {
    const sameLink = Math.abs(throughput - this.#failedAt) < OTHER_LINK * this.#failedAt;
    this.#raiseAfter = Math.min(RAISE_AFTER_MOST, 2 * (sameLink ? this.#raiseAfter : RAISE_AFTER));
    this.#step = STEP;
    this.#failedAt = throughput;
    this.#hasRaised = false;
  }

  #onClear(now: number): BitrateAdvice | undefined {
    if (this.#advised === undefined) return undefined;
    const wait = this.#waitToRaise;
    if (now - Math.max(this.#clearSince, this.#advisedAt) < wait) return undefined;
    // A source that does not use what it was advised says nothing about what more would do.
    if (this.#source === undefined || this.#source < this.#advised / STEP) return undefined;
    const target = this.#advised * this.#stepUp;
    if (this.#hasRaised) this.#step = Math.min(STEP_MOST, this.#step * STEP);
    this.#hasRaised = true;
    if (target < this.#ceiling) return this.#advise(now, target, 'recovering');
    const advice = this.#advise(now, this.#ceiling, 'recovered');
    this.#advised = undefined;
    return advice;
  }

  /** How long there must have been no backlog before more is tried, in ms. */
  get #waitToRaise(): number {
    if (this.#acknowledgements.isTelling)
      return this.#hasRaised ? RAISE_AFTER : Math.min(this.#raiseAfter, TOLD_RAISE_AFTER_MOST);
    return this.#isNearFailure ? Math.max(this.#raiseAfter, CAREFUL_RAISE_AFTER) : this.#raiseAfter;
  }

  get #stepUp(): number {
    if (this.#acknowledgements.isTelling) return TOLD_STEP;
    return this.#isNearFailure ? CAREFUL_STEP : this.#step;
  }

  /** About as much has failed before. */
  get #isNearFailure(): boolean {
    return Math.abs(this.#advised! - this.#failedAt) < OTHER_LINK * this.#failedAt;
  }

  #advise(now: number, target: number, reason: BitrateAdvice['reason']): BitrateAdvice {
    this.#advised = target;
    this.#advisedAt = now;
    const throughput =
      this.#acknowledgements.throughput(now) ?? this.#flow.throughput(now) ?? this.#known ?? 0;
    return { bitrate: Math.round(target * 8), throughput: Math.round(throughput * 8), reason };
  }
}

function smooth(before: number | undefined, now: number, weight: number): number {
  return before === undefined ? now : before + (now - before) * weight;
}
