// One channel to several servers: muxed once, each server at its own pace.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Channel, type CloseReport, PushEngine } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import {
  type CameraPacket,
  cameraPackets,
  expectedVideoMessage,
  hasRoomWithin,
  sendOne,
  trySend,
} from './camera.js';
import { closeEmpty, expectWhole, samples, transcript, warningsTo } from './expectations.js';
import { hevcPacket } from './hevc.js';
import { RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();
const LOOP_MS = 3200;

// Slow servers take their time, and busy machines too.
vi.setConfig({ testTimeout: 30_000 });

/** The clip again, later on the same clock. */
function loop(turn: number): CameraPacket[] {
  return packets.map((packet) => ({ ...packet, pts: packet.pts + turn * LOOP_MS }));
}

/** Sends the clip again and again until there has been no room for half a second. Returns the next turn. */
async function sendUntilStalled(channel: Channel): Promise<number> {
  for (let turn = 0; ; turn++) {
    for (const packet of loop(turn)) {
      while (!trySend(channel, packet)) if (!(await hasRoomWithin(channel, 500))) return turn + 1;
    }
  }
}

describe('a channel with several destinations', () => {
  test('brings every packet to each of them, bit for bit', async () => {
    await using first = await RecordingReceiver.listen();
    await using second = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 3 });
    const channel = engine.openChannel({ url: first.url('a') });
    channel.addDestination({ url: second.url('b') });
    channel.addDestination({ url: second.url('c') });
    expect(engine.stats()).toMatchObject({ channels: 1, destinations: 3 });
    for (const packet of packets) await sendOne(channel, packet);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expectWhole(first.stream('a'), packets);
    expectWhole(second.stream('b'), packets);
    expectWhole(second.stream('c'), packets);
    expect(channel.stats().videoFrames).toBe(3 * packets.filter(({ kind }) => kind === 'video').length);
    await closeEmpty(engine);
  });

  test('loses nothing when its source is faster than servers which are equally fast', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 2_000_000 });
    const engine = await PushEngine.create({ maxConnections: 2 });
    const highWatermark = { bytes: 400_000 };
    const channel = engine.openChannel({ url: receiver.url('a'), highWatermark });
    channel.addDestination({ url: receiver.url('b'), highWatermark });
    await Promise.all(channel.destinations.map((destination) => destination.connected()));
    const sent = Array.from({ length: 16 }, (_, turn) => loop(turn)).flat();
    for (const [i, packet] of sent.entries()) {
      await sendOne(channel, packet);
      if (i % 20 === 0) await setTimeout(0);
    }
    expect(channel.stats().pauses).toBeGreaterThan(0);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expectWhole(receiver.stream('a'), sent);
    expectWhole(receiver.stream('b'), sent);
    await closeEmpty(engine);
  });

  test('lets a destination join at a key frame, and leave, without touching the others', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: receiver.url('first') });
    const sent = [...loop(0), ...loop(1), ...loop(2)];
    const middle = packets.length + 30;
    const leaving = 2 * packets.length + 40;
    for (const packet of sent.slice(0, middle)) await sendOne(channel, packet);
    const joined = channel.addDestination({ url: receiver.url('second') });
    await Promise.all([channel.connected(), joined.connected()]);
    expect(channel.destinations.map(({ state }) => state)).toEqual(['publishing', 'publishing']);
    for (const packet of sent.slice(middle, leaving)) await sendOne(channel, packet);
    // Packets that were accepted until now are still sent there.
    while (engine.stats().poolBlocksInUse > 0) await setTimeout(1);
    const closed = once(joined, 'close') as Promise<[CloseReport]>;
    expect(await joined.close()).toEqual({ clean: true, error: undefined });
    expect(await closed).toEqual([{ clean: true, error: undefined }]);
    expect(channel.destinations.length).toBe(1);
    for (const packet of sent.slice(leaving)) await sendOne(channel, packet);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expectWhole(receiver.stream('first'), sent);
    const stream = receiver.stream('second');
    const pictures = samples(stream, MessageType.video);
    const expected = sent
      .slice(0, leaving)
      .filter(({ kind, pts }) => kind === 'video' && pts >= pictures[0]!.timestamp);
    // It joined at a key frame, and was given everything from there on.
    expect(expected[0]!.keyFrame).toBe(true);
    expect(pictures.length).toBe(expected.length);
    for (const [i, { payload }] of pictures.entries())
      expect(Buffer.compare(payload, expectedVideoMessage(expected[i]!))).toBe(0);
    expect(stream.messages[0]!.type).toBe(MessageType.dataAmf0);
    expect(stream.ended).toBe('cleanly');
    await closeEmpty(engine);
  });

  test('goes on to the others when one of them reads nothing, and drops only there', async () => {
    await using good = await RecordingReceiver.listen();
    await using stalled = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
    const engine = await PushEngine.create({ maxConnections: 2, poolSize: 8 * 1024 * 1024 });
    const channel = engine.openChannel({ url: good.url('good') });
    const slow = channel.addDestination({
      url: stalled.url('slow'),
      closeTimeout: 300,
      highWatermark: { ms: 2_000_000, bytes: 64 * 1024 * 1024 },
    });
    await slow.connected();
    const sent: CameraPacket[] = [];
    for (let turn = 0; slow.stats().droppedPictures === 0; turn++) {
      for (const packet of loop(turn)) {
        await sendOne(channel, packet);
        sent.push(packet);
      }
    }
    const report = await channel.close();
    expect(report).toMatchObject({ clean: false, error: { code: 'ERR_CLOUDPUSH_CLOSE_TIMEOUT' } });
    expectWhole(good.stream('good'), sent);
    await closeEmpty(engine);
  });

  test('goes on with the others when one of them cannot be reached, and ends with the last', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: receiver.url('good') });
    const lost = channel.addDestination({ url: 'rtmp://127.0.0.1:1/live/lost' });
    const [report] = (await once(lost, 'close')) as [CloseReport];
    expect(report).toMatchObject({ clean: false, error: { code: 'ERR_CLOUDPUSH_SOCKET_CONNECT' } });
    await expect(lost.connected()).rejects.toThrow();
    for (const packet of packets) await sendOne(channel, packet);
    await channel.connected();
    expect(channel.state).toBe('publishing');
    expect(await channel.close()).toMatchObject({
      clean: false,
      error: { code: 'ERR_CLOUDPUSH_SOCKET_CONNECT' },
    });
    expectWhole(receiver.stream('good'), packets);
    await closeEmpty(engine);
  });

  test('goes on with the one that was added when the only other is aborted in the same moment', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const reconnect = { initialDelay: 3_600_000, maxDelay: 3_600_000 };
    const channel = engine.openChannel({ url: 'rtmp://127.0.0.1:1/live/lost', reconnect });
    await once(channel, 'disconnect');
    const [lost] = channel.destinations;
    const added = channel.addDestination({ url: receiver.url('good') });
    lost!.abort();
    await added.connected();
    for (const packet of packets) await sendOne(channel, packet);
    expect(await channel.close()).toMatchObject({ clean: false, error: { code: 'ERR_CLOUDPUSH_ABORTED' } });
    expectWhole(receiver.stream('good'), packets);
    await closeEmpty(engine);
  });

  test.each(['is aborted', 'is closed', 'is overtaken'])(
    'goes on when the destination that made it pause %s',
    async (end) => {
      await using stalled = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
      await using silent = await RecordingReceiver.listen({ handshake: 'silent' });
      await using good = await RecordingReceiver.listen();
      const engine = await PushEngine.create({ maxConnections: 2 });
      const channel = engine.openChannel({
        url: stalled.url('first'),
        highWatermark: { bytes: 100_000 },
        stallTimeout: 0,
        closeTimeout: 300,
      });
      const events = transcript(channel);
      const second = channel.addDestination({
        url: silent.url('second'),
        highWatermark: { ms: 2_000_000, bytes: 64 * 1024 * 1024 },
        connectTimeout: 200,
        reconnect: { initialDelay: 1, maxDelay: 1 },
      });
      const [first] = channel.destinations;
      await first!.connected();
      const sent = await sendUntilStalled(channel);
      if (end === 'is aborted') first!.abort();
      if (end === 'is closed') void first!.close();
      // Its next attempt leads to a server that reads.
      if (end === 'is overtaken') second.moveTo({ url: good.url('second') });
      await channel.writable(AbortSignal.timeout(60_000));
      // The other destination's attempts fail meanwhile, and are told in between.
      const hasResumed = () => events.lastIndexOf('resume') > events.lastIndexOf('pause');
      await waitFor('the event', 60_000, () => hasResumed() || undefined);
      if (end === 'is overtaken') {
        for (const packet of loop(sent)) await sendOne(channel, packet);
        expect(first!.stats().droppedPictures).toBeGreaterThan(0);
      }
      channel.abort();
      await closeEmpty(engine);
    },
  );

  test('gives a destination that leaves before it is connected what came before, and nothing else', async () => {
    await using slow = await RecordingReceiver.listen({ neverCloses: true });
    await using good = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: slow.url('first'), video: 'h265', closeTimeout: 500 });
    const [first] = channel.destinations;
    const second = channel.addDestination({ url: good.url('second') });
    // Kept back until a server has said whether it takes Enhanced RTMP.
    for (let i = 0; i < 3; i++) channel.sendVideo(hevcPacket, { pts: i * 40 });
    let isOver = false;
    const closed = first!.close().finally(() => {
      isOver = true;
    });
    await second.connected();
    for (let i = 3; !isOver; i++) {
      channel.sendVideo(hevcPacket, { pts: i * 40 });
      await setTimeout(1);
    }
    expect(await closed).toMatchObject({ error: { code: 'ERR_CLOUDPUSH_CLOSE_TIMEOUT' } });
    expect(first!.stats().videoFrames).toBe(3);
    await channel.close();
    expect(channel.stats().packetsLost).toBe(0);
    await closeEmpty(engine);
  });

  test('is told of when a server has not announced the form of H.265 that another has settled', async () => {
    await using enhanced = await RecordingReceiver.listen({ connectInfo: { fourCcList: ['hvc1'] } });
    await using old = await RecordingReceiver.listen({ connectInfo: { fourCcList: ['av01'] } });
    const warnings: string[] = [];
    const engine = await PushEngine.create({ maxConnections: 2, logger: warningsTo(warnings) });
    const channel = engine.openChannel({ url: enhanced.url('a'), video: 'h265' });
    await channel.connected();
    for (let i = 0; i < 3; i++) channel.sendVideo(hevcPacket, { pts: i * 40 });
    await waitFor('the stream', 5000, () => enhanced.stream('a').messages[0]);
    await channel.addDestination({ url: old.url('b') }).connected();
    for (let i = 3; i < 6; i++) channel.sendVideo(hevcPacket, { pts: i * 40 });
    expect(await channel.close()).toMatchObject({ clean: true });
    expect(warnings).toEqual([expect.stringMatching(/H\.265 goes out in the enhanced form/)]);
    expect(samples(old.stream('b'), MessageType.video).length).toBe(3);
    await closeEmpty(engine);
  });

  test('counts as lost what comes when all destinations are leaving', async () => {
    await using receiver = await RecordingReceiver.listen({ neverCloses: true });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), closeTimeout: 500 });
    await channel.connected();
    const [only] = channel.destinations;
    const closed = only!.close();
    for (const packet of packets.slice(0, 3)) await sendOne(channel, packet);
    await closed;
    await channel.close();
    expect(channel.stats().packetsLost).toBe(3);
    await closeEmpty(engine);
  });

  test('counts every destination against the limit, and gives its place back', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    const second = channel.addDestination({ url: receiver.url('b') });
    expect(() => channel.addDestination({ url: receiver.url('c') })).toThrow(/2 destinations are open/);
    expect(() => engine.openChannel({ url: receiver.url('c') })).toThrow(/2 destinations are open/);
    await second.close();
    await channel.addDestination({ url: receiver.url('c') }).connected();
    await channel.close();
    expect(() => channel.addDestination({ url: receiver.url('d') })).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED' }),
    );
    await closeEmpty(engine);
  });
});
