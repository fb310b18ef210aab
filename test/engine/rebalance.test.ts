// Channels that have lost their connections go on with a worker thread that has clearly fewer channels.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Channel, type CloseReport, type Disconnection, PushEngine } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CameraPacket, cameraPackets, expectedVideoMessage, sendOne } from './camera.js';
import { closeEmpty, expectWhole, isSequenceHeader, samples, transcript } from './expectations.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const reconnect = { initialDelay: 200, maxDelay: 200 };
const never = { initialDelay: 3_600_000, maxDelay: 3_600_000 };

afterEach(() => {
  vi.restoreAllMocks();
});

/** Opens twice as many channels as there are names, and closes those of the other thread. */
async function openUneven(
  engine: PushEngine,
  receiver: RecordingReceiver,
  names: readonly string[],
  policy = reconnect,
): Promise<Channel[]> {
  const options = { reconnect: policy, highWatermark: { ms: 1_000_000 } };
  const channels: Channel[] = [];
  const others: Channel[] = [];
  for (const name of names) {
    channels.push(engine.openChannel({ url: receiver.url(name), ...options }));
    others.push(engine.openChannel({ url: receiver.url(`other-${name}`), ...options }));
  }
  await Promise.all([...channels, ...others].map((channel) => channel.connected()));
  await Promise.all(others.map((channel) => channel.close()));
  expect(engine.stats().channelsByShard).toEqual([names.length, 0]);
  return channels;
}

/** The clip over and over, on one clock. */
function* forever(): Generator<CameraPacket> {
  for (let loop = 0; ; loop++)
    for (const packet of packets) yield { ...packet, pts: packet.pts + loop * 3200 };
}

function isLossOrConnect(event: string): boolean {
  return event !== 'pause' && event !== 'resume';
}

/** Headers, then a key frame, then every picture that was sent, with its time. */
function expectDecodable(stream: ArrivedStream, sent: ReadonlyMap<number, CameraPacket>): void {
  const [first, ...others] = samples(stream, MessageType.video);
  expect(stream.messages.slice(0, 3).map(({ type }) => type)).toEqual([
    MessageType.dataAmf0,
    MessageType.audio,
    MessageType.video,
  ]);
  expect(stream.messages.slice(1, 3).every(isSequenceHeader)).toBe(true);
  expect(sent.get(first!.timestamp)!.keyFrame).toBe(true);
  const pictures = [first!, ...others];
  const times = [...sent.keys()].filter((time) => time >= first!.timestamp);
  expect(pictures.map(({ timestamp }) => timestamp)).toEqual(times);
  for (const { payload, timestamp } of pictures)
    expect(Buffer.compare(payload, expectedVideoMessage(sent.get(timestamp)!))).toBe(0);
}

describe('channels that lose their connections', () => {
  test('go on with the thread that has clearly fewer, at a key frame on one clock, as after any loss', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 8, shards: 2, debugPool: true });
    const names = ['a', 'b', 'c', 'd'];
    const channels = await openUneven(engine, receiver, names);
    const events = channels.map(transcript);
    const sent = new Map<number, CameraPacket>();
    let count = 0;
    for (const packet of forever()) {
      for (const channel of channels) expect(await sendOne(channel, packet)).toBe(true);
      if (packet.kind === 'video') sent.set(packet.pts, packet);
      count++;
      if (count === 60) {
        await vi.waitFor(() => {
          for (const channel of channels) expect(channel.stats().videoFrames).toBeGreaterThan(0);
        }, 20_000);
        for (const name of names) receiver.stream(name).drop();
      }
      if (count % 10 === 0) await setTimeout(5);
      if (channels.every((channel) => hasGoneOn(channel))) break;
    }
    expect(engine.stats().channelsByShard).toEqual([2, 2]);
    for (const channel of channels)
      expect(channel.stats()).toMatchObject({ state: 'publishing', reconnects: 1, packetsInvalid: 0 });
    for (const channel of channels) await channel.close();
    for (const [i, name] of names.entries()) {
      expect(events[i]!.filter(isLossOrConnect)).toEqual(['disconnect', 'connect', 'close']);
      const [before, after] = receiver.streams(name);
      const last = samples(before!, MessageType.video).at(-1)?.timestamp ?? -1;
      expect(samples(after!, MessageType.video)[0]!.timestamp).toBeGreaterThan(last);
      expectDecodable(after!, sent);
    }
    await closeEmpty(engine);
  });

  test('stay where they are as long as the threads have about as many', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 5, shards: 2 });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const channels = names.map((name) => engine.openChannel({ url: receiver.url(name), reconnect }));
    await Promise.all(channels.map((channel) => channel.connected()));
    const events = channels.map(transcript);
    expect(engine.stats().channelsByShard).toEqual([3, 2]);
    const again = channels.map((channel) => once(channel, 'connect'));
    for (const name of names) receiver.stream(name).drop();
    await Promise.all(again);
    expect(engine.stats().channelsByShard).toEqual([3, 2]);
    for (const told of events) expect(told).toEqual(['disconnect', 'connect']);
    await closeEmpty(engine);
  });

  test('stay as long as another of their destinations publishes', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 8, shards: 2 });
    const channels = await openUneven(engine, receiver, ['a', 'b']);
    const added = channels[0]!.addDestination({ url: receiver.url('added'), reconnect });
    await added.connected();
    const events = transcript(channels[0]!);
    const again = once(channels[0]!, 'connect');
    receiver.stream('a').drop();
    await again;
    expect(engine.stats().channelsByShard).toEqual([2, 0]);
    expect(events).toEqual(['disconnect', 'connect']);
    await closeEmpty(engine);
  });

  test('give up what has waited for the connection, and count it', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 4, shards: 2, debugPool: true });
    const [channel] = await openUneven(engine, receiver, ['a', 'b'], never);
    const events = transcript(channel!);
    // Taken before the channel is asked to leave.
    channel!.once('disconnect', () => {
      for (let pts = 0; pts < 400; pts += 40)
        expect(channel!.sendVideo(packets[0]!.data, { pts })).toBe(true);
    });
    const resumed = once(channel!, 'resume');
    receiver.stream('a').drop();
    await resumed;
    expect(engine.stats().channelsByShard).toEqual([1, 1]);
    expect(channel!.stats()).toMatchObject({
      state: 'connecting',
      packetsLost: 10,
      pauses: 1,
      queuedBytes: 0,
    });
    expect(events).toEqual(['disconnect', 'pause', 'resume']);
    await closeEmpty(engine);
  });
});

describe('a channel that is about to leave its thread', () => {
  test.each([
    { by: 'close', end: (channel: Channel) => void channel.close(), aborts: false },
    { by: 'abort', end: (channel: Channel) => channel.abort(), aborts: true },
    {
      by: 'the end of its destination',
      end: (channel: Channel) => void channel.destinations[0]!.close(),
      aborts: false,
    },
    {
      by: 'the abort of its destination',
      end: (channel: Channel) => channel.destinations[0]!.abort(),
      aborts: true,
    },
  ])('ends by $by, as one that waits for its connection', async ({ end, aborts }) => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 4, shards: 2, debugPool: true });
    const [channel] = await openUneven(engine, receiver, ['a', 'b'], never);
    const disconnected = once(channel!, 'disconnect') as Promise<[Disconnection]>;
    const closed = once(channel!, 'close') as Promise<[CloseReport]>;
    channel!.once('pause', () => end(channel!));
    receiver.stream('a').drop();
    const [{ error: loss }] = await disconnected;
    const [{ clean, error }] = await closed;
    expect([clean, error?.code]).toEqual([false, aborts ? 'ERR_CLOUDPUSH_ABORTED' : loss.code]);
    expect(await channel!.close()).toEqual({ clean, error });
    expect(engine.stats().channelsByShard).toEqual([1, 0]);
    // Its number is in other hands now.
    const next = engine.openChannel({ url: receiver.url('next') });
    await next.connected();
    expect((await next.close()).clean).toBe(true);
    await closeEmpty(engine);
  });

  test('takes the destinations along that it is given meanwhile', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 4, shards: 2, debugPool: true });
    const [channel] = await openUneven(engine, receiver, ['a', 'b']);
    const again = once(channel!, 'disconnect').then(() => channel!.destinations[0]!.connected());
    const added = once(channel!, 'pause').then(() =>
      channel!.addDestination({ url: receiver.url('added') }).connected(),
    );
    receiver.stream('a').drop();
    await Promise.all([again, added]);
    expect(engine.stats().channelsByShard).toEqual([1, 1]);
    for (const packet of packets) await sendOne(channel!, packet);
    await channel!.close();
    expectWhole(receiver.stream('added'), packets);
    expectWhole(receiver.streams('a')[1]!, packets);
    await closeEmpty(engine);
  });

  test('goes on when that thread dies meanwhile', async () => {
    await using receiver = await RecordingReceiver.listen();
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    const engine = await PushEngine.create({ maxConnections: 4, shards: 2, debugPool: true });
    const threads = [...new Set(posted.mock.contexts as unknown as Worker[])];
    const channels = await openUneven(engine, receiver, ['a', 'b']);
    const died = once(channels[1]!, 'disconnect');
    const left = once(channels[0]!, 'pause').then(() => threads[0]!.terminate());
    receiver.stream('a').drop();
    await Promise.all([left, died]);
    await Promise.all(channels.map((channel) => channel.connected()));
    expect(engine.stats().channelsByShard.reduce((sum, count) => sum + count)).toBe(2);
    for (const channel of channels) for (const packet of packets) await sendOne(channel, packet);
    for (const channel of channels) await channel.close();
    for (const name of ['a', 'b']) expectWhole(receiver.streams(name).at(-1)!, packets);
    await closeEmpty(engine);
  });
});

function hasGoneOn(channel: Channel): boolean {
  const { reconnects, videoFrames } = channel.stats();
  return reconnects === 1 && videoFrames > 200;
}
