// Statistics of an engine about itself.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import { type CameraPacket, cameraPackets, sendOne } from './camera.js';
import { closeEmpty } from './expectations.js';
import { GatedProxy } from './gated-proxy.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const WINDOW = 2_500_000;

/** The clip over and over, on one clock. */
function* forever(): Generator<CameraPacket> {
  for (let loop = 0; ; loop++)
    for (const packet of packets) yield { ...packet, pts: packet.pts + loop * 3200 };
}

test('a destination tells its bit rate, what the server has yet to acknowledge, and how long connecting took', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({ url: receiver.url('a') });
  const [destination] = channel.destinations;
  expect(destination!.stats()).toMatchObject({ bitRate: 0, timings: undefined });
  await channel.connected();
  const { timings, unacknowledgedBytes, acknowledgementLag } = destination!.stats();
  for (const stage of ['tcp', 'handshake', 'connect', 'createStream', 'publish'] as const)
    expect(timings![stage]).toBeGreaterThan(0);
  expect(timings).not.toHaveProperty('tls');
  expect({ unacknowledgedBytes, acknowledgementLag }).toEqual({
    unacknowledgedBytes: undefined,
    acknowledgementLag: undefined,
  });
  for (const packet of forever()) {
    await sendOne(channel, packet);
    const { bitRate, bytesSent, unacknowledgedBytes: unacknowledged } = destination!.stats();
    if (bitRate > 0 && unacknowledged !== undefined && bytesSent > 2 * WINDOW) break;
    if (packet.pts % 400 === 0) await setTimeout(1);
  }
  const stats = destination!.stats();
  expect(stats.unacknowledgedBytes).toBeLessThan(stats.bytesSent);
  expect(stats.acknowledgementLag).toBeGreaterThanOrEqual(0);
  expect(channel.stats().bitRate).toBeGreaterThan(0);
  expect(engine.stats().bitRate).toBeGreaterThan(0);
  await channel.close();
  expect(channel.stats()).toMatchObject({ bitRate: 0, queuedBytes: 0 });
  await closeEmpty(engine);
});

test('the bit rate falls when nothing is sent any more', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({ url: receiver.url('a') });
  await channel.connected();
  for (const packet of forever()) {
    await sendOne(channel, packet);
    if (packet.pts % 400 === 0) await setTimeout(1);
    if (channel.stats().bitRate > 0) break;
  }
  const { bitRate } = channel.stats();
  await vi.waitFor(() => expect(channel.stats().bitRate).toBeLessThan(bitRate), { timeout: 5000 });
  await closeEmpty(engine);
});

test('the time that a channel was paused grows until it is resumed', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using path = await GatedProxy.listen(receiver.port);
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({
    url: `rtmp://127.0.0.1:${path.port}/live/a`,
    highWatermark: { bytes: 200_000 },
    closeTimeout: 60_000,
  });
  await channel.connected();
  expect(channel.stats().pausedMs).toBe(0);
  path.stall();
  const paused = once(channel, 'pause');
  for (const { kind, data, pts } of forever()) {
    if (kind === 'video' && !channel.sendVideo(data, { pts })) break;
    if (pts % 400 === 0) await setTimeout(1);
  }
  await paused;
  const pausedFor = () => channel.stats().pausedMs;
  const first = await waitFor('a pause that lasts', 60_000, () => pausedFor() || undefined);
  await waitFor('a longer pause', 60_000, () => pausedFor() > first || undefined);
  path.flow();
  // Packets on their way to the shard may have it pause once more.
  const isIdle = () => !channel.paused && channel.stats().queuedBytes === 0;
  await waitFor('an empty queue', 60_000, () => isIdle() || undefined);
  const { pauses, pausedMs: after } = channel.stats();
  expect(after).toBeGreaterThan(first);
  await setTimeout(5);
  expect(channel.stats()).toMatchObject({ pauses, pausedMs: after });
  channel.abort();
  await closeEmpty(engine);
});

test('an engine adds up its channels, those that are over included', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2 });
  const pictures = packets.filter(({ kind }) => kind === 'video').length;
  for (const name of ['a', 'b']) {
    const channel = engine.openChannel({ url: receiver.url(name) });
    for (const packet of packets) await sendOne(channel, packet);
    await channel.close();
  }
  const open = engine.openChannel({ url: receiver.url('c') });
  for (const packet of packets) await sendOne(open, packet);
  await vi.waitFor(() => expect(engine.stats().totals.videoFrames).toBe(3 * pictures), 20_000);
  await open.close();
  const { totals } = engine.stats();
  expect(totals).toMatchObject({ videoFrames: 3 * pictures, packetsLost: 0, pauses: 0, reconnects: 0 });
  expect(totals.bytesSent).toBeGreaterThan(0);
  expect(Object.keys(totals)).not.toContain('state');
  await closeEmpty(engine);
  expect(engine.stats().totals).toEqual(totals);
});
