import { describe, expect, test } from 'vitest';
import type { BitrateAdvice } from '../../protocol/stream.js';
import { BitrateAdvisor } from './bitrate-advisor.js';

const FRAME_MS = 40;
/** Bytes that the kernel takes before it says "no more". */
const KERNEL = 100_000;

interface Told extends BitrateAdvice {
  readonly at: number;
}

/**
 * A source of 25 frames a second, a queue, the kernel's buffer, and a link; rates in bit/s. The encoder
 * follows what it is advised, up to what it would like to give.
 */
class Simulation {
  readonly told: Told[] = [];
  /** Length of the queue, in ms of media at its rate. */
  backlog = 0;
  rate: number;
  follows = true;
  readonly #advisor = new BitrateAdvisor();
  #now = 0;
  #offered = 0;
  #sent = 0;
  #queue = 0;
  #kernel = 0;

  /** Bytes of the kernel's buffer, and the part of it that must be free before a full one takes more. */
  readonly #kernelSize: number;
  readonly #kernelLump: number;
  #kernelIsFull = false;

  constructor(rate: number, kernelSize = KERNEL, kernelLump = 0) {
    this.rate = rate;
    this.#kernelSize = kernelSize;
    this.#kernelLump = kernelLump;
  }

  /** @param capacity of the link, by the time in ms */
  run(seconds: number, capacity: (now: number) => number): this {
    const end = this.#now + seconds * 1000;
    for (; this.#now < end; this.#now += FRAME_MS) this.#frame(capacity(this.#now));
    return this;
  }

  idle(seconds: number): this {
    this.#now += seconds * 1000;
    this.#queue = 0;
    this.#kernel = 0;
    return this;
  }

  last(): Told {
    return this.told.at(-1)!;
  }

  #frame(capacity: number): void {
    const bytes = (this.rate * FRAME_MS) / 8000;
    this.#offered += bytes;
    this.#queue += bytes;
    this.#kernel = Math.max(0, this.#kernel - (capacity * FRAME_MS) / 8000);
    const free = this.#kernelSize - this.#kernel;
    if (this.#kernelIsFull && free >= this.#kernelSize * this.#kernelLump) this.#kernelIsFull = false;
    const taken = this.#kernelIsFull ? 0 : Math.min(this.#queue, free);
    if (taken === free) this.#kernelIsFull = true;
    this.#queue -= taken;
    this.#kernel += taken;
    this.#sent += taken;
    this.backlog = this.#queue < 1 ? 0 : (this.#queue / bytes) * FRAME_MS;
    const advice = this.#advisor.update(this.#now, this.#offered, this.#sent, this.backlog, false);
    if (advice === undefined) return;
    this.told.push({ ...advice, at: this.#now });
    if (this.follows) this.rate = advice.bitrate;
  }
}

const steady =
  (capacity: number): (() => number) =>
  () =>
    capacity;

describe('a bit rate advisor', () => {
  test('says nothing while the connection keeps up', () => {
    expect(new Simulation(4e6).run(120, steady(5e6)).told).toEqual([]);
  });

  test('says nothing of jitter that the buffers absorb', () => {
    const jitter = (now: number): number => (now % 400 < 200 ? 2e6 : 8e6);
    expect(new Simulation(4e6).run(120, jitter).told).toEqual([]);
  });

  test('advises less than a link carries that has become slower, and the backlog goes', () => {
    const simulation = new Simulation(4e6).run(10, steady(8e6)).run(10, steady(2e6));
    const [first] = simulation.told;
    expect(first!.reason).toBe('congested');
    expect(first!.at).toBeLessThan(14_000);
    expect(first!.throughput).toBeGreaterThan(1.8e6);
    expect(first!.throughput).toBeLessThan(2.6e6);
    expect(first!.bitrate).toBeCloseTo(first!.throughput * 0.85, -2);
    expect(simulation.run(10, steady(2e6)).backlog).toBeLessThan(300);
  });

  test('finds its way back in steps when the link is as fast as before, and then rests', () => {
    const simulation = new Simulation(4e6).run(10, steady(8e6)).run(10, steady(2e6));
    const before = simulation.told.length;
    simulation.run(120, steady(8e6));
    const after = simulation.told.slice(before);
    expect(after.at(-1)).toMatchObject({ reason: 'recovered', bitrate: 4e6 });
    for (const { reason } of after.slice(0, -1)) expect(reason).toBe('recovering');
    const rates = after.map(({ bitrate }) => bitrate);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    expect(simulation.rate).toBe(4e6);
  });

  test('tries for more less and less often when it does not fit', () => {
    const simulation = new Simulation(4e6).run(600, steady(2e6));
    const congested = simulation.told.filter(({ reason }) => reason === 'congested').map(({ at }) => at);
    const gaps = congested.slice(1).map((at, i) => at - congested[i]!);
    expect(gaps.at(-1)).toBeGreaterThan(60_000);
    expect(simulation.told.length).toBeLessThan(30);
    for (const { bitrate } of simulation.told) expect(bitrate).toBeLessThan(2.5e6);
  });

  test('goes down at most once in two seconds, and not for a little', () => {
    const falling = (now: number): number => Math.max(4e5, 4e6 - now * 100);
    const simulation = new Simulation(4e6).run(60, falling);
    const times = simulation.told.map(({ at }) => at);
    expect(times.length).toBeGreaterThan(2);
    for (const [i, at] of times.slice(1).entries()) expect(at - times[i]!).toBeGreaterThanOrEqual(2000);
    const down = simulation.told.filter(({ reason }) => reason === 'congested');
    for (const [i, { bitrate }] of down.slice(1).entries())
      if (down[i]!.reason === 'congested') expect(bitrate).not.toBeCloseTo(down[i]!.bitrate, -4);
  });

  describe('behind a kernel that takes megabytes at a time, and then nothing for seconds', () => {
    const start = (): Simulation => new Simulation(8e6, 4_000_000, 1 / 3);
    const lumpTime = (capacity: number): number => (4_000_000 / 3 / capacity) * 8;

    for (const capacity of [1.6e6, 3e6, 5e6]) {
      test(`comes within a fifth of ${capacity / 1e6} Mbit/s, and stays there while the link is full`, () => {
        const simulation = start();
        simulation.run(60, steady(capacity));
        const [first] = simulation.told;
        expect(first!.reason).toBe('congested');
        // When the buffer has been full twice, the link has been measured.
        const measuredBy = first!.at + 1000 * (lumpTime(capacity) + 2);
        const settled = simulation.told.filter(({ at }) => at >= measuredBy);
        expect(simulation.told.findLast(({ at }) => at < measuredBy)!.bitrate).toBeLessThan(capacity * 1.2);
        for (const { bitrate, reason } of settled) {
          if (reason === 'congested') expect(bitrate).toBeGreaterThan(capacity * 0.7);
        }
      });
    }

    test('follows a link that becomes faster, and one that becomes slower', () => {
      const simulation = start().run(40, steady(2e6)).run(25, steady(6e6));
      expect(simulation.rate).toBeGreaterThan(6e6 * 0.7);
      simulation.run(30, steady(2e6));
      expect(simulation.rate).toBeLessThan(2e6 * 1.2);
      expect(simulation.rate).toBeGreaterThan(2e6 * 0.5);
    });
  });

  test('takes what a source gives while it is refused for no wish', () => {
    const advisor = new BitrateAdvisor();
    let offered = 0;
    let sent = 0;
    const told: BitrateAdvice[] = [];
    // 8 Mbit/s for five seconds to a link of 2 Mbit/s; then the source is refused half of the time.
    for (let now = 0; now < 30_000; now += FRAME_MS) {
      const refused = now > 5000 && now % 1000 < 500;
      if (!refused) offered += now > 5000 ? 20_000 : 40_000;
      sent = Math.min(offered, sent + 10_000);
      const advice = advisor.update(now, offered, sent, (offered - sent) / 1000, refused);
      if (advice !== undefined) told.push(advice);
    }
    expect(told.length).toBeGreaterThan(0);
    expect(told.at(-1)!.bitrate).toBeLessThan(2.4e6);
  });

  test('repeats nothing to an encoder that does not listen', () => {
    const simulation = new Simulation(4e6);
    simulation.follows = false;
    expect(simulation.run(120, steady(2e6)).told.length).toBeLessThanOrEqual(3);
  });

  test('never advises nothing, however long the link stands still', () => {
    const simulation = new Simulation(4e6).run(10, steady(8e6)).run(60, steady(0));
    expect(simulation.last().bitrate).toBeGreaterThanOrEqual(64_000);
  });

  test('says nothing while the source is idle, and does not take the gap for a slow link', () => {
    const simulation = new Simulation(4e6).run(10, steady(8e6)).idle(60).run(10, steady(8e6));
    expect(simulation.told).toEqual([]);
  });

  test('does not take a backlog for a slow link that another connection has left behind', () => {
    const advisor = new BitrateAdvisor();
    let offered = 0;
    let sent = 0;
    const told: (BitrateAdvice | undefined)[] = [];
    // Ten seconds without a connection; then what has waited goes out at 16 Mbit/s.
    for (let now = 0; now < 20_000; now += FRAME_MS) {
      offered += 20_000;
      if (now === 10_000) advisor.restart();
      if (now < 10_000) continue;
      sent = Math.min(offered, sent + 80_000);
      told.push(advisor.update(now, offered, sent, ((offered - sent) / 20_000) * FRAME_MS, false));
    }
    expect(told.filter((advice) => advice !== undefined)).toEqual([]);
  });
});
