import { describe, expect, test } from 'vitest';
import type { BitrateAdvice } from '../../protocol/stream.js';
import { BitrateAdvisor } from './bitrate-advisor.js';

const TICK = 20;
const FRAME_MS = 40;
const GROUP = 50;
/** A key frame is so many times as large as another picture. */
const KEY = 8;

/**
 * An encoder of 25 frames a second that follows the advice, up to what it would like to give; a kernel that
 * takes all at once and shows nothing; a link, which may lend what it has not carried in the last moment; and
 * a server that acknowledges as often as it is asked to. Rates are in bit/s.
 */
class AcknowledgedLink {
  readonly told: (BitrateAdvice & { readonly at: number })[] = [];
  readonly #advisor = new BitrateAdvisor();
  readonly #wanted: number;
  readonly #hasKeyFrames: boolean;
  readonly #depth: number;
  #rate: number;
  #now = 0;
  #frame = 0;
  #sent = 0;
  #received = 0;
  #acknowledged = 0;
  #allowance = 0;

  /** @param depth of the link's token bucket, in ms of its rate */
  constructor(wanted: number, { hasKeyFrames = false, depth = 20 } = {}) {
    this.#wanted = wanted;
    this.#rate = wanted;
    this.#hasKeyFrames = hasKeyFrames;
    this.#depth = depth;
  }

  get rate(): number {
    return this.#rate;
  }

  get window(): number {
    return this.#advisor.acknowledgementWindow;
  }

  /**
   * Runs for so long; returns when the encoder was within a fifth of what can be had first, in s, and the
   * longest queue, in ms.
   */
  run(seconds: number, capacity: number): { reached: number; queue: number; within: number } {
    const goal = Math.min(capacity, this.#wanted);
    let reached = Number.POSITIVE_INFINITY;
    let queue = 0;
    let within = 0;
    for (let elapsed = 0; elapsed < seconds * 1000; elapsed += TICK) {
      this.#tick(capacity);
      queue = Math.max(queue, ((this.#sent - this.#received) * 8000) / capacity);
      if (Math.abs(this.#rate - goal) > 0.2 * goal) continue;
      within += TICK / 1000;
      reached = Math.min(reached, elapsed / 1000);
    }
    return { reached, queue, within: within / seconds };
  }

  #tick(capacity: number): void {
    if (this.#now % FRAME_MS === 0) this.#sent += this.#pictureSize();
    const perTick = (capacity * TICK) / 8000;
    this.#allowance = Math.min(this.#allowance + perTick, (capacity * Math.max(TICK, this.#depth)) / 8000);
    const passed = Math.min(this.#allowance, this.#sent - this.#received);
    this.#allowance -= passed;
    this.#received += passed;
    if (this.#received - this.#acknowledged >= this.window) this.#acknowledged = Math.floor(this.#received);
    if (this.#now % 100 === 0) this.#report();
    this.#now += TICK;
  }

  #pictureSize(): number {
    const mean = (this.#rate * FRAME_MS) / 8000;
    const isKey = this.#frame++ % GROUP === 0;
    if (!this.#hasKeyFrames) return mean;
    return ((isKey ? KEY : 1) * mean * GROUP) / (GROUP - 1 + KEY);
  }

  #report(): void {
    if (this.#acknowledged > 0) {
      const inFlight = Math.max(0, this.#sent - this.#acknowledged);
      this.#advisor.onAcknowledged(this.#now, this.#acknowledged >>> 0, inFlight);
    }
    const advice = this.#advisor.update(this.#now, this.#sent, this.#sent, 0, false);
    if (advice === undefined) return;
    this.told.push({ ...advice, at: this.#now });
    this.#rate = Math.min(this.#wanted, advice.bitrate);
  }
}

describe.each([
  ['pictures of one size', {}],
  ['key frames', { hasKeyFrames: true }],
  ['a link that lends for a second', { depth: 1000 }],
])('a bit rate advisor that acknowledgements tell what gets through, with %s', (_name, options) => {
  test('comes within a fifth of a link within ten seconds of each of its changes, up and down', () => {
    const link = new AcknowledgedLink(8e6, options);
    for (const capacity of [20e6, 1.6e6, 4e6, 0.8e6, 3e6, 0.8e6, 20e6, 6e6, 2e6])
      expect([capacity, link.run(40, capacity).reached <= 10]).toEqual([capacity, true]);
  });

  test('finds four times as much within ten seconds, whatever it is about when that comes', () => {
    for (let phase = 0; phase < 12; phase += 0.5) {
      const link = new AcknowledgedLink(8e6, options);
      link.run(10, 20e6);
      link.run(100 + phase, 0.8e6);
      expect([phase, link.run(12, 3e6).reached <= 10]).toEqual([phase, true]);
    }
  });

  test('stays there: what it tries for more makes nobody wait for long', () => {
    const link = new AcknowledgedLink(8e6, options);
    link.run(10, 20e6);
    link.run(120, 3e6);
    const { queue, within } = link.run(120, 3e6);
    expect(queue).toBeLessThan(1500);
    expect(within).toBeGreaterThan(0.85);
    const { length } = link.told.filter(({ at }) => at >= 130_000);
    expect(length).toBeLessThan(60);
  });

  test('says nothing while a link carries all, with a quarter to spare', () => {
    const link = new AcknowledgedLink(8e6, options);
    link.run(300, 10e6);
    expect(link.told).toEqual([]);
  });
});

test('a link that was full again right after it had recovered is used up to what the source gave at first', () => {
  const link = new AcknowledgedLink(8e6);
  link.run(10, 20e6);
  link.run(60, 2e6);
  while (link.told.at(-1)!.reason !== 'recovered') link.run(0.5, 20e6);
  link.run(1, 20e6);
  link.run(4, 2e6);
  expect(link.rate).toBeLessThan(4e6);
  link.run(60, 20e6);
  expect(link.rate).toBeGreaterThan(7.9e6);
});

test('a server is asked to acknowledge four to eight times a second while less is advised, and as before otherwise', () => {
  const link = new AcknowledgedLink(8e6);
  link.run(10, 20e6);
  expect(link.window).toBe(262_144);
  link.run(30, 1.6e6);
  const perSecond = link.told.at(-1)!.bitrate / 8 / link.window;
  expect(perSecond).toBeGreaterThanOrEqual(4);
  expect(perSecond).toBeLessThan(8);
  link.run(30, 0.1e6);
  expect(link.window).toBe(16_384);
  link.run(60, 20e6);
  expect(link.told.at(-1)!.reason).toBe('recovered');
  expect(link.window).toBe(262_144);
});

test('a source that does not use what it was advised is not advised more', () => {
  const advisor = new BitrateAdvisor();
  let sent = 0;
  let received = 0;
  let acknowledged = 0;
  const told: number[] = [];
  // 8 Mbit/s to a link of 2 Mbit/s for 10 s; then the source gives 0.8 Mbit/s, long after what waited has
  // gone.
  for (let now = 0; now < 120_000; now += 100) {
    sent += now < 10_000 ? 100_000 : 10_000;
    received = Math.min(sent, received + 25_000);
    if (received - acknowledged >= advisor.acknowledgementWindow) acknowledged = received;
    if (acknowledged > 0) advisor.onAcknowledged(now, acknowledged, sent - acknowledged);
    const advice = advisor.update(now, sent, sent, 0, false);
    if (advice !== undefined) told.push(now);
  }
  expect(told.length).toBeGreaterThan(0);
  expect(told.filter((at) => at > 60_000)).toEqual([]);
});
