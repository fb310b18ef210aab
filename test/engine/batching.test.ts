// The batching window: what comes within it leaves together, and nothing is lost or put out of order.

import { PushEngine } from '@cloudpush/engine';
import { describe, expect, test, vi } from 'vitest';
import { cameraPackets, trySend } from './camera.js';
import { closeEmpty, expectWhole } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();

describe.each([0, 1, 50, 1000])('a window of %i ms', (maxBatchDelay) => {
  test('brings all packets of all channels, in order, also when they are closed within it', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 4, maxBatchDelay });
    const names = ['a', 'b', 'c', 'd'];
    const channels = names.map((name) => engine.openChannel({ url: receiver.url(name) }));
    await Promise.all(channels.map((channel) => channel.connected()));
    engine.resetLatency();
    for (const packet of packets) for (const channel of channels) expect(trySend(channel, packet)).toBe(true);
    const reports = await Promise.all(channels.map((channel) => channel.close()));
    for (const report of reports) expect(report).toEqual({ clean: true, error: undefined });
    for (const name of names) expectWhole(receiver.stream(name), packets);
    // Packets do wait for others: a long window cannot be mistaken for none.
    if (maxBatchDelay === 1000) expect(engine.stats().latency.p50).toBeGreaterThan(100);
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
