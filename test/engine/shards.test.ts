// Number of worker threads, and the spread of channels over them.

import { availableParallelism } from 'node:os';
import { PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { cameraPackets, trySend } from './camera.js';
import { closeEmpty, expectWhole } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();

test('a few channels share one thread, and the next thread is used when each has 256', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 512 });
  const threads = Math.min(2, availableParallelism());
  const channels = Array.from({ length: 257 }, (_, i) => engine.openChannel({ url: receiver.url(`c${i}`) }));
  expect(engine.stats().channelsByShard).toEqual(threads === 1 ? [257] : [256, 1]);
  await Promise.all(channels.map((channel) => channel.connected()));
  for (const channel of [channels[0]!, channels[256]!])
    for (const packet of packets) expect(trySend(channel, packet)).toBe(true);
  await Promise.all(channels.map((channel) => channel.close()));
  expectWhole(receiver.stream('c0'), packets);
  expectWhole(receiver.stream('c256'), packets);
  await closeEmpty(engine);
});

test('no more threads are started than the channels that there can be may need', async () => {
  const engine = await PushEngine.create({ maxConnections: 256 });
  expect(engine.stats().channelsByShard).toEqual([0]);
  await closeEmpty(engine);
});

test('as many threads as the caller asks for share the channels evenly', async () => {
  const engine = await PushEngine.create({ maxConnections: 6, shards: 3 });
  const channels = Array.from({ length: 6 }, () => engine.openChannel({ url: 'rtmp://127.0.0.1:1/live/a' }));
  expect(engine.stats().channelsByShard).toEqual([2, 2, 2]);
  await Promise.all(channels.map((channel) => channel.close()));
  await closeEmpty(engine);
});
