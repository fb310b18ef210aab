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

test('the replacement of a dead worker may die as well, even while it starts', async () => {
  await using receiver = await RecordingReceiver.listen();
  const started = vi.spyOn(Worker.prototype, 'postMessage');
  const engine = await PushEngine.create({ maxConnections: 2, shards: 1 });
  const threads = (): Worker[] => [...new Set(started.mock.contexts as unknown as Worker[])];
  await threads()[0]!.terminate();
  await vi.waitFor(() => expect(threads()).toHaveLength(2));
  await threads()[1]!.terminate();
  const open = (): Channel => engine.openChannel({ url: receiver.url('a') });
  const channel = await vi.waitFor(
    async () => {
      const opened = open();
      await opened.connected();
      return opened;
    },
    { timeout: 20_000, interval: 200 },
  );
  for (const packet of packets) await sendOne(channel, packet);
  expect((await channel.close()).clean).toBe(true);
  await closeEmpty(engine);
}, 30_000);

test('a channel on another worker that waited for memory gets that of the dead one', async () => {
  // A server that never answers: what is sent to it stays in the pool.
  await using silent = await RecordingReceiver.listen({ handshake: 'silent' });
  await using receiver = await RecordingReceiver.listen();
  const posted = vi.spyOn(Worker.prototype, 'postMessage');
  const engine = await PushEngine.create({ maxConnections: 2, shards: 2, poolSize: 1024 * 1024 });
  const threads = [...new Set(posted.mock.contexts as unknown as Worker[])];
  const highWatermark = { bytes: 64_000_000, ms: 1_000_000_000 };
  const stuck = engine.openChannel({ url: silent.url('a'), highWatermark, connectTimeout: 60_000 });
  const other = engine.openChannel({ url: receiver.url('b') });
  await other.connected();
  for (let pts = 0; stuck.sendVideo(packets[0]!.data, { pts }); ) pts += 40;
  // Larger than what the other one has left to borrow.
  expect(other.sendVideo(new Uint8Array(400_000), { pts: 0 })).toBe(false);
  await threads[0]!.terminate();
  await other.writable();
  expect((await stuck.close()).error?.code).toBe('ERR_CLOUDPUSH_SHARD_DIED');
  for (const packet of packets.slice(0, 20)) await sendOne(other, packet);
  expect((await other.close()).clean).toBe(true);
  await closeEmpty(engine);
}, 20_000);

test('an engine whose workers are dead still closes', async () => {
  const { engine, threads } = await engineWithThreads(1);
  const channel = engine.openChannel({ url: 'rtmp://127.0.0.1:1/live/a', reconnect: true });
  const ended = closed(channel);
  await threads[0]!.terminate();
  await ended;
  await closeEmpty(engine);
});
