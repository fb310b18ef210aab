// The batching window: what comes within it leaves together, and nothing is lost or put out of order.

import { setTimeout } from 'node:timers/promises';
import { PushEngine } from '@cloudpush/engine';
import { describe, expect, test, vi } from 'vitest';
import { cameraPackets, trySend } from './camera.js';
import { closeEmpty, expectWhole } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();

const LONGEST = 1000;
const HALF_LONGEST = LONGEST / 2;

describe.each([0, 1, 50, LONGEST])('a window of %i ms', (maxBatchDelay) => {
  test('brings all packets of all channels, in order, also when they are closed within it', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 4, maxBatchDelay });
    const names = ['a', 'b', 'c', 'd'];
    const channels = names.map((name) => engine.openChannel({ url: receiver.url(name) }));
    await Promise.all(channels.map((channel) => channel.connected()));
    engine.resetLatency();
    const half = packets.length >> 1;
    for (const packet of packets.slice(0, half))
      for (const channel of channels) expect(trySend(channel, packet)).toBe(true);
    await setTimeout(HALF_LONGEST);
    for (const packet of packets.slice(half))
      for (const channel of channels) expect(trySend(channel, packet)).toBe(true);
    const reports = await Promise.all(channels.map((channel) => channel.close()));
    for (const report of reports) expect(report).toEqual({ clean: true, error: undefined });
    for (const name of names) expectWhole(receiver.stream(name), packets);
    // Packets do wait for others: one of the halves waits for half of the longest window at least.
    if (maxBatchDelay === LONGEST) expect(engine.stats().latency.max).toBeGreaterThan(HALF_LONGEST / 2);
    await closeEmpty(engine);
  });
});

test('a source that fills its part of the pool within the window goes on as soon as that is over', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1, maxBatchDelay: 100, poolSize: 65_536 });
  const channel = engine.openChannel({ url: receiver.url('a') });
  await channel.connected();
  let waits = 0;
  for (const packet of packets)
    while (!trySend(channel, packet)) {
      waits++;
      await channel.writable();
    }
  expect(waits).toBeGreaterThan(0);
  await channel.close();
  expectWhole(receiver.stream('a'), packets);
  await closeEmpty(engine);
});
