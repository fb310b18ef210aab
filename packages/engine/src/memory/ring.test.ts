import { describe, expect, test } from 'vitest';
import { Command, newRing, PacketFlag, RingConsumer, RingProducer } from './ring.js';

function pair(slots: number): { producer: RingProducer; consumer: RingConsumer } {
  const memory = newRing(slots);
  return { producer: new RingProducer(memory), consumer: new RingConsumer(memory) };
}

function pushNumber(producer: RingProducer, n: number): boolean {
  return producer.push(Command.video, n, n, n, 0, 0, n, n, n);
}

/** Reads and commits what waits, at most `most` descriptors. Returns their blocks. */
function take(consumer: RingConsumer, most = Number.POSITIVE_INFINITY): number[] {
  const count = Math.min(consumer.waiting, most);
  const blocks: number[] = [];
  for (let i = 0; i < count; i++) {
    consumer.read(i);
    blocks.push(consumer.block);
  }
  consumer.commit(count);
  return blocks;
}

describe('ring', () => {
  test('carries every field of a descriptor', () => {
    const { producer, consumer } = pair(4);
    const flags = PacketFlag.keyFrameKnown | PacketFlag.encrypted;
    producer.push(Command.audio, 65_534, 67_108_862, 2_000_000_000, 1, flags, -0.125, 2 ** 52 + 1, 1234.5678);
    expect(consumer.waiting).toBe(1);
    consumer.read(0);
    const { command, channel, block, bytes, codec, dts, pts, enqueuedAt } = consumer;
    expect({ command, channel, block, bytes, codec, flags: consumer.flags, dts, pts, enqueuedAt }).toEqual({
      command: Command.audio,
      channel: 65_534,
      block: 67_108_862,
      bytes: 2_000_000_000,
      codec: 1,
      flags,
      dts: -0.125,
      pts: 2 ** 52 + 1,
      enqueuedAt: 1234.5678,
    });
    expect(consumer.channelAt(0)).toBe(65_534);
  });

  test('refuses a descriptor when it is full, and takes it when the consumer has committed', () => {
    const { producer, consumer } = pair(4);
    for (let i = 0; i < 4; i++) expect(pushNumber(producer, i)).toBe(true);
    expect(pushNumber(producer, 4)).toBe(false);
    consumer.read(0);
    // Read is not yet given back: the consumer may still look at the slot.
    expect(pushNumber(producer, 4)).toBe(false);
    consumer.commit(1);
    expect(pushNumber(producer, 4)).toBe(true);
    expect(take(consumer)).toEqual([1, 2, 3, 4]);
  });

  test('keeps the order over many rounds', () => {
    const { producer, consumer } = pair(8);
    let expected = 0;
    for (let i = 0; i < 1000; ) {
      while (pushNumber(producer, i)) i++;
      for (const block of take(consumer, 3)) expect(block).toBe(expected++);
    }
    expect(expected).toBeGreaterThan(900);
  });

  test('wakes a sleeping consumer once', () => {
    const { producer, consumer } = pair(8);
    expect(consumer.sleep()).toBe(true);
    pushNumber(producer, 0);
    expect(producer.mustWake()).toBe(true);
    pushNumber(producer, 1);
    expect(producer.mustWake()).toBe(false);
  });

  test('leaves what can wait lying for a consumer that wakes up by itself, until something comes that cannot', () => {
    const { producer, consumer } = pair(8);
    expect(consumer.sleep(true)).toBe(true);
    pushNumber(producer, 0);
    expect(producer.mustWake(true)).toBe(false);
    pushNumber(producer, 1);
    expect(producer.mustWake(false)).toBe(true);
    pushNumber(producer, 2);
    expect(producer.mustWake(false)).toBe(false);
    expect(take(consumer)).toEqual([0, 1, 2]);
  });

  test('wakes a consumer that sleeps until it is called for what could wait, too', () => {
    const { producer, consumer } = pair(8);
    expect(consumer.sleep(false)).toBe(true);
    pushNumber(producer, 0);
    expect(producer.mustWake(true)).toBe(true);
  });

  test('does not call a consumer that has woken up by itself', () => {
    const { producer, consumer } = pair(8);
    consumer.sleep(true);
    consumer.wake();
    pushNumber(producer, 0);
    expect(producer.mustWake()).toBe(false);
    expect(consumer.waiting).toBe(1);
  });

  test('never disturbs a consumer that is awake', () => {
    const { producer } = pair(8);
    pushNumber(producer, 0);
    expect(producer.mustWake()).toBe(false);
  });

  test('tells a consumer that takes its time when it is half full', () => {
    const { producer, consumer } = pair(8);
    const woken: number[] = [];
    for (let i = 1; i <= 8; i++) {
      pushNumber(producer, i);
      if (producer.mustWake()) woken.push(i);
    }
    expect(woken).toEqual([4, 8]);
    take(consumer);
    pushNumber(producer, 9);
    expect(producer.mustWake()).toBe(false);
  });

  test('does not let the consumer sleep on a descriptor that has just come', () => {
    const { producer, consumer } = pair(8);
    expect(consumer.waiting).toBe(0);
    pushNumber(producer, 0);
    expect(consumer.sleep()).toBe(false);
    expect(producer.mustWake()).toBe(false);
    expect(consumer.waiting).toBe(1);
  });

  test.each([0, 1, 3, 100])('refuses %i slots, which is not a power of two', (slots) => {
    expect(() => newRing(slots)).toThrow(/power of two/);
  });

  test('keeps the times of every slot', () => {
    const { producer, consumer } = pair(2);
    for (const time of [10, 20]) producer.push(Command.video, 0, 0, 0, 0, 0, time, time + 1, time + 2);
    for (const [index, time] of [10, 20].entries()) {
      consumer.read(index);
      expect([consumer.dts, consumer.pts, consumer.enqueuedAt]).toEqual([time, time + 1, time + 2]);
    }
  });

  test('does not disturb a consumer that keeps up, however often the ring has been round', () => {
    const { producer, consumer } = pair(8);
    for (let i = 0; i < 100; i++) {
      pushNumber(producer, i);
      expect(producer.mustWake()).toBe(false);
      take(consumer);
    }
  });
});
