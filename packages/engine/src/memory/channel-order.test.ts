import { describe, expect, test } from 'vitest';
import { ChannelOrder } from './channel-order.js';
import { Command, newRing, RingConsumer, RingProducer } from './ring.js';

const SLOTS = 4096;

/** Packets of these channels, in this order, in a ring that has been round once. */
function ringOf(channels: readonly number[]): RingConsumer {
  const memory = newRing(SLOTS);
  const producer = new RingProducer(memory);
  const consumer = new RingConsumer(memory);
  for (let i = 0; i < SLOTS - 1; i++) producer.push(Command.video, 0, 0, 0, 0, 0, 0, 0, 0);
  consumer.commit(SLOTS - 1);
  for (const channel of channels) producer.push(Command.video, channel, 0, 0, 0, 0, 0, 0, 0);
  return consumer;
}

describe('ChannelOrder', () => {
  test('puts the descriptors of a channel together, in the order in which they came', () => {
    const ring = ringOf([7, 3, 7, 500, 3, 7]);
    expect([...new ChannelOrder().sort(ring, 6).subarray(0, 6)]).toEqual([0, 2, 5, 1, 4, 3]);
  });

  test('leaves alone what came after the oldest that it is asked for', () => {
    const ring = ringOf([1, 2, 1, 2]);
    expect([...new ChannelOrder().sort(ring, 3).subarray(0, 3)]).toEqual([0, 2, 1]);
  });

  test('remembers nothing of the time before', () => {
    const ring = ringOf([5, 6, 5, 6, 5]);
    const order = new ChannelOrder();
    order.sort(ring, 3);
    ring.commit(3);
    expect([...order.sort(ring, 2).subarray(0, 2)]).toEqual([0, 1]);
  });

  test('sorts as many as the ring can hold, and any channel', () => {
    const channels = Array.from({ length: SLOTS }, (_, i) => (i * 7919) % 65_535);
    const order = [...new ChannelOrder().sort(ringOf(channels), SLOTS).subarray(0, SLOTS)];
    expect(order.toSorted((a, b) => a - b)).toEqual(channels.map((_, i) => i));
  });
});
