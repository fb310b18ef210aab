import { expect, test } from 'vitest';
import type { BitrateAdvice } from '../../protocol/stream.js';
import { BitrateAdvisor } from './bitrate-advisor.js';

const TICK = 100;

/**
 * A queue in front of a connection that takes so much a second and shows nothing else, by hand. Rates are in
 * bit/s.
 */
class Path {
  readonly advisor = new BitrateAdvisor();
  readonly told: (BitrateAdvice & { readonly at: number })[] = [];
  now = 0;
  #offered = 0;
  #sent = 0;
  #acknowledged = 0;

  /**
   * @param isRefused the source is refused what it gives, but for a half
   * @param acknowledges the server acknowledges what the connection takes, and the kernel takes all at once
   */
  run(
    seconds: number,
    source: number,
    capacity: number,
    { isRefused = false, acknowledges = false } = {},
  ): this {
    const end = this.now + seconds * 1000;
    for (; this.now < end; this.now += TICK) {
      this.#offered += (source * TICK) / (isRefused ? 16_000 : 8000);
      const passed = Math.min(this.#offered, this.#sent + (capacity * TICK) / 8000);
      if (acknowledges) this.#acknowledge(capacity);
      else this.#sent = passed;
      const backlog = acknowledges ? 0 : ((this.#offered - this.#sent) * 8000) / source;
      const sent = acknowledges ? this.#offered : this.#sent;
      const advice = this.advisor.update(this.now, this.#offered, sent, backlog, isRefused);
      if (advice !== undefined) this.told.push({ ...advice, at: this.now });
    }
    return this;
  }

  /** Nothing is sent, and nobody looks. */
  idle(seconds: number): this {
    this.now += seconds * 1000;
    this.#sent = this.#offered;
    return this;
  }

  /** Another connection: what has waited goes out on it. */
  reconnect(): this {
    this.advisor.restart();
    this.#acknowledged = 0;
    return this;
  }

  #acknowledge(capacity: number): void {
    this.#sent = Math.min(this.#offered, this.#sent + (capacity * TICK) / 8000);
    if (this.#sent - this.#acknowledged >= 65_536) this.#acknowledged = Math.floor(this.#sent);
    if (this.#acknowledged === 0) return;
    this.advisor.onAcknowledged(this.now, this.#acknowledged, Math.floor(this.#offered) - this.#acknowledged);
  }
}

test('what waited in the kernel for another connection is not taken for a backlog of this one', () => {
  const path = new Path()
    .run(10, 8e6, 20e6, { acknowledges: true })
    .run(1.2, 8e6, 1.6e6, { acknowledges: true });
  expect(path.told).toEqual([]);
  path.reconnect().run(30, 8e6, 20e6);
  expect(path.told).toEqual([]);
});

test('what another connection carried says nothing about how fast what waits goes out on this one', () => {
  const path = new Path().run(10, 8e6, 20e6).run(4, 8e6, 7.9e6).run(1.5, 8e6, 0);
  const { length } = path.told;
  path.reconnect().run(3, 8e6, 9e6).run(10, 8e6, 40e6);
  expect(path.told.slice(length).filter(({ reason }) => reason === 'congested')).toEqual([]);
});

test('what was carried last is told along with advice while nothing waits, until there is another connection', () => {
  const path = new Path().run(10, 4e6, 20e6).run(10, 4e6, 2e6);
  expect(path.told[0]!.reason).toBe('congested');
  path.idle(0).run(10, path.told.at(-1)!.bitrate, 20e6);
  const recovering = path.told.find(({ reason }) => reason === 'recovering')!;
  expect(recovering.throughput).toBeGreaterThan(1.8e6);
  expect(recovering.throughput).toBeLessThan(2.2e6);
  const { length } = path.told;
  path.reconnect().run(20, path.told.at(-1)!.bitrate, 20e6);
  expect(path.told[length]!.throughput).toBe(0);
});

test('a source that was idle has its connection to itself for a while before more is tried', () => {
  const path = new Path().run(10, 4e6, 20e6).run(10, 4e6, 2e6);
  const { bitrate } = path.told.at(-1)!;
  const { length } = path.told;
  path.idle(60);
  const resumed = path.now;
  path.run(10, bitrate, 20e6);
  expect(path.told[length]!.at - resumed).toBeGreaterThanOrEqual(2000);
});

test('after an idle time the source gives what it gives then, not what it gave before', () => {
  const path = new Path().run(10, 8e6, 20e6).idle(10).run(4, 1e6, 20e6).run(10, 1e6, 0.5e6);
  expect(path.told[0]!.reason).toBe('congested');
  path.idle(0).run(60, path.told.at(-1)!.bitrate, 20e6);
  for (let i = 0; i < 20 && path.told.at(-1)!.reason !== 'recovered'; i++)
    path.run(5, path.told.at(-1)!.bitrate, 20e6);
  expect(path.told.at(-1)!.reason).toBe('recovered');
  expect(path.told.at(-1)!.bitrate).toBeGreaterThan(0.9e6);
  expect(path.told.at(-1)!.bitrate).toBeLessThan(1.2e6);
});

test('a source that is refused does not wish for the less that it gives', () => {
  const path = new Path().run(10, 8e6, 20e6).run(20, 8e6, 0.5e6, { isRefused: true });
  expect(path.told[0]!.reason).toBe('congested');
  path.idle(0);
  for (let i = 0; i < 60 && path.told.at(-1)!.reason !== 'recovered'; i++)
    path.run(5, path.told.at(-1)!.bitrate, 20e6);
  expect(path.told.at(-1)!.bitrate).toBeGreaterThan(7.5e6);
});

test('a source that does not use what it was advised is not advised more, where nothing tells what gets through', () => {
  const path = new Path().run(10, 4e6, 20e6).run(10, 4e6, 2e6).idle(0);
  const { length } = path.told;
  path.run(60, 0.5 * path.told.at(-1)!.bitrate, 20e6);
  expect(path.told.slice(length)).toEqual([]);
});

test('steps grow while each holds, where nothing tells what gets through', () => {
  const path = new Path().run(10, 8e6, 20e6).run(10, 8e6, 1e6).idle(0);
  const { length } = path.told;
  for (let i = 0; i < 20; i++) path.run(5, path.told.at(-1)!.bitrate, 20e6);
  const rates = path.told.slice(length - 1, -1).map(({ bitrate }) => bitrate);
  const steps = rates.slice(1).map((rate, i) => rate / rates[i]!);
  expect(steps[0]).toBeLessThan(1.16);
  expect(Math.max(...steps)).toBeCloseTo(1.3, 2);
});

test('less is advised at most once in two seconds when acknowledgements tell of a link that becomes slower and slower', () => {
  const path = new Path().run(10, 8e6, 20e6, { acknowledges: true });
  for (let capacity = 6e6; capacity > 0.2e6; capacity *= 0.95)
    path.run(0.5, path.told.at(-1)?.bitrate ?? 8e6, capacity, { acknowledges: true });
  const times = path.told.filter(({ reason }) => reason === 'congested').map(({ at }) => at);
  expect(times.length).toBeGreaterThan(3);
  for (const [i, at] of times.slice(1).entries()) expect(at - times[i]!).toBeGreaterThanOrEqual(2000);
});

test('a link that carries more while a queue stands says so itself', () => {
  const path = new Path().run(10, 8e6, 20e6, { acknowledges: true }).run(6, 8e6, 1e6, { acknowledges: true });
  const { bitrate, at } = path.told.at(-1)!;
  path.run(4, bitrate, 4e6, { acknowledges: true });
  const next = path.told.find((advice) => advice.at > at)!;
  expect(next.reason).toBe('recovering');
  expect(path.told.at(-1)!.bitrate).toBeGreaterThan(2.5e6);
});
