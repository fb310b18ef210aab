// An engine that has nothing to do does nothing.

import { setTimeout } from 'node:timers/promises';
import { PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { cameraPackets, sendOne } from './camera.js';
import { closeEmpty } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const CHANNELS = 20;
const WINDOW_MS = 1000;
/** A timer of a millisecond, or a loop, on any thread takes many times as much. */
const ALLOWED_MS = 50;
/** In any one of them the rest of the process may have something to do. */
const WINDOWS = 8;

/** CPU time of all threads in a second, in ms. */
async function cpuOfWindow(): Promise<number> {
  const before = process.cpuUsage();
  await setTimeout(WINDOW_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test('open channels cost no CPU time while nothing is sent: publishing, waiting for an attempt, and paused', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using stalled = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
  const engine = await PushEngine.create({ maxConnections: CHANNELS + 2, shards: 2 });
  const channels = Array.from({ length: CHANNELS }, (_, i) =>
    engine.openChannel({ url: receiver.url(`${i}`) }),
  );
  const reconnect = { initialDelay: 3_600_000, maxDelay: 3_600_000 };
  const waiting = engine.openChannel({ url: 'rtmp://127.0.0.1:1/live/a', reconnect });
  const paused = engine.openChannel({ url: stalled.url('a'), highWatermark: { bytes: 100_000 } });
  await Promise.all([...channels, paused].map((channel) => channel.connected()));
  for (const packet of packets) for (const channel of channels) await sendOne(channel, packet);
  for (let pts = 0; paused.sendVideo(packets[0]!.data, { pts }); pts += 40) await setTimeout(1);
  const windows: number[] = [];
  while (windows.length < WINDOWS && !windows.some((ms) => ms < ALLOWED_MS))
    windows.push(await cpuOfWindow());
  expect(Math.min(...windows)).toBeLessThan(ALLOWED_MS);
  for (const channel of [waiting, paused]) channel.abort();
  await closeEmpty(engine);
});

test('an engine that is up keeps no timer on its caller', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const engine = await PushEngine.create({ maxConnections: 2, shards: 2 });
  // Those of the test runner come and go.
  for (let i = 0; i < 20 && timers() > before; i++) await setTimeout(50);
  expect(timers()).toBeLessThanOrEqual(before);
  await closeEmpty(engine);
});
