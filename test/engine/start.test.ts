// An engine that is made without waiting for its worker threads.

import type { Worker } from 'node:worker_threads';
import { PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { cameraPackets, trySend } from './camera.js';
import { closeEmpty, expectWhole } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();

test('an engine that is made synchronously takes channels and packets before its threads are up', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = PushEngine.createSync({ maxConnections: 2, shards: 2 });
  const names = ['a', 'b'];
  const channels = names.map((name) => engine.openChannel({ url: receiver.url(name) }));
  for (const packet of packets) for (const channel of channels) expect(trySend(channel, packet)).toBe(true);
  for (const channel of channels) expect(await channel.close()).toEqual({ clean: true, error: undefined });
  for (const name of names) expectWhole(receiver.stream(name), packets);
  await closeEmpty(engine);
});

test('an engine that is closed before its threads are up closes', async () => {
  const engine = PushEngine.createSync({ maxConnections: 1, shards: 2 });
  await closeEmpty(engine);
});

test('engines that are closed before their threads are up leave none behind, however many there are', async () => {
  const cycles = 80;
  const alive = new Set<Worker>();
  let started = 0;
  let most = 0;
  const onWorker = (worker: Worker): void => {
    started++;
    alive.add(worker);
    most = Math.max(most, alive.size);
    worker.once('exit', () => alive.delete(worker));
  };
  process.on('worker', onWorker);
  try {
    for (let i = 0; i < cycles; i++) {
      const engine = PushEngine.createSync({ maxConnections: 1, poolSize: 65_536, shards: 1 });
      await engine.close();
      expect(alive.size).toBe(0);
    }
    // One that is told to start in the place of another would do so a little later.
    const engine = await PushEngine.create({ maxConnections: 1, poolSize: 65_536, shards: 1 });
    await closeEmpty(engine);
    expect({ started, most, alive: alive.size }).toEqual({ started: cycles + 1, most: 1, alive: 0 });
  } finally {
    process.off('worker', onWorker);
  }
});

test('a channel that is closed before its thread is up, and has sent nothing, ends cleanly', async () => {
  const engine = PushEngine.createSync({ maxConnections: 1 });
  const channel = engine.openChannel({ url: 'rtmp://127.0.0.1:1/live/a' });
  const [{ clean }] = await Promise.all([channel.close(), closeEmpty(engine)]);
  expect(clean).toBe(true);
});

test('options that are not permitted are told at once', () => {
  expect(() => PushEngine.createSync({ shards: 0 })).toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_PARAMETER' }),
  );
});
