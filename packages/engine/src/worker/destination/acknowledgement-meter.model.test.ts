import { expect, test } from 'vitest';
import { modelRuns } from '../../base/testing/model-runs.js';
import { seededRandom } from '../../base/testing/seeded-random.js';
import { AcknowledgementMeter } from './acknowledgement-meter.js';

interface Acknowledgement {
  readonly at: number;
  readonly total: number;
}

/** The same measurements from a list of all acknowledgements. */
class NaiveMeter {
  readonly #entries: Acknowledgement[] = [];
  #last = 0;
  #total = 0;
  #step = 0;
  #isTrusted = true;
  #inFlight = 0;
  #behind = 0;
  #clearAt = Number.NEGATIVE_INFINITY;
  #least: [now: number, before: number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  #periodBegan = Number.NEGATIVE_INFINITY;

  get isTelling(): boolean {
    return this.#isTrusted && this.#entries.length > 2 && this.#step <= 1_048_576;
  }

  update(at: number, acknowledged: number, inFlight: number): void {
    this.#inFlight = inFlight;
    if (acknowledged !== this.#last) this.#note(at, (acknowledged - this.#last + 2 ** 32) % 2 ** 32);
    this.#last = acknowledged;
    const { excess } = this;
    if (excess === 0) this.#clearAt = at;
    if (at - this.#periodBegan > 10_000 && excess <= this.#step) {
      this.#least = [inFlight, this.#least[0]];
      this.#periodBegan = at;
    }
    this.#least[0] = Math.min(this.#least[0], inFlight);
  }

  get excess(): number {
    const least = Math.min(...this.#least);
    if (!this.isTelling || least === Number.POSITIVE_INFINITY) return 0;
    return Math.max(0, this.#behind - 0.25 * this.#step - least, this.#inFlight - 1.5 * this.#step - least);
  }

  throughput(now: number): number | undefined {
    if (!this.isTelling) return undefined;
    const latest = this.#entries.at(-1)!;
    const clear = Math.min(this.#clearAt, latest.at - 750);
    const rate = this.#rateFrom(Math.max(latest.at - 2500, clear), latest.at, 0);
    const silent = now - latest.at;
    if (silent >= 1000) return Math.min(rate, (1000 * this.#step) / silent);
    return Math.min(rate, this.#rateFrom(now - 1000, now, this.#step));
  }

  carried(now: number): number {
    if (!this.isTelling) return 0;
    const latest = this.#entries.at(-1)!.at;
    return this.#rateFrom(Math.min(now, latest) - 1000, latest, 0);
  }

  /** From the first acknowledgement at that time or later, but the newest. */
  #rateFrom(time: number, to: number, more: number): number {
    const from = this.#entries.slice(0, -1).find(({ at }) => at >= time) ?? this.#entries.at(-2)!;
    return (1000 * (this.#entries.at(-1)!.total - from.total + more)) / Math.max(1, to - from.at);
  }

  #note(at: number, grown: number): void {
    this.#behind = this.#inFlight;
    if (this.#entries.length > 0) {
      if (grown > 2 ** 28) this.#isTrusted = false;
      this.#total += grown;
      this.#step = Math.max(grown, 0.8 * this.#step);
    }
    const [before, latest] = this.#entries.slice(-2);
    if (before !== undefined && latest !== undefined && latest.at - before.at < 90) this.#entries.pop();
    this.#entries.push({ at, total: this.#total });
  }
}

test('a meter that remembers little measures what one measures that remembers all', () => {
  let queues = 0;
  for (let seed = 1; seed <= modelRuns(100); seed++) {
    const random = seededRandom(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const [window, source] = [pick([16_384, 65_536, 262_144, 1_048_576]), pick([20_000, 200_000, 1_000_000])];
    const meter = new AcknowledgementMeter();
    let naive = new NaiveMeter();
    let [sent, received, acknowledged, capacity] = [0, 0, 0, 2 * source];
    // Sequence numbers wrap.
    const first = pick([0, 2 ** 32 - 3_000_000]);
    for (let i = 0, now = 0; i < 700; i++) {
      const elapsed = pick([20, 30, 45, 90, 90, 100, 250, random() < 0.02 ? 1500 : 20]);
      now += elapsed;
      if (random() < 0.01) capacity = pick([0, 0.2 * source, 0.9 * source, 3 * source]);
      sent += (source * elapsed * random()) / 500;
      received = Math.min(sent, received + (capacity * elapsed) / 1000);
      if (received - acknowledged >= window) acknowledged = Math.floor(received);
      const absurd = random() < 0.0003 ? pick([2 ** 28, 2 ** 28 + 1, 2 ** 31]) : 0;
      if (random() < 0.002) {
        meter.restart();
        naive = new NaiveMeter();
      }
      const sequenceNumber = acknowledged === 0 ? 0 : (first + acknowledged + absurd) % 2 ** 32;
      meter.update(now, sequenceNumber, Math.floor(sent - acknowledged));
      naive.update(now, sequenceNumber, Math.floor(sent - acknowledged));
      const later = now + pick([0, 0, 300, 999, 1000, 4000]);
      const is = [meter.isTelling, meter.excess, meter.throughput(later), meter.carried(later)];
      const ought = [naive.isTelling, naive.excess, naive.throughput(later), naive.carried(later)];
      if (meter.excess > 0) queues++;
      if (!is.every((one, k) => isSame(one, ought[k]))) expect([seed, i, ...is]).toEqual([seed, i, ...ought]);
    }
  }
  expect(queues).toBeGreaterThan(modelRuns(5000));
});

function isSame(a: unknown, b: unknown): boolean {
  return a === b || Math.abs(Number(a) - Number(b)) <= 1e-6 * Math.abs(Number(b));
}
