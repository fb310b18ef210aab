// Connections that are lost, stall, or are slower than the source.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type CloseReport, type Disconnection, PushEngine } from '@cloudpush/engine';
import { decodeAmf0, MessageType } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { type CameraPacket, cameraPackets, expectedVideoMessage, sendOne } from './camera.js';
import { closeEmpty, isSequenceHeader, samples, transcript } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();
const video = packets.filter(({ kind }) => kind === 'video');
const quickly = { initialDelay: 20, maxDelay: 100 };

/** The clip over and over, on one clock. */
function* forever(): Generator<CameraPacket> {
  for (let loop = 0; ; loop++)
    for (const packet of packets) yield { ...packet, pts: packet.pts + loop * 3200 };
}

/** The times of the first pictures of a stream of one key frame and the other packets over and over. */
function sentTimes(others: readonly CameraPacket[], first: CameraPacket, count: number): number[] {
  const pictures = others.filter(({ kind }) => kind === 'video');
  const times = [first.pts];
  for (let loop = 0; times.length < count; loop++)
    times.push(...pictures.map(({ pts }) => pts + loop * 3200));
  return times.slice(0, count);
}

describe('a lost connection', () => {
  test('is made again, and the stream goes on at a key frame, with its headers, on the same clock', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), reconnect: quickly });
    const events = transcript(channel);
    await channel.connected();
    const sent = new Map<number, CameraPacket>();
    const disconnected = once(channel, 'disconnect') as Promise<[Disconnection]>;
    let count = 0;
    for (const packet of forever()) {
      if (count === 60) receiver.streams('a')[0]!.drop();
      await sendOne(channel, packet);
      if (packet.kind === 'video') sent.set(packet.pts, packet);
      // In real time, more or less: the loss must be noticed in between.
      if (count++ % 10 === 0) await setTimeout(5);
      if (channel.stats().reconnects === 1 && channel.stats().videoFrames > 200) break;
    }
    const [{ error, delay }] = await disconnected;
    expect(error.class).toBe('retryable');
    expect(delay).toBeLessThanOrEqual(20);
    // All that followed has arrived, but what the lost connection had taken may not have.
    expect(await channel.close()).toEqual({ clean: false, error });
    expect(events).toEqual(['connect', 'disconnect', 'connect', 'close']);

    const [before, after] = receiver.streams('a');
    const [metadata, audioHeader, videoHeader] = after!.messages;
    expect(decodeAmf0(metadata!.payload).slice(-2)[0]).toBe('onMetaData');
    expect([audioHeader!.type, isSequenceHeader(audioHeader!)]).toEqual([MessageType.audio, true]);
    expect([videoHeader!.type, isSequenceHeader(videoHeader!)]).toEqual([MessageType.video, true]);
    const [first, ...rest] = samples(after!, MessageType.video);
    expect(first!.payload[0]).toBe(0x17);
    expect(first!.timestamp).toBeGreaterThan(samples(before!, MessageType.video).at(-1)!.timestamp);
    for (const { payload, timestamp } of [first!, ...rest]) {
      expect(Buffer.compare(payload, expectedVideoMessage(sent.get(timestamp)!))).toBe(0);
    }
    const step = rest.map(({ timestamp }, i) => timestamp - (i === 0 ? first! : rest[i - 1]!).timestamp);
    expect(new Set(step)).toEqual(new Set([40]));
    await closeEmpty(engine);
  });

  test('is tried for again as often as allowed, and then reported', async () => {
    const engine = await PushEngine.create({ maxConnections: 1 });
    const reconnect = { maxAttempts: 3, initialDelay: 1 };
    const channel = engine.openChannel({ url: 'rtmp://127.0.0.1:1/live/a', reconnect });
    const events = transcript(channel);
    const [{ clean, error }] = (await once(channel, 'close')) as [CloseReport];
    expect([clean, error?.code]).toEqual([false, 'ERR_CLOUDPUSH_SOCKET_CONNECT']);
    expect(events).toEqual(['disconnect', 'disconnect', 'disconnect', 'close']);
    await closeEmpty(engine);
  });

  test('is not tried for again when the server has refused the credentials', async () => {
    const onPublish = () => ({ code: 'NetStream.Publish.Denied', description: 'bad token' });
    await using receiver = await RecordingReceiver.listen({ onPublish: onPublish as never });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), reconnect: true });
    const [{ error }] = (await once(channel, 'close')) as [CloseReport];
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_PUBLISH_REJECTED', class: 'auth' });
    await closeEmpty(engine);
  });

  test('does not keep a channel from closing or being aborted while it waits for the next attempt', async () => {
    const engine = await PushEngine.create({ maxConnections: 2 });
    const url = 'rtmp://127.0.0.1:1/live/a';
    const reconnect = { initialDelay: 3_600_000, maxDelay: 3_600_000 };
    const channels = [1, 2].map(() => engine.openChannel({ url, reconnect }));
    await Promise.all(channels.map((channel) => once(channel, 'disconnect')));
    expect(channels.map(({ state }) => state)).toEqual(['connecting', 'connecting']);
    channels[0]!.abort();
    expect((await channels[0]!.close()).error?.code).toBe('ERR_CLOUDPUSH_ABORTED');
    expect((await channels[1]!.close()).error?.code).toBe('ERR_CLOUDPUSH_SOCKET_CONNECT');
    await closeEmpty(engine);
  });

  test('that takes nothing any more is given up, although it reports no error', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), stallTimeout: 300 });
    await channel.connected();
    for (const packet of forever()) if (!(await sendOne(channel, packet))) break;
    const { error } = await channel.close();
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT', class: 'retryable' });
    expect(error?.message).toContain('300 ms');
    await closeEmpty(engine);
  });
});

describe('a server slower than the source', () => {
  test('gets no picture that refers to a dropped one, although groups are longer than the queue may be', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 300_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const highWatermark = { bytes: 100_000, ms: 60_000 };
    const url = receiver.url('a');
    const channel = engine.openChannel({ url, overflow: 'drop', highWatermark, closeTimeout: 30_000 });
    await channel.connected();
    const [first, ...others] = packets.filter(({ keyFrame }, i) => !keyFrame || i < 2);
    await sendOne(channel, first!);
    while (channel.stats().videoFrames === 0) await setTimeout(1);
    for (let loop = 0; channel.stats().droppedPictures < 500; loop++) {
      for (const packet of others) await sendOne(channel, { ...packet, pts: packet.pts + loop * 3200 });
      await setTimeout(1);
    }
    await channel.close();
    const arrived = samples(receiver.stream('a'), MessageType.video);
    const times = arrived.map(({ timestamp }) => timestamp);
    expect(arrived.length).toBeGreaterThan(0);
    // One key frame: up to the first gap everything, behind it nothing.
    expect(times).toEqual(sentTimes(others, first!, times.length));
    await closeEmpty(engine);
  }, 60_000);

  test('gets a stream that can be decoded, with what was dropped counted, when the channel may drop', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 1_000_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const highWatermark = { bytes: 400_000, ms: 60_000 };
    const url = receiver.url('a');
    const channel = engine.openChannel({ url, overflow: 'drop', highWatermark, closeTimeout: 30_000 });
    const events = transcript(channel);
    await channel.connected();
    const sent: CameraPacket[] = [];
    for (const packet of forever()) {
      if (packet.pts > 100_000) break;
      expect(await sendOne(channel, packet)).toBe(true);
      sent.push(packet);
      if (sent.length % 100 === 0) await setTimeout(1);
    }
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expect(events.filter((event) => event === 'close')).toHaveLength(1);
    const { droppedPictures, droppedDisposable, droppedAudio, videoFrames, audioFrames } = channel.stats();
    expect(droppedPictures).toBeGreaterThan(0);
    const sentVideo = sent.filter(({ kind }) => kind === 'video');
    expect(videoFrames + droppedPictures + droppedDisposable).toBe(sentVideo.length);
    expect(audioFrames + droppedAudio).toBe(sent.length - sentVideo.length);

    const arrived = samples(receiver.stream('a'), MessageType.video);
    expect(arrived.length).toBe(videoFrames);
    const byTime = new Map(sentVideo.map((packet) => [packet.pts, packet]));
    let previous = -40;
    for (const { payload, timestamp } of arrived) {
      const packet = byTime.get(timestamp)!;
      expect(Buffer.compare(payload, expectedVideoMessage(packet))).toBe(0);
      // After a gap the decoder needs a key frame.
      if (timestamp !== previous + 40) expect(packet.keyFrame).toBe(true);
      previous = timestamp;
    }
    await closeEmpty(engine);
  }, 60_000);
});

describe('connections', () => {
  test('are made a few at a time', async () => {
    let published = 0;
    let most = 0;
    await using receiver = await RecordingReceiver.listen({
      onPublish: () => {
        most = Math.max(most, receiver.connections - published);
        published++;
        return 'accept';
      },
    });
    const engine = await PushEngine.create({ maxConnections: 40, shards: 2, maxConnecting: 4 });
    const channels = Array.from({ length: 40 }, (_, i) => engine.openChannel({ url: receiver.url(`${i}`) }));
    await Promise.all(channels.map((channel) => channel.connected()));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
    for (const channel of channels) await sendOne(channel, video[0]!);
    await closeEmpty(engine);
  });
});
