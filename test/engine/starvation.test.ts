// Peers that do not read keep what they hold; what the others need is there all the same.

import { setTimeout } from 'node:timers/promises';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { type CameraPacket, cameraPackets, sendOne, trySend } from './camera.js';
import { closeEmpty, expectWhole } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const video = cameraPackets().filter(({ kind }) => kind === 'video');
const STALLED = 30;
const POOL = 4 * 1024 * 1024;

/** The clip with key frames of at least `bytes`: the last NAL unit of each is made longer. */
function withKeyFramesOf(bytes: number): CameraPacket[] {
  return video.map((packet) => {
    if (!packet.keyFrame) return packet;
    const data = Buffer.concat([packet.data, Buffer.alloc(bytes, 0x55)]);
    return { ...packet, data };
  });
}

/** Sends the clip over and over on each channel, until it is full. */
async function sendUntilFull(engine: PushEngine, channels: readonly Channel[]): Promise<void> {
  await Promise.all(channels.map((channel) => fill(engine, channel)));
}

/**
 * A channel is full that does not take the next picture although it has time to drain, or that has begun to
 * drop.
 */
async function fill(engine: PushEngine, channel: Channel): Promise<void> {
  let refusals = 0;
  // While its thread waits for a processor it looks full, and is not.
  for (let count = 0; refusals < 5 || !isCrowded(engine); ) {
    const packet = video[count % video.length]!;
    const pts = packet.pts + Math.floor(count / video.length) * 3200;
    if (trySend(channel, { ...packet, pts })) {
      refusals = 0;
      count++;
      // Every channel has its turn.
      if (count % 10 === 0) await setTimeout(0);
      if (count % 100 === 0 && hasDropped(channel) && isCrowded(engine)) return;
    } else {
      refusals++;
      await setTimeout(50);
    }
  }
}

function isCrowded(engine: PushEngine): boolean {
  return engine.stats().poolBytesInUse > POOL / 4;
}

function hasDropped(channel: Channel): boolean {
  const { droppedDisposable, droppedPictures, droppedUndecodable } = channel.stats();
  return droppedDisposable + droppedPictures + droppedUndecodable > 0;
}

test.each(['reject', 'drop'] as const)(
  'a channel with large key frames is served while those of thirty servers that do not read are full (%s)',
  async (overflow) => {
    await using deaf = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 40, poolSize: POOL });
    const limits = { highWatermark: { bytes: 64 * 1024 * 1024, ms: 1_000_000_000 }, stallTimeout: 0 };
    const stalled = Array.from({ length: STALLED }, (_, i) =>
      engine.openChannel({ url: deaf.url(`${i}`), overflow, ...limits }),
    );
    await Promise.all(stalled.map((channel) => channel.connected()));
    await sendUntilFull(engine, stalled);
    expect(isCrowded(engine)).toBe(true);
    const healthy = engine.openChannel({ url: receiver.url('healthy') });
    const sent = withKeyFramesOf(150 * 1024);
    for (const packet of sent) expect(await sendOne(healthy, packet)).toBe(true);
    expect(await healthy.close()).toEqual({ clean: true, error: undefined });
    expectWhole(receiver.stream('healthy'), sent);
    for (const channel of stalled) channel.abort();
    await closeEmpty(engine);
  },
);

test('a pool that is too small for what a channel sends is told once, with the size that would do', async () => {
  await using deaf = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
  const engine = await PushEngine.create({ maxConnections: 40, poolSize: 1024 * 1024 });
  const channel = engine.openChannel({ url: deaf.url('a'), stallTimeout: 0 });
  await channel.connected();
  const problems: unknown[] = [];
  channel.on('problem', ({ error }) => problems.push([error.code, error.details['actual']]));
  for (let i = 0; i < 40; i++)
    for (const { data, pts } of withKeyFramesOf(400 * 1024)) {
      channel.sendVideo(data, { pts: pts + i * 3200 });
      await setTimeout(0);
    }
  expect(problems).toEqual([['ERR_CLOUDPUSH_POOL_TOO_SMALL', 1024 * 1024]]);
  channel.abort();
  await closeEmpty(engine);
});
