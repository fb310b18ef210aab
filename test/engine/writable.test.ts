// Packets that wait for room: promises, and Web streams.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Channel, type CloseReport, PushEngine, type VideoPacket } from '@cloudpush/engine';
import { describe, expect, test, vi } from 'vitest';
import { type CameraPacket, cameraPackets } from './camera.js';
import { closeEmpty, expectWhole } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const video = packets.filter(({ kind }) => kind === 'video');
const audio = packets.filter(({ kind }) => kind === 'audio');

/** The clip several times, on one clock. */
function loops(clip: readonly CameraPacket[], count: number): CameraPacket[] {
  return Array.from({ length: count }, (_, i) =>
    clip.map((packet) => ({ ...packet, pts: packet.pts + i * 3200 })),
  ).flat();
}

/** A channel to a server that reads nothing, paused. */
async function stuckChannel(): Promise<{
  engine: PushEngine;
  channel: Channel;
  receiver: RecordingReceiver;
}> {
  const receiver = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({ url: receiver.url('a'), highWatermark: { bytes: 100_000 } });
  await channel.connected();
  for (let pts = 0; channel.sendVideo(video[0]!.data, { pts }); pts += 40) await setTimeout(1);
  return { engine, channel, receiver };
}

describe('a write that waits', () => {
  test('keeps the order of all packets, though they are written at once', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 4_000_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const highWatermark = { bytes: 200_000 };
    const channel = engine.openChannel({ url: receiver.url('a'), highWatermark, closeTimeout: 60_000 });
    const sent = loops(packets, 4);
    await Promise.all(
      sent.map(({ kind, data, pts }) =>
        kind === 'video' ? channel.writeVideo(data, { pts }) : channel.writeAudio(data, { pts }),
      ),
    );
    await channel.writeData('onCuePoint', [], { pts: 4 * 3200 });
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expect(channel.stats().pauses).toBeGreaterThan(0);
    expectWhole(receiver.stream('a'), sent);
    await closeEmpty(engine);
  });

  test('ends with its signal, and those behind it wait on', async () => {
    const { engine, channel, receiver } = await stuckChannel();
    const abort = new AbortController();
    const first = channel.writeVideo(video[0]!.data, { pts: 1e6 }, { signal: abort.signal });
    const second = channel.writeVideo(video[0]!.data, { pts: 1e6 });
    const outcome = vi.fn();
    void second.catch(outcome);
    abort.abort(new Error('no longer'));
    await expect(first).rejects.toThrow('no longer');
    await expect(channel.writeVideo(video[0]!.data, { pts: 1e6 }, { signal: abort.signal })).rejects.toThrow(
      'no longer',
    );
    expect(outcome).not.toHaveBeenCalled();
    channel.abort();
    await expect(second).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED' });
    await closeEmpty(engine);
    await receiver[Symbol.asyncDispose]();
  });

  test('is refused at once when the channel takes no more, or for what its arguments are', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await expect(channel.writeAudio(new Uint8Array(0), { pts: 0 })).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_INVALID_PARAMETER',
    });
    const closed = channel.close();
    await expect(channel.writeVideo(video[0]!.data, { pts: 0 })).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED',
    });
    await closed;
    await closeEmpty(engine);
  });
});

describe('a loop that waits for room', () => {
  /** As in README. */
  async function sendForEver(channel: Channel): Promise<never> {
    for (let pts = 0; ; pts += 40)
      while (!channel.sendVideo(video[0]!.data, { pts })) await channel.writable();
  }

  test.each<[how: string, end: (channel: Channel, receiver: RecordingReceiver) => unknown, cause: string]>([
    ['is aborted', (channel) => channel.abort(), 'ERR_CLOUDPUSH_ABORTED'],
    [
      'is aborted as its only destination',
      (channel) => channel.destinations[0]!.abort(),
      'ERR_CLOUDPUSH_ABORTED',
    ],
    ['loses its server', (_, receiver) => receiver[Symbol.asyncDispose](), expect.stringMatching(/^ERR_/)],
  ])('ends when its channel %s, with the reason', async (_, end, code) => {
    const { engine, channel, receiver } = await stuckChannel();
    const loop = sendForEver(channel);
    void end(channel, receiver);
    const cause = expect.objectContaining({ code });
    await expect(loop).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED', cause });
    // Beginning anew gets no further.
    await expect(sendForEver(channel)).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED', cause });
    await closeEmpty(engine);
    await receiver[Symbol.asyncDispose]();
  });

  test('ends at once when its channel is told to close, whether it waits or not', async () => {
    const { engine, channel, receiver } = await stuckChannel();
    const waiting = sendForEver(channel);
    const closed = channel.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED' });
    await expect(sendForEver(channel)).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED' });
    expect(channel.state).toBe('closing');
    channel.abort();
    await closed;
    await expect(channel.writable()).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED' });
    await closeEmpty(engine);
    await receiver[Symbol.asyncDispose]();
  });
});

describe('a writable stream', () => {
  test('takes a track at the pace of the server, and leaves the channel open when it is closed', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 4_000_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const highWatermark = { bytes: 200_000 };
    const channel = engine.openChannel({ url: receiver.url('a'), highWatermark, closeTimeout: 60_000 });
    const pictures = loops(video, 4);
    const frames = loops(audio, 4);
    await Promise.all([
      ReadableStream.from(pictures).pipeTo(channel.createWritable('video')),
      ReadableStream.from(frames).pipeTo(channel.createWritable('audio')),
    ]);
    expect(channel.state).not.toBe('closing');
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expect(channel.stats().pauses).toBeGreaterThan(0);
    expectWhole(receiver.stream('a'), [...pictures, ...frames]);
    await closeEmpty(engine);
  });

  test('closes the channel that it owns', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await ReadableStream.from(video).pipeTo(channel.createWritable('video', { ownsChannel: true }));
    expect(channel.state).toBe('closed');
    expectWhole(receiver.stream('a'), video);
    await closeEmpty(engine);
  });

  test('does not close well when the channel that it owns did not', async () => {
    const { engine, channel, receiver } = await stuckChannel();
    const writer = channel.createWritable('video', { ownsChannel: true }).getWriter();
    const closing = writer.close();
    channel.abort(new Error('enough'));
    await expect(closing).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED' });
    await closeEmpty(engine);
    await receiver[Symbol.asyncDispose]();
  });

  test.each([
    { ownsChannel: true, state: 'closed' },
    { ownsChannel: false, state: 'publishing' },
  ])('lets go of a write that waits when it is aborted (owns the channel: $ownsChannel)', async (given) => {
    const { engine, channel, receiver } = await stuckChannel();
    const { ownsChannel, state } = given;
    const closed = once(channel, 'close') as Promise<[CloseReport]>;
    const writer = channel.createWritable('video', { ownsChannel }).getWriter();
    const packet: VideoPacket = { data: video[0]!.data, pts: 1e6 };
    const write = writer.write(packet);
    const failed = expect(write).rejects.toThrow('enough');
    await writer.abort(new Error('enough'));
    await failed;
    if (ownsChannel) expect((await closed)[0].error).toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED' });
    expect(channel.state).toBe(state);
    channel.abort();
    await closeEmpty(engine);
    await receiver[Symbol.asyncDispose]();
  });
});
