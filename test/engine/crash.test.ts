// A worker thread that dies: its channels end with the reason, or go on elsewhere, and nobody else notices.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Channel, type ChannelStats, type CloseReport, PushEngine } from '@cloudpush/engine';
import { FlvDecryptor } from '@cloudpush/muxer';
import { MessageType } from '@cloudpush/transport';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CameraPacket, cameraPackets, expectedVideoMessage, sendOne } from './camera.js';
import { closeEmpty, expectWhole, isSequenceHeader, samples, transcript } from './expectations.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const quickly = { initialDelay: 20, maxDelay: 100 };

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

/**
 * False when there is no room for a picture, and none comes: the kernel, which takes much at first, is full,
 * too.
 */
async function takes(channel: Channel, pts: number): Promise<boolean> {
  while (!channel.sendVideo(packets[0]!.data, { pts })) {
    try {
      await channel.writable(AbortSignal.timeout(500));
    } catch {
      return false;
    }
  }
  return true;
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
  await vi.waitFor(() => expect(threads()).toHaveLength(2), 20_000);
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
});

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
});

test('an engine whose workers are dead still closes', async () => {
  const { engine, threads } = await engineWithThreads(1);
  const channel = engine.openChannel({ url: 'rtmp://127.0.0.1:1/live/a', reconnect: true });
  const lost = once(channel, 'disconnect');
  await threads[0]!.terminate();
  await lost;
  await closeEmpty(engine);
  expect(channel.state).toBe('closed');
});

describe('a channel that may reconnect, when its worker dies,', () => {
  test('goes on at a key frame on the same clock, though the camera sends its parameter sets only once; others never notice', async () => {
    await using receiver = await RecordingReceiver.listen();
    const { engine, threads } = await engineWithThreads(2);
    const names = ['a', 'b', 'c', 'd'];
    const options = { reconnect: quickly, highWatermark: { ms: 1_000_000 } };
    const channels = names.map((name) => engine.openChannel({ url: receiver.url(name), ...options }));
    const events = channels.map(transcript);
    await Promise.all(channels.map((channel) => channel.connected()));
    const sent = new Map<number, CameraPacket>();
    const all: CameraPacket[] = [];
    let dead: Channel[] = [];
    let counted: ChannelStats[] = [];
    for (const packet of oneTimeParameterSets()) {
      if (all.length === 100) {
        await untilBegun(channels);
        const died = Promise.race(channels.map((channel) => once(channel, 'disconnect')));
        await threads[0]!.terminate();
        await died;
        dead = channels.filter(({ state }) => state === 'connecting');
        counted = dead.map((channel) => channel.stats());
      }
      for (const channel of channels) await sendOne(channel, packet);
      all.push(packet);
      if (packet.kind === 'video') sent.set(packet.pts, packet);
      if (all.length % 10 === 0) await setTimeout(2);
      if (dead.length > 0 && dead.every((channel, i) => wentOn(channel, counted[i]!))) break;
    }
    expect(dead.length).toBe(2);
    for (const [i, channel] of dead.entries()) {
      const { videoFrames, bytesSent, packetsInvalid, reconnects } = channel.stats();
      expect(videoFrames).toBeGreaterThan(counted[i]!.videoFrames);
      expect(bytesSent).toBeGreaterThan(counted[i]!.bytesSent);
      expect({ packetsInvalid, reconnects }).toEqual({ packetsInvalid: 0, reconnects: 1 });
    }
    const reports = await Promise.all(channels.map((channel) => channel.close()));
    for (const [i, channel] of channels.entries()) {
      const name = names[i]!;
      if (!dead.includes(channel)) {
        expect(events[i]).toEqual(['connect', 'close']);
        expect(reports[i]).toEqual({ clean: true, error: undefined });
        expectWhole(receiver.stream(name), all);
        continue;
      }
      expect(events[i]).toEqual(['connect', 'disconnect', 'connect', 'close']);
      expect(reports[i]).toMatchObject({ clean: false, error: { code: 'ERR_CLOUDPUSH_SHARD_DIED' } });
      const [, second] = receiver.streams(name);
      expectDecodable(second!, sent);
    }
    await closeEmpty(engine);
  });

  test('stays encrypted, under the key that was set last', async () => {
    await using receiver = await RecordingReceiver.listen();
    const { engine, threads } = await engineWithThreads(1);
    const key = new Uint8Array(16).fill(7);
    const channel = engine.openChannel({
      url: receiver.url('a'),
      reconnect: quickly,
      encryption: { video: { mode: 'allFrames', key: 'another' } },
    });
    await channel.connected();
    for (const type of ['videoEncrypt', 'audioEncrypt'] as const)
      expect(channel.sendMetadata({ type, mode: 'allFrames', key })).toBe(true);
    for (const packet of packets.slice(0, 40)) await sendOne(channel, packet);
    await untilBegun([channel]);
    const again = once(channel, 'disconnect').then(() => once(channel, 'connect'));
    await threads[0]!.terminate();
    await again;
    for (const packet of packets) await sendOne(channel, { ...packet, pts: packet.pts + 3200 });
    await channel.close();
    const [, second] = receiver.streams('a');
    const decryptor = new FlvDecryptor({ keys: [key] });
    const pictures = samples(second!, MessageType.video);
    const frames = samples(second!, MessageType.audio);
    const clear = second!.messages.flatMap(
      ({ type, timestamp, payload }) =>
        decryptor.decrypt({ type: type as 8 | 9 | 18, timestamp, payload }) ?? [],
    );
    expect(pictures.length).toBeGreaterThan(0);
    expect(decryptor.counts.decrypted).toBe(pictures.length + frames.length);
    expect(pictures[0]!.payload[0]).toBe(0x17);
    const sent = packets.map((packet) => ({ ...packet, pts: packet.pts + 3200 }));
    const times = pictures.map(({ timestamp }) => timestamp);
    for (const { payload, timestamp } of clear.filter(
      ({ type, payload }) => type === 9 && payload[1] === 1,
    )) {
      const packet = sent.find(({ kind, pts }) => kind === 'video' && pts === timestamp)!;
      expect(Buffer.compare(payload, expectedVideoMessage(packet))).toBe(0);
    }
    expect(times).toEqual(sent.filter(({ kind }) => kind === 'video').map(({ pts }) => pts));
    await closeEmpty(engine);
  });

  test('is resumed if it was paused', async () => {
    await using stalled = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
    const { engine, threads } = await engineWithThreads(1);
    const channel = engine.openChannel({
      url: stalled.url('a'),
      reconnect: quickly,
      highWatermark: { bytes: 100_000 },
    });
    await channel.connected();
    for (let pts = 0; await takes(channel, pts); pts += 40);
    const resumed = once(channel, 'resume');
    await threads[0]!.terminate();
    await resumed;
    expect(channel.paused).toBe(false);
    expect(channel.sendVideo(packets[0]!.data, { pts: 1_000_000 })).toBe(true);
    expect(channel.stats().packetsLost).toBeGreaterThan(0);
    channel.abort();
    await closeEmpty(engine);
  });

  test.each([
    { by: 'close', end: (channel: Channel) => void channel.close(), code: 'ERR_CLOUDPUSH_SHARD_DIED' },
    { by: 'abort', end: (channel: Channel) => channel.abort(), code: 'ERR_CLOUDPUSH_ABORTED' },
  ])('ends by $by before, while and after it moves', async ({ end, code }) => {
    await using receiver = await RecordingReceiver.listen();
    const { engine, threads } = await engineWithThreads(1);
    const moments = ['before', 'while', 'after'] as const;
    const [before, during, after] = moments.map((name) =>
      engine.openChannel({ url: receiver.url(name), reconnect: { initialDelay: 60_000, maxDelay: 60_000 } }),
    );
    const channels = [before!, during!, after!];
    await Promise.all(channels.map((channel) => channel.connected()));
    const closes = channels.map(closed);
    during!.once('disconnect', () => end(during!));
    const lost = once(after!, 'disconnect');
    const terminated = threads[0]!.terminate();
    end(before!);
    await terminated;
    await lost;
    end(after!);
    for (const close of closes) expect((await close)[0]).toMatchObject({ clean: false, error: {} });
    const codes = (await Promise.all(closes)).map(([{ error }]) => error!.code);
    expect(codes.slice(1)).toEqual([code, code]);
    await closeEmpty(engine);
  });
});

/** The clip over and over, on one clock, with SPS and PPS in the first picture only. */
function* oneTimeParameterSets(): Generator<CameraPacket> {
  for (let loop = 0; ; loop++) {
    for (const packet of packets) {
      const isFirst = loop === 0 && packet.pts === 0;
      const data = packet.kind === 'audio' || isFirst ? packet.data : withoutParameterSets(packet.data);
      yield { ...packet, data, pts: packet.pts + loop * 3200 };
    }
  }
}

/** Slow and obvious: the NAL units between the start codes that are no SPS (7) or PPS (8). */
function withoutParameterSets(data: Uint8Array): Buffer {
  const units = Buffer.from(data).toString('latin1').split('\0\0\0\u0001').slice(1);
  const kept = units.filter((unit) => ![7, 8].includes(unit.charCodeAt(0) & 31));
  return Buffer.from(kept.map((unit) => `\0\0\0\u0001${unit}`).join(''), 'latin1');
}

/** The streams have begun: their clocks run, and a successor must keep them. */
async function untilBegun(channels: readonly Channel[]): Promise<void> {
  await vi.waitFor(
    () => {
      for (const channel of channels) expect(channel.stats().videoFrames).toBeGreaterThan(0);
    },
    { timeout: 20_000 },
  );
}

/** It has been connected again, and has sent two groups of pictures since. */
function wentOn(channel: Channel, before: ChannelStats): boolean {
  const { reconnects, videoFrames } = channel.stats();
  return reconnects === 1 && videoFrames > before.videoFrames + 100;
}

/** Headers, then a key frame, then every picture that was sent, with its time. */
function expectDecodable(stream: ArrivedStream, sent: ReadonlyMap<number, CameraPacket>): void {
  const pictures = samples(stream, MessageType.video);
  const [metadata] = stream.messages;
  expect(metadata!.type).toBe(MessageType.dataAmf0);
  expect(stream.messages.filter(isSequenceHeader).map(({ type }) => type)).toEqual([
    MessageType.audio,
    MessageType.video,
  ]);
  const first = stream.messages.indexOf(pictures[0]!);
  expect(stream.messages.findLastIndex(isSequenceHeader)).toBeLessThan(first);
  expect(sent.get(pictures[0]!.timestamp)!.keyFrame).toBe(true);
  const times = [...sent.keys()].filter((time) => time >= pictures[0]!.timestamp);
  expect(pictures.map(({ timestamp }) => timestamp)).toEqual(times);
  for (const { payload, timestamp } of pictures)
    expect(Buffer.compare(payload, expectedVideoMessage(sent.get(timestamp)!))).toBe(0);
}
