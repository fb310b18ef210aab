// A worker thread that dies takes its own channels with it, and nothing else.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Channel, type CloseReport, PushEngine } from '@cloudpush/engine';
import { afterEach, expect, test, vi } from 'vitest';
import { cameraPackets, sendOne } from './camera.js';
import { closeEmpty, expectWhole } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes an engine, and tells its worker threads in the order in which they were started. */
async function engineWithThreads(shards: number): Promise<{ engine: PushEngine; threads: Worker[] }> {
  const posted = vi.spyOn(Worker.prototype, 'postMessage');
  const engine = await PushEngine.create({ maxConnections: 4, shards });
  const threads = [...new Set(posted.mock.contexts as unknown as Worker[])];
  expect(threads).toHaveLength(shards);
  return { engine, threads };
}

function closed(channel: Channel): Promise<[CloseReport]> {
  return once(channel, 'close') as Promise<[CloseReport]>;
}

test('a dead worker ends its channels with the reason, leaves the others alone, and is replaced', async () => {
  await using receiver = await RecordingReceiver.listen();
  const { engine, threads } = await engineWithThreads(2);
  const channels = ['a', 'b', 'c', 'd'].map((name) => engine.openChannel({ url: receiver.url(name) }));
  await Promise.all(channels.map((channel) => channel.connected()));
  for (const packet of packets.slice(0, 60)) for (const channel of channels) await sendOne(channel, packet);
  const ends = Promise.race(channels.map(closed));
  await threads[0]!.terminate();
  await ends;
  const dead = channels.filter(({ state }) => state === 'closed');
  const alive = channels.filter(({ state }) => state === 'publishing');
  expect([dead.length, alive.length]).toEqual([2, 2]);
  for (const channel of dead) {
    expect(channel.sendVideo(packets[0]!.data, { pts: 0 })).toBe(false);
    const { clean, error } = await channel.close();
    expect([clean, error?.code, error?.class]).toEqual([false, 'ERR_CLOUDPUSH_SHARD_DIED', 'retryable']);
  }
  for (const packet of packets.slice(60)) for (const channel of alive) await sendOne(channel, packet);
  for (const channel of alive) expect((await channel.close()).clean).toBe(true);
  const names = ['a', 'b', 'c', 'd'].filter((_, i) => alive.includes(channels[i]!));
  for (const name of names) expectWhole(receiver.stream(name), packets);

  const again = ['e', 'f'].map((name) => engine.openChannel({ url: receiver.url(name) }));
  for (const packet of packets) for (const channel of again) await sendOne(channel, packet);
  for (const channel of again) expect(await channel.close()).toEqual({ clean: true, error: undefined });
  for (const name of ['e', 'f']) expectWhole(receiver.stream(name), packets);
  await closeEmpty(engine);
});

test('an engine whose workers are dead still closes', async () => {
  const { engine, threads } = await engineWithThreads(1);
  const channel = engine.openChannel({ url: 'rtmp://127.0.0.1:1/live/a', reconnect: true });
  const ended = closed(channel);
  await threads[0]!.terminate();
  await ended;
  await closeEmpty(engine);
});
