// A channel that is closed before its connection is made, and that has nothing to send: there is nothing to
// wait for.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { PushEngine, type PushEngineOptions, type TargetRequest } from '@cloudpush/engine';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { cameraPackets } from './camera.js';
import { closeEmpty, transcript } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const [picture] = cameraPackets();
/** Never reached. */
const patient = { connectTimeout: 600_000, closeTimeout: 600_000 };
const device: TargetRequest = { kind: 'device', deviceSN: 'SN-1' };
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that takes connections and says nothing; it tells of its first connection. */
async function silentServer(): Promise<{ port: number; connected: Promise<Socket> }> {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connected = once(server, 'connection').then(([socket]) => socket as Socket);
  return { port: (server.address() as AddressInfo).port, connected };
}

describe('a channel that has sent nothing is closed at once, cleanly, and its place is free, when', () => {
  test.each([false, true])('its server does not answer (reconnect: %s)', async (reconnect) => {
    const { port, connected } = await silentServer();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: `rtmp://127.0.0.1:${port}/live/a`, reconnect, ...patient });
    const events = transcript(channel);
    const socket = await connected;
    const socketClosed = new Promise((resolve) => socket.once('close', resolve));
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    await expect(channel.connected()).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED' });
    expect(engine.stats()).toMatchObject({ channels: 0, destinations: 0 });
    await socketClosed;
    await closeEmpty(engine);
    expect(events).toEqual(['close']);
  });

  const hanging: readonly [what: string, options: (port: number) => PushEngineOptions][] = [
    ['token server', (port) => ({ tokenServer: `http://127.0.0.1:${port}/token` })],
    ['token provider', () => ({ tokenProvider: () => new Promise(() => {}) })],
  ];
  test.each(hanging)('its %s does not answer', async (what, options) => {
    const { port, connected } = await silentServer();
    const engine = await PushEngine.create({ maxConnections: 1, ...options(port) });
    const channel = engine.openChannel({ target: device, ...patient });
    if (what === 'token server') await connected;
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expect(engine.stats()).toMatchObject({ channels: 0, destinations: 0 });
    await closeEmpty(engine);
  });

  test('its turn to connect has not come', async () => {
    const { port, connected } = await silentServer();
    const engine = await PushEngine.create({ maxConnections: 2, maxConnecting: 1, shards: 1 });
    const url = `rtmp://127.0.0.1:${port}/live/a`;
    const [first, second] = [
      engine.openChannel({ url, ...patient }),
      engine.openChannel({ url, ...patient }),
    ];
    await connected;
    expect(await second.close()).toEqual({ clean: true, error: undefined });
    expect(await first.close()).toEqual({ clean: true, error: undefined });
    await closeEmpty(engine);
  });

  test('its thread is not up yet', async () => {
    const { port } = await silentServer();
    const engine = PushEngine.createSync({ maxConnections: 1 });
    const channel = engine.openChannel({ url: `rtmp://127.0.0.1:${port}/live/a`, ...patient });
    const [report] = await Promise.all([channel.close(), closeEmpty(engine)]);
    expect(report).toEqual({ clean: true, error: undefined });
  });

  test('its engine is closed', async () => {
    const { port, connected } = await silentServer();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: `rtmp://127.0.0.1:${port}/live/a`, ...patient });
    const closed = once(channel, 'close');
    await connected;
    await closeEmpty(engine);
    expect(await closed).toEqual([{ clean: true, error: undefined }]);
  });
});

test('a destination that has been sent nothing is closed at once, and the others go on', async () => {
  const { port, connected } = await silentServer();
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2 });
  const channel = engine.openChannel({ url: receiver.url('a') });
  const other = channel.addDestination({ url: `rtmp://127.0.0.1:${port}/live/a`, ...patient });
  await Promise.all([channel.connected(), connected]);
  expect(await other.close()).toEqual({ clean: true, error: undefined });
  expect(engine.stats()).toMatchObject({ channels: 1, destinations: 1 });
  expect(channel.sendVideo(picture!.data, { pts: 0 })).toBe(true);
  expect(await channel.close()).toEqual({ clean: true, error: undefined });
  await closeEmpty(engine);
});

test('what was accepted is still waited for', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = PushEngine.createSync({ maxConnections: 1 });
  const channel = engine.openChannel({ url: receiver.url('a') });
  expect(channel.sendVideo(picture!.data, { pts: 0 })).toBe(true);
  expect(await channel.close()).toEqual({ clean: true, error: undefined });
  expect(receiver.stream('a').messages.length).toBeGreaterThan(0);
  await closeEmpty(engine);
});

test('a loss that was being mended when the channel was closed is told', async () => {
  const receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({ url: receiver.url('a'), reconnect: { initialDelay: 1 }, ...patient });
  await channel.connected();
  const lost = once(channel, 'disconnect');
  await receiver[Symbol.asyncDispose]();
  await lost;
  const { clean, error } = await channel.close();
  expect(clean).toBe(false);
  expect(error).toBeDefined();
  await closeEmpty(engine);
});
