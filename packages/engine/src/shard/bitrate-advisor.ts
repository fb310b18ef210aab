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
/** A full connection is measured over this long, in ms: kernels and receivers take their bytes in lumps. */
const MEASURE = 2000;
/** A connection that has taken nothing for so long, in ms, is not between two lumps. */
const STANDSTILL = 5000;
/** A backlog from this on, in ms of media, is not the jitter of a moment: the kernel's buffer is full below it. */
const CONGESTED = 300;
/** Part of the throughput that is advised: the rest drains the backlog, carries the protocol, and absorbs jitter. */
const HEADROOM = 0.8;
/** An encoder can do little below this, and a stall of a second must not ask for nothing, in bytes a second. */
const LEAST = 8000;
/** Smaller changes are not worth the encoder's while. */
const WORTHWHILE = 0.1;
/** How much more is tried at a time, and after how many ms without a backlog; each attempt that fails doubles the time. */
const STEP = 1.15;
const RAISE_AFTER = 4000;
const RAISE_AFTER_MOST = 60_000;

/**
 * Estimates what a connection carries, from what is offered to it and what the kernel takes. While there is no backlog
 * nobody knows how much more would fit: that is found out by trying, in steps, up to what the source gave before.
 *
 * It has no clock and no timer: it judges when it is told how things stand, and says nothing while nothing is sent.
 */
export class BitrateAdvisor {
  #sampledAt: number | undefined;
  #offered = 0;
  /** What the source gives, smoothed; undefined at first. All rates are in bytes a second. */
  #source: number | undefined;
  /** What the connection carried when it was full last. */
  #throughput = 0;
  /** The present backlog has been measured before. */
  #isMeasured = false;
  /** Since when the full connection is being measured, and what had been sent by then; undefined without a backlog. */
  #fullSince: number | undefined;
  #fullSent = 0;
  /** What was advised last; undefined while the source may do as it likes. */
  #advised: number | undefined;
  #advisedAt = Number.NEGATIVE_INFINITY;
  /** What the source gave before it was told to give less. */
  #ceiling = 0;
  /** Since when there has been no backlog. */
  #clearSince = 0;
  #raiseAfter = RAISE_AFTER;
  #hasRaised = false;

  /** The connection is another one: what is known of the old one's flow is of no use. */
  restart(): void {
    this.#sampledAt = undefined;
    this.#fullSince = undefined;
  }

  /**
   * Tells how things stand; to be called while something is sent, as often as is convenient.
   * @param now ms on any clock that does not go back
   * @param offered bytes that the source has given so far
   * @param sent bytes that the kernel has accepted so far
   * @param backlog what waits for the connection, in ms of media
   */
  update(now: number, offered: number, sent: number, backlog: number): BitrateAdvice | undefined {
    const elapsed = this.#sampledAt === undefined ? Number.POSITIVE_INFINITY : now - this.#sampledAt;
    if (elapsed < SAMPLE) return undefined;
    const source = ((offered - this.#offered) * 1000) / elapsed;
    this.#sampledAt = now;
    this.#offered = offered;
    if (elapsed > IDLE) {
      this.#forget(now);
      return undefined;
    }
    const weight = 1 - Math.exp(-elapsed / TIME_CONSTANT);
    this.#source = smooth(this.#source, source, weight);
    return backlog >= CONGESTED ? this.#onBacklog(now, sent) : this.#onClear(now);
  }

  #forget(now: number): void {
    this.#source = undefined;
    this.#fullSince = undefined;
    this.#clearSince = now;
  }

  #onBacklog(now: number, sent: number): BitrateAdvice | undefined {
    this.#clearSince = now;
    if (!this.#measure(now, sent)) return undefined;
    const target = Math.max(LEAST, this.#throughput * HEADROOM);
    const source = this.#source!;
    // What waits is on its way out, and what comes after it fits.
    if (target >= source) return undefined;
    if (this.#advised === undefined) this.#ceiling = source;
    else if (target > this.#advised * (1 - WORTHWHILE)) return undefined;
    if (this.#hasRaised) this.#raiseAfter = Math.min(RAISE_AFTER_MOST, 2 * this.#raiseAfter);
    this.#hasRaised = false;
    return this.#advise(now, target, 'congested');
  }

  /** True when the throughput has been measured. */
  #measure(now: number, sent: number): boolean {
    // What was taken before there was a backlog, the kernel's buffer took.
    if (this.#fullSince === undefined) {
      this.#isMeasured = false;
      this.#fullSince = now;
      this.#fullSent = sent;
      return false;
    }
    const elapsed = now - this.#fullSince;
    const carried = sent - this.#fullSent;
    if (elapsed < (carried > 0 ? MEASURE : STANDSTILL)) return false;
    const rate = (carried * 1000) / elapsed;
    this.#throughput = this.#isMeasured ? (this.#throughput + rate) / 2 : rate;
    this.#isMeasured = true;
    this.#fullSince = now;
    this.#fullSent = sent;
    return true;
  }

  #onClear(now: number): BitrateAdvice | undefined {
    this.#fullSince = undefined;
    if (this.#advised === undefined) return undefined;
    if (now - Math.max(this.#clearSince, this.#advisedAt) < this.#raiseAfter) return undefined;
    // A source that does not use what it was advised says nothing about what more would do.
    if (this.#source! < this.#advised / STEP) return undefined;
    const target = this.#advised * STEP;
    this.#hasRaised = true;
    if (target < this.#ceiling) return this.#advise(now, target, 'recovering');
    const advice = this.#advise(now, this.#ceiling, 'recovered');
    this.#advised = undefined;
    return advice;
  }

  #advise(now: number, target: number, reason: BitrateAdvice['reason']): BitrateAdvice {
    this.#advised = target;
    this.#advisedAt = now;
    return { bitrate: Math.round(target * 8), throughput: Math.round(this.#throughput * 8), reason };
  }
}

function smooth(before: number | undefined, now: number, weight: number): number {
  return before === undefined ? now : before + (now - before) * weight;
}
