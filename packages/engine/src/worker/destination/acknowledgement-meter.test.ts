import { expect, test } from 'vitest';
import { AcknowledgementMeter } from './acknowledgement-meter.js';

const WINDOW = 256 * 1024;
const TICK = 20;

/** A server behind a buffer that hides nothing from its acknowledgements. */
class Server {
  readonly meter = new AcknowledgementMeter();
  now = 0;
  #sent = 0;
  #received = 0;
  readonly #first: number;
  readonly #window: number;

  constructor(first = 0, window = WINDOW) {
    this.#first = first;
    this.#window = window;
  }

  /** @param source and capacity in bytes a second */
  run(seconds: number, source: number, capacity: number): this {
    const end = this.now + seconds * 1000;
    for (; this.now < end; this.now += TICK) {
      this.#sent += (source * TICK) / 1000;
      this.#received = Math.min(this.#sent, this.#received + (capacity * TICK) / 1000);
      const acknowledged = Math.floor(this.#received / this.#window) * this.#window;
      const sequenceNumber = acknowledged === 0 ? 0 : (this.#first + acknowledged) >>> 0;
      this.meter.update(this.now, sequenceNumber, this.#sent - acknowledged);
    }
    return this;
  }
}

test('a path without congestion has no excess, whatever the rate', () => {
  for (const rate of [100_000, 500_000, 4_000_000]) {
    const { meter, now } = new Server().run(30, rate, 10_000_000);
    expect(meter.excess).toBe(0);
    expect(meter.throughput(now)! / rate).toBeGreaterThan(0.85);
    expect(meter.throughput(now)! / rate).toBeLessThan(1.1);
  }
});

test('what the server does not take shows within seconds, with the rate that it takes', () => {
  const server = new Server().run(10, 1_000_000, 2_000_000).run(4, 1_000_000, 200_000);
  expect(server.meter.excess).toBeGreaterThan(1_000_000);
  expect(server.meter.throughput(server.now)).toBeLessThan(240_000);
  expect(server.meter.throughput(server.now)).toBeGreaterThan(160_000);
});

test('a server that takes nothing any more has a rate that falls with time', () => {
  const server = new Server().run(10, 1_000_000, 2_000_000).run(10, 1_000_000, 0);
  expect(server.meter.throughput(server.now)).toBeLessThan(40_000);
});

test('sequence numbers that pass 2^32 go on', () => {
  const server = new Server(2 ** 32 - 2_000_000).run(10, 500_000, 1_000_000);
  expect(server.meter.isTelling).toBe(true);
  expect(server.meter.throughput(server.now)).toBeCloseTo(500_000, -5);
});

test('a server that acknowledges rarely, or starts over, tells nothing', () => {
  expect(new Server(0, 5_000_000).run(60, 1_000_000, 2_000_000).meter.isTelling).toBe(false);
  const server = new Server().run(10, 1_000_000, 2_000_000);
  expect(server.meter.isTelling).toBe(true);
  server.meter.update(server.now, 1000, 0);
  expect(server.meter.isTelling).toBe(false);
  server.meter.restart();
  expect([server.meter.isTelling, server.meter.excess]).toEqual([false, 0]);
});

test('a queue that stands is measured by what leaves it, not by what the source gave before it stood', () => {
  const server = new Server().run(10, 1_000_000, 2_000_000).run(2.5, 1_000_000, 300_000);
  expect(server.meter.throughput(server.now)).toBeLessThan(400_000);
  server.run(10, 0, 300_000).run(20, 100_000, 2_000_000);
  expect(server.meter.excess).toBe(0);
  server.run(2, 1_000_000, 2_000_000);
  expect(server.meter.throughput(server.now)).toBeGreaterThan(600_000);
});

test('what is carried is what came through in the last second, be there a queue or not', () => {
  const server = new Server(0, 16_384).run(10, 100_000, 2_000_000).run(1.2, 200_000, 2_000_000);
  expect(server.meter.carried(server.now)).toBeGreaterThan(190_000);
  server.run(1.2, 300_000, 150_000);
  expect(server.meter.carried(server.now)).toBeLessThan(165_000);
  expect(new AcknowledgementMeter().carried(0)).toBe(0);
});

test('a rate is as right with acknowledgements for every frame as with rare ones', () => {
  for (const window of [4096, 65_536, 262_144]) {
    const { meter, now } = new Server(0, window).run(20, 1_000_000, 2_000_000);
    expect(meter.throughput(now)! / 1_000_000).toBeGreaterThan(0.95);
    expect(meter.throughput(now)! / 1_000_000).toBeLessThan(1.05);
  }
});

test('a path that holds more than it did is one that does so, after a while without a queue that grows', () => {
  const meter = new AcknowledgementMeter();
  const feed = (from: number, to: number, held: number): void => {
    for (let now = from; now < to; now += TICK) {
      const sent = 400 * now;
      const received = Math.max(0, sent - held);
      meter.update(
        now,
        Math.floor(received / 65_536) * 65_536,
        sent - Math.floor(received / 65_536) * 65_536,
      );
    }
  };
  feed(0, 20_000, 10_000);
  expect(meter.excess).toBe(0);
  feed(20_000, 25_000, 60_000);
  expect(meter.excess).toBeGreaterThan(20_000);
  feed(25_000, 60_000, 60_000);
  expect(meter.excess).toBe(0);
});
