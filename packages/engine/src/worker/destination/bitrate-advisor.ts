import type { BitrateAdvice } from '../../protocol/stream.js';
import { AcknowledgementMeter } from './acknowledgement-meter.js';
import { ToldRaises, UntoldRaises } from './rate-raises.js';
import { ThroughputMeter } from './throughput-meter.js';

/** Samples shorter than this, in ms, would tell more of single frames than of the connection. */
const SAMPLE = 500;
/** After a gap of this length, in ms, the source was idle, and what came before says nothing. */
const IDLE = 3000;
/** After this long, in ms, a change of the source has come through by two thirds. */
const TIME_CONSTANT = 2000;
/**
 * A backlog from this on, in ms of media, is not the jitter of a moment: the kernel's buffer is full below
 * it.
 */
const CONGESTED = 300;
/**
 * Advice in one direction comes at most so often, in ms: an encoder needs time to follow, and a measurement
 * to be one.
 */
const ADVICE_INTERVAL = 2000;
/**
 * Part of the throughput that is advised: the rest drains the backlog, carries the protocol, and absorbs
 * jitter.
 */
const HEADROOM = 0.85;
/**
 * An encoder can do little below this, and a stall of a second must not ask for nothing, in bytes a second.
 */
const LEAST = 8000;
/** Smaller changes are not worth the encoder's while. */
const WORTHWHILE = 0.1;
/**
 * An attempt to send more has failed when so much waits, in ms: waiting for what counts as congestion would
 * lose more time.
 */
const ATTEMPT_FAILED = 200;
/** Advice to give up an attempt may come so soon after it, in ms. */
const ATTEMPT_INTERVAL = 1000;
/**
 * More is tried only when the server has received this part of what was advised, and no more than so many ms
 * wait.
 */
const CARRIED = 0.9;
const HOLDS = 150;
/** Less than this part of what was advised, and the source says nothing about what more would do. */
const USED = 0.87;
/** After so long, in ms, a source that was told that all fits again gives what it would like to. */
const UNBOUND_AFTER = 30_000;
/** While less is advised, the server is to acknowledge so many times a second. */
const ACKNOWLEDGEMENTS_A_SECOND = 4;
/** Bounds of what is acknowledged at once, in bytes. */
const LEAST_WINDOW = 1 << 14;
const MOST_WINDOW = 1 << 18;

/**
 * Estimates what a connection carries, from what is offered to it and what the kernel takes. While there is
 * no backlog nobody knows how much more would fit: that is found out by trying, in steps, up to what the
 * source gave before.
 *
 * It has no clock and no timer: it judges when it is told how things stand, and says nothing while nothing is
 * sent.
 */
export class BitrateAdvisor {
  readonly #flow = new ThroughputMeter();
  readonly #acknowledgements = new AcknowledgementMeter();
  /**
   * The least that the kernel hid in this sample and in the one before, in ms: key frames pass, queues stand.
   */
  #hidden = Number.POSITIVE_INFINITY;
  #hiddenBefore = 0;
  #sampledAt: number | undefined;
  #offered = 0;
  /** The rate of the source, smoothed; undefined at first. All rates are in bytes a second. */
  #source: number | undefined;
  /** The rate that was advised last; undefined while the source may do as it likes. */
  #advised: number | undefined;
  #advisedAt = Number.NEGATIVE_INFINITY;
  /** The rate of the source before it was told to give less. */
  #ceiling = 0;
  /** Since when there has been no backlog. */
  #clearSince = 0;
  /** More is being tried. */
  #hasRaised = false;
  readonly #untoldRaises = new UntoldRaises();
  readonly #toldRaises = new ToldRaises();
  /** The throughput that was measured last. */
  #known: number | undefined;

  /**
   * How much the server should acknowledge at once, in bytes, so that a change of the connection shows soon.
   */
  get acknowledgementWindow(): number {
    if (this.#advised === undefined) return MOST_WINDOW;
    const bytes = 2 ** Math.floor(Math.log2(this.#advised / ACKNOWLEDGEMENTS_A_SECOND));
    return Math.min(MOST_WINDOW, Math.max(LEAST_WINDOW, bytes));
  }

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
    this.#hidden = Math.min(this.#hidden, this.#hiddenBacklog(now));
    const elapsed = this.#sampledAt === undefined ? Number.POSITIVE_INFINITY : now - this.#sampledAt;
    if (elapsed < SAMPLE) return undefined;
    const source = ((offered - this.#offered) * 1000) / elapsed;
    this.#sampledAt = now;
    this.#offered = offered;
    const waitingNow = backlog + this.#hidden;
    const waiting = backlog + Math.min(this.#hidden, this.#hiddenBefore);
    this.#hiddenBefore = this.#hidden;
    this.#hidden = Number.POSITIVE_INFINITY;
    if (elapsed > IDLE && !refused && waiting < CONGESTED) {
      this.#forget(now);
      return undefined;
    }
    if (!refused && elapsed <= IDLE)
      this.#source = smooth(this.#source, source, 1 - Math.exp(-elapsed / TIME_CONSTANT));
    const hasFailed = this.#isTold && this.#hasRaised && waitingNow > ATTEMPT_FAILED;
    return waiting >= CONGESTED || hasFailed ? this.#onBacklog(now) : this.#onClear(now, waitingNow);
  }

  #forget(now: number): void {
    this.#source = undefined;
    this.#clearSince = now;
  }

  #onBacklog(now: number): BitrateAdvice | undefined {
    this.#clearSince = now;
    const throughput = this.#throughput(now);
    const interval = this.#isTold && this.#hasRaised ? ATTEMPT_INTERVAL : ADVICE_INTERVAL;
    if (throughput === undefined || now - this.#advisedAt < interval) return undefined;
    const target = Math.max(LEAST, throughput * HEADROOM);
    if (this.#advised === undefined) {
      // The queue is on its way out, and media that comes after it fits.
      if (this.#source === undefined || target >= this.#source) return undefined;
      const isBound = now - this.#advisedAt < UNBOUND_AFTER;
      this.#ceiling = isBound ? Math.max(this.#ceiling, this.#source) : this.#source;
    } else if (target > this.#advised * (1 + WORTHWHILE)) {
      if (!this.#isMeasured) return undefined;
      return this.#advise(now, Math.min(target, this.#ceiling), 'recovering');
    } else if (target > this.#advised * (1 - WORTHWHILE)) return undefined;
    this.#untoldRaises.onCongested(throughput, this.#hasRaised);
    this.#toldRaises.onCongested(throughput);
    this.#hasRaised = false;
    return this.#advise(now, target, 'congested');
  }

  /**
   * Bytes that the kernel has accepted beyond those that the path holds, in ms at the rate at which the
   * server receives.
   */
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

  /** Acknowledgements tell what gets through. */
  get #isTold(): boolean {
    return this.#acknowledgements.isTelling;
  }

  get #isMeasured(): boolean {
    return this.#isTold || this.#flow.isMeasured;
  }

  #onClear(now: number, waiting: number): BitrateAdvice | undefined {
    const advised = this.#advised;
    if (advised === undefined) return undefined;
    const raises = this.#isTold ? this.#toldRaises : this.#untoldRaises;
    if (now - Math.max(this.#clearSince, this.#advisedAt) < raises.waitAt(advised)) return undefined;
    if (!this.#holds(now, advised, waiting)) return undefined;
    const target = advised * raises.stepAt(advised);
    this.#untoldRaises.onRaised();
    this.#toldRaises.onRaised();
    this.#hasRaised = true;
    if (target < this.#ceiling) return this.#advise(now, target, 'recovering');
    const advice = this.#advise(now, this.#ceiling, 'recovered');
    this.#advised = undefined;
    return advice;
  }

  /**
   * The advised rate is used, and gets through. A source that does not use it says nothing about what more
   * would do.
   */
  #holds(now: number, advised: number, waiting: number): boolean {
    if (this.#isTold) return this.#acknowledgements.carried(now) >= CARRIED * advised && waiting <= HOLDS;
    return this.#source !== undefined && this.#source >= USED * advised;
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
