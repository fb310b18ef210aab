// AbortSignals: each ends what it was given to, and nothing else.

import { once } from 'node:events';
import { type CloseReport, PushEngine } from '@cloudpush/engine';
import { describe, expect, test, vi } from 'vitest';
import { cameraPackets, sendOne } from './camera.js';
import { closeEmpty, expectWhole } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const aborted = expect.objectContaining({ code: 'ERR_CLOUDPUSH_ABORTED' });
/** Never reached. */
const patient = { connectTimeout: 600_000, closeTimeout: 600_000 };

describe('the signal of an engine', () => {
  test('keeps it from being made', async () => {
    expect(() => PushEngine.createSync({ signal: AbortSignal.abort() })).toThrow(aborted);
    await expect(PushEngine.create({ signal: AbortSignal.abort(new Error('not now')) })).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_ABORTED', cause: new Error('not now') }),
    );
  });

  test('gives up while its threads come up', async () => {
    const abort = new AbortController();
    const engine = PushEngine.create({ signal: abort.signal });
    abort.abort();
    await expect(engine).rejects.toEqual(aborted);
  });

  test('aborts its channels, and closes it', async () => {
    await using receiver = await RecordingReceiver.listen({ handshake: 'silent' });
    const abort = new AbortController();
    const engine = await PushEngine.create({ maxConnections: 1, signal: abort.signal });
    const channel = engine.openChannel({ url: receiver.url('a'), ...patient });
    const closed = once(channel, 'close') as Promise<[CloseReport]>;
    abort.abort();
    expect((await closed)[0]).toEqual({ clean: false, error: aborted });
    expect(() => engine.openChannel({ url: receiver.url('b') })).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_ENGINE_CLOSED' }),
    );
    await closeEmpty(engine);
  });
});

test('the signal of a destination that is added ends that one, and the others go on', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2 });
  const channel = engine.openChannel({ url: receiver.url('a') });
  const abort = new AbortController();
  const added = channel.addDestination({ url: receiver.url('b'), signal: abort.signal });
  await added.connected();
  const closed = once(added, 'close') as Promise<[CloseReport]>;
  abort.abort();
  expect((await closed)[0]).toEqual({ clean: false, error: aborted });
  expect(() => channel.addDestination({ url: receiver.url('c'), signal: abort.signal })).toThrow(aborted);
  for (const packet of packets) await sendOne(channel, packet);
  await channel.close();
  expectWhole(receiver.stream('a'), packets);
  expect(receiver.streams('c')).toEqual([]);
  await closeEmpty(engine);
});

test('a signal may fire after its channel and its destination are over', async () => {
  await using receiver = await RecordingReceiver.listen();
  const abort = new AbortController();
  const { signal } = abort;
  const engine = await PushEngine.create({ maxConnections: 2 });
  const channel = engine.openChannel({ url: receiver.url('a'), signal });
  const added = channel.addDestination({ url: receiver.url('b'), signal });
  expect(await added.close({ signal })).toEqual({ clean: true, error: undefined });
  expect(await channel.close({ signal })).toEqual({ clean: true, error: undefined });
  await engine.close({ signal });
  abort.abort();
  await closeEmpty(engine);
});

test('the signal of a close ends the wait for the server: of a channel, a destination, or the engine', async () => {
  await using receiver = await RecordingReceiver.listen({ neverCloses: true });
  const engine = await PushEngine.create({ maxConnections: 3 });
  const open = (name: string) => engine.openChannel({ url: receiver.url(name), ...patient });
  const [first, second, third] = ['a', 'b', 'c'].map(open);
  await Promise.all([first!, second!, third!].map((channel) => channel.connected()));
  const abort = new AbortController();
  const closes = [
    first!.close({ signal: abort.signal }),
    second!.destinations[0]!.close({ signal: abort.signal }),
  ];
  abort.abort();
  for (const close of closes) expect(await close).toEqual({ clean: false, error: aborted });
  expect(third!.state).toBe('publishing');
  await engine.close({ signal: AbortSignal.timeout(50) });
  expect(await third!.close()).toMatchObject({ clean: false });
  await closeEmpty(engine);
});
