import { expect, test } from 'vitest';
import { modelRuns } from '../../base/testing/model-runs.js';
import { seededRandom } from '../../base/testing/seeded-random.js';
import { ThroughputMeter } from './throughput-meter.js';

interface Moment {
  readonly at: number;
  readonly sent: number;
}

/**
 * The same measurement from a list of all that happened: slow, and with nothing kept that can be worked out.
 */
class NaiveMeter {
  measured: number | undefined;
  /** When the buffer was full, and each time that it took more. */
  #backlog: Moment[] = [];
  #wasFull: Moment | undefined;
  #sinceFull: number | undefined;
  #largestLump = 1_400_000;

  update(at: number, sent: number, waiting: boolean): void {
    if (!waiting) {
      if (this.measured !== undefined) this.#wasFull = this.#backlog[0];
      this.measured = undefined;
      this.#backlog = [];
      return;
    }
    if (this.#backlog.length === 0) {
      this.#backlog = [{ at, sent }];
      const before = this.#wasFull;
      const isKnown = before !== undefined && at - before.at >= 2000 && at - before.at <= 30_000;
      this.#sinceFull = isKnown ? rate(before, { at, sent }) : undefined;
      return;
    }
    const [anchor, last] = [this.#backlog[0]!, this.#backlog.at(-1)!];
    const isLump = last.sent - anchor.sent >= 0.5 * this.#largestLump && last.at - anchor.at >= 1000;
    if (at - last.at > 60 && isLump) this.#measure();
    if (sent === this.#backlog.at(-1)!.sent) return;
    this.#backlog.push({ at, sent });
    const isSteady = this.#gaps().every((gap) => gap <= 250);
    if (isSteady && at - this.#backlog[0]!.at >= 2000) this.#measure();
  }

  throughput(now: number): number | undefined {
    const [anchor, last] = [this.#backlog[0], this.#backlog.at(-1)];
    if (anchor === undefined || last === undefined) return undefined;
    const known = this.measured ?? this.#sinceFull ?? Number.POSITIVE_INFINITY;
    const room = Math.max(this.#largestLump, this.measured === undefined ? 0 : 2 * this.measured);
    return Math.min(known, ((last.sent - anchor.sent + room) * 1000) / Math.max(1, now - anchor.at));
  }

  #gaps(): number[] {
    return this.#backlog.slice(1).map(({ at }, i) => at - this.#backlog[i]!.at);
  }

  #measure(): void {
    const [anchor, last] = [this.#backlog[0]!, this.#backlog.at(-1)!];
    const weight = 1 - Math.exp(-(last.at - anchor.at) / 1000);
    const before = this.measured ?? rate(anchor, last);
    this.measured = before + (rate(anchor, last) - before) * weight;
    const beforeLump = this.#gaps().findLastIndex((gap) => gap > 60);
    const lump = last.sent - this.#backlog[Math.max(0, beforeLump)]!.sent;
    this.#largestLump = Math.max(lump, 0.7 * this.#largestLump);
    this.#backlog = [last];
  }
}

function rate(from: Moment, to: Moment): number {
  return ((to.sent - from.sent) * 1000) / (to.at - from.at);
}

/** Also exactly the lengths that make a difference. */
const STEPS = [20, 20, 40, 60, 60, 80, 250, 260, 500];

test('a meter that remembers little measures what one measures that remembers all', () => {
  let measurements = 0;
  for (let seed = 1; seed <= modelRuns(100); seed++) {
    const random = seededRandom(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const [steps, grows, lump] = [
      pick([[20], [20, 60], STEPS]),
      pick([1, 0.9, 0.3]),
      pick([4000, 100_000, 700_000]),
    ];
    const meter = new ThroughputMeter();
    let naive = new NaiveMeter();
    let sent = 0;
    for (let i = 0, now = 0; i < 600; i++) {
      now += random() < 0.005 ? pick([2000, 10_000, 30_000, 31_000]) : pick(steps);
      if (random() < grows) sent += pick([lump, 20]);
      const waiting = random() > 0.01;
      if (random() < 0.003) {
        meter.restart();
        naive = new NaiveMeter();
      }
      meter.update(now, sent, waiting);
      naive.update(now, sent, waiting);
      const later = now + pick([0, 20, 1000, 20_000]);
      const [is, ought] = [meter.throughput(later), naive.throughput(later)];
      if (meter.isMeasured) measurements++;
      if (meter.isMeasured !== (naive.measured !== undefined) || !isSame(is, ought))
        expect([seed, i, is, meter.isMeasured]).toEqual([seed, i, ought, naive.measured !== undefined]);
    }
  }
  expect(measurements).toBeGreaterThan(modelRuns(5000));
});

function isSame(a: number | undefined, b: number | undefined): boolean {
  return a === b || Math.abs(a! - b!) <= 1e-9 * Math.abs(b!);
}
