// A source that is published in segments: one stream after the other, on the same connection as long as it
// lasts.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Channel, type Disconnection, PushEngine, type SegmentReport } from '@cloudpush/engine';
import { FlvDecryptor } from '@cloudpush/muxer';
import { type AmfObject, decodeAmf0, MessageType } from '@cloudpush/transport';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import { type CameraPacket, cameraPackets, expectedVideoMessage, sendOne } from './camera.js';
import { closeEmpty, expectWhole, isSequenceHeader, samples, transcript } from './expectations.js';
import { type Arrived, type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();
const LOOP_MS = 3200;
const quickly = { initialDelay: 1, maxDelay: 10 };
const pictures = packets.filter(({ kind }) => kind === 'video').length;
const audioFrames = packets.length - pictures;

// Each plays the clip several times; beside others that may take a while.
vi.setConfig({ testTimeout: 60_000 });

afterEach(() => {
  vi.restoreAllMocks();
});

/** The clip again, later on the same clock. */
function loop(turn: number): CameraPacket[] {
  return packets.map((packet) => ({ ...packet, pts: packet.pts + turn * LOOP_MS }));
}

async function sendAll(channel: Channel, sent: readonly CameraPacket[]): Promise<void> {
  for (const packet of sent) await sendOne(channel, packet);
}

async function tell(channel: Channel, type: 'streamStart' | 'streamEnd'): Promise<void> {
  const time = Date.now();
  const send = (): boolean =>
    type === 'streamStart'
      ? channel.sendMetadata({ type, trigger: 'face', time })
      : channel.sendMetadata({ type, alarmDuration: 10_000, time });
  while (!send()) await channel.writable();
}

/** Ends the segment, and waits until it has been pushed to its end. */
async function endSegment(channel: Channel): Promise<SegmentReport> {
  const ended = once(channel, 'segmentEnd') as Promise<[SegmentReport]>;
  await tell(channel, 'streamEnd');
  const [report] = await ended;
  return report;
}

/** The names of the data messages, and what the others are. */
function outline({ messages }: ArrivedStream): string[] {
  return messages.map((message) => {
    if (message.type !== MessageType.dataAmf0) {
      const kind = message.type === MessageType.video ? 'video' : 'audio';
      return isSequenceHeader(message) ? `${kind} header` : kind;
    }
    const [first, second] = decodeAmf0(message.payload);
    return String(first === '@setDataFrame' ? second : first);
  });
}

function nonces({ messages }: ArrivedStream): string[] {
  return messages
    .filter(({ type, payload }) => type === MessageType.dataAmf0 && decodeAmf0(payload)[0] === 'onEncryption')
    .map(({ payload }) => String((decodeAmf0(payload)[1] as AmfObject)['nonce']));
}

function timeIn(name: string): number {
  return Number(/^camera\/(\d+)$/.exec(name)?.[1]);
}

/**
 * Resets the connection of a stream, when the channel has read all that came over it: with data unread, the
 * reset would look like an orderly end, as the data is read first, and the end behind it is all that is left
 * to see.
 */
async function drop(stream: ArrivedStream, channel: Channel): Promise<void> {
  const heard = once(channel, 'command');
  stream.command('onProbe');
  await heard;
  stream.drop();
}

describe('a segment', () => {
  test('ends, and the next begins, on the same connection, under another name, from a key frame at 0', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const before = Date.now();
    const channel = engine.openChannel({ url: receiver.url('camera/$time?token=secret') });
    const events = transcript(channel);
    channel.on('segmentEnd', ({ number }) => events.push(`segmentEnd ${number}`));
    await tell(channel, 'streamStart');
    await sendAll(channel, packets);
    const first = await endSegment(channel);
    await setTimeout(2);
    await tell(channel, 'streamStart');
    await sendAll(channel, loop(5));
    const second = await endSegment(channel);
    expect(receiver.connections).toBe(1);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });

    const [one, two, ...others] = receiver.all;
    expect(others).toEqual([]);
    expect(timeIn(one!.name)).toBeGreaterThanOrEqual(before);
    expect(timeIn(two!.name)).toBeGreaterThan(timeIn(one!.name));
    for (const stream of [one!, two!]) {
      expectWhole(stream, packets);
      expect(stream.query).toBe('token=secret');
      expect(stream.ended).toBe('cleanly');
      expect(outline(stream).filter((name) => name.endsWith('header'))).toEqual([
        'audio header',
        'video header',
      ]);
      expect(outline(stream).at(-1)).toBe('onStreamEnd');
    }
    expect(outline(two!).slice(0, 5)).toEqual([
      'onMetaData',
      'audio header',
      'video header',
      'onStreamStart',
      'video',
    ]);
    expect(events).toEqual(['connect', 'segmentEnd 1', 'segmentEnd 2', 'close']);
    for (const [i, { number, streams }] of [first, second].entries()) {
      expect(number).toBe(i + 1);
      const { messages, name } = receiver.all[i]!;
      expect(streams).toEqual([
        {
          destination: expect.objectContaining({ id: 1 }),
          streamName: name,
          videoFrames: pictures,
          audioFrames,
          // Headers and the description are not counted.
          bytes: bytesOf(messages.filter((message) => !isSequenceHeader(message) && !isDescription(message))),
          duration: messages.at(-1)!.timestamp,
          complete: true,
        },
      ]);
    }
    await closeEmpty(engine);
  });

  test('has the same name again when the URL tells no time, and the token where it was', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const connection = { token: 'secret' };
    const channel = engine.openChannel({ url: receiver.url('camera'), connection });
    await sendAll(channel, packets);
    await endSegment(channel);
    await tell(channel, 'streamStart');
    await sendAll(channel, loop(1));
    await channel.close();
    expect(receiver.all.map(({ name, query }) => `${name}?${query}`)).toEqual([
      'camera?token=secret',
      'camera?token=secret',
    ]);
    for (const stream of receiver.all) expectWhole(stream, packets);
    await closeEmpty(engine);
  });

  test('takes a source that begins its times again', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('camera/$time') });
    await sendAll(channel, loop(3));
    await endSegment(channel);
    await setTimeout(2);
    await tell(channel, 'streamStart');
    await sendAll(channel, packets);
    expect(await channel.close()).toMatchObject({ clean: true });
    for (const stream of receiver.all) expectWhole(stream, packets);
    await closeEmpty(engine);
  });

  test('may be sent before there is a connection, and several of them', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const highWatermark = { ms: 60_000, bytes: 32 * 1024 * 1024 };
    const channel = engine.openChannel({ url: receiver.url('camera'), highWatermark });
    const reports: SegmentReport[] = [];
    channel.on('segmentEnd', (report) => reports.push(report));
    for (const turn of [0, 1, 2]) {
      if (turn > 0) channel.sendMetadata({ type: 'streamStart', trigger: 0, time: 0 });
      for (const { kind, data, pts } of loop(turn)) {
        const taken = kind === 'video' ? channel.sendVideo(data, { pts }) : channel.sendAudio(data, { pts });
        expect(taken).toBe(true);
      }
      channel.sendMetadata({ type: 'streamEnd', alarmDuration: 0, time: 0 });
    }
    expect(channel.state).toBe('connecting');
    expect(await channel.close()).toMatchObject({ clean: true });
    expect(receiver.all).toHaveLength(3);
    for (const stream of receiver.all) expectWhole(stream, packets);
    expect(reports.map(({ number }) => number)).toEqual([1, 2, 3]);
    await closeEmpty(engine);
  });

  test('begins at a key frame: pictures before it are skipped and counted', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('camera') });
    const events = transcript(channel);
    await sendAll(channel, packets);
    await endSegment(channel);
    await tell(channel, 'streamStart');
    const middle = loop(1).slice(10);
    const keyFrame = middle.findIndex((packet) => packet.keyFrame);
    const skipped = middle.slice(0, keyFrame).filter(({ kind }) => kind === 'video').length;
    await sendAll(channel, middle);
    await channel.close();
    const [first] = samples(receiver.all[1]!, MessageType.video);
    expect(Buffer.compare(first!.payload, expectedVideoMessage(middle[keyFrame]!))).toBe(0);
    expect(skipped).toBeGreaterThan(0);
    expect(channel.stats()).toMatchObject({
      droppedUndecodable: skipped,
      droppedPictures: 0,
      packetsInvalid: 0,
    });
    expect(events).toEqual(['connect', 'close']);
    await closeEmpty(engine);
  });

  test('has nonces of its own, and the encryption goes on', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const settings = { mode: 'allFrames', key: 'a key' } as const;
    const channel = engine.openChannel({
      url: receiver.url('camera'),
      encryption: { video: settings, audio: settings },
    });
    await sendAll(channel, packets);
    await endSegment(channel);
    await tell(channel, 'streamStart');
    await sendAll(channel, loop(1));
    await channel.close();
    const seen = receiver.all.flatMap(nonces);
    expect(seen).toHaveLength(4);
    expect(new Set(seen).size).toBe(4);
    expect(outline(receiver.all[1]!).slice(0, 5).sort()).toEqual(
      ['onMetaData', 'onEncryption', 'onEncryption', 'audio header', 'video header'].sort(),
    );
    for (const stream of receiver.all) {
      const decryptor = new FlvDecryptor({ keys: ['a key'] });
      const messages: Arrived[] = [];
      for (const { type, timestamp, payload } of stream.messages) {
        const clear = decryptor.decrypt({ type: type as 8 | 9 | 18, timestamp, payload });
        if (clear !== undefined) messages.push(clear);
      }
      expect(decryptor.counts.decrypted).toBe(packets.length);
      expectWhole({ ...stream, messages }, packets);
    }
    await closeEmpty(engine);
  });
});

describe('between two segments', () => {
  test('media and metadata are taken and refused, told once a second, and counted', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('camera') });
    const events = transcript(channel);
    await sendAll(channel, packets);
    await endSegment(channel);
    for (const { kind, data, pts } of loop(1)) {
      const taken = kind === 'video' ? channel.sendVideo(data, { pts }) : channel.sendAudio(data, { pts });
      expect(taken).toBe(true);
    }
    expect(channel.sendMetadata({ type: 'disconnect', code: 1 })).toBe(true);
    // The end once more is none.
    await tell(channel, 'streamEnd');
    expect(await channel.close()).toMatchObject({ clean: true });
    expect(receiver.all).toHaveLength(1);
    expectWhole(receiver.all[0]!, packets);
    expect(channel.stats()).toMatchObject({ packetsBetweenSegments: packets.length + 2, packetsInvalid: 0 });
    expect(events).toEqual(['connect', 'problem ERR_CLOUDPUSH_BETWEEN_SEGMENTS', 'close']);
    await closeEmpty(engine);
  });

  test('a start within a segment is a message, and no other segment', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('camera') });
    await sendAll(channel, packets.slice(0, 100));
    await tell(channel, 'streamStart');
    await tell(channel, 'streamStart');
    await sendAll(channel, packets.slice(100));
    await channel.close();
    expectWhole(receiver.stream('camera'), packets);
    expect(outline(receiver.stream('camera')).filter((name) => name === 'onStreamStart')).toHaveLength(2);
    await closeEmpty(engine);
  });

  test('a lost connection is made again when the next segment starts, and not before', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('camera/$time'), reconnect: quickly });
    await sendAll(channel, packets);
    await endSegment(channel);
    const lost = once(channel, 'disconnect') as Promise<[Disconnection]>;
    await drop(receiver.all[0]!, channel);
    const [{ error, delay }] = await lost;
    expect(delay).toBe(Number.POSITIVE_INFINITY);
    await setTimeout(50);
    expect(receiver.all).toHaveLength(1);
    const connected = once(channel, 'connect');
    await tell(channel, 'streamStart');
    await connected;
    await sendAll(channel, loop(1));
    const { number, streams } = await endSegment(channel);
    expect(number).toBe(2);
    expect(streams[0]).toMatchObject({
      streamName: receiver.all[1]!.name,
      videoFrames: pictures,
      complete: true,
    });
    expect(await channel.close()).toEqual({ clean: false, error });
    expectWhole(receiver.all[1]!, packets);
    expect(receiver.all[1]!.name).not.toBe(receiver.all[0]!.name);
    await closeEmpty(engine);
  });

  test('a channel closes cleanly, and also when it is not connected', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channels = ['a', 'b'].map((name) =>
      engine.openChannel({ url: receiver.url(name), reconnect: quickly }),
    );
    for (const channel of channels) {
      await sendAll(channel, packets);
      await endSegment(channel);
    }
    const lost = once(channels[1]!, 'disconnect') as Promise<[Disconnection]>;
    // The kernel has taken it all; the server may still be reading.
    await waitFor('the end of the stream', 5000, () => receiver.stream('b').ended);
    await drop(receiver.stream('b'), channels[1]!);
    const [{ error }] = await lost;
    expect(await channels[0]!.close()).toEqual({ clean: true, error: undefined });
    expect(await channels[1]!.close()).toEqual({ clean: false, error });
    for (const { ended } of receiver.all) expect(ended).toBe('cleanly');
    await closeEmpty(engine);
  });

  test('a destination that is added waits for the next segment', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 3 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await sendAll(channel, packets);
    await endSegment(channel);
    const joined = channel.addDestination({ url: receiver.url('b') });
    const closed = channel.addDestination({ url: receiver.url('c') });
    expect(await closed.close()).toEqual({ clean: true, error: undefined });
    await tell(channel, 'streamStart');
    await joined.connected();
    await sendAll(channel, loop(1));
    const { streams } = await endSegment(channel);
    expect(streams.map(({ streamName }) => streamName).sort()).toEqual(['a', 'b']);
    await channel.close();
    expectWhole(receiver.streams('a')[1]!, packets);
    expectWhole(receiver.stream('b'), packets);
    expect(receiver.streams('c')).toEqual([]);
    await closeEmpty(engine);
  });

  test('a worker thread may die', async () => {
    await using receiver = await RecordingReceiver.listen();
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    const engine = await PushEngine.create({ maxConnections: 1, shards: 1 });
    const [thread] = posted.mock.contexts as unknown as Worker[];
    const channel = engine.openChannel({ url: receiver.url('camera'), reconnect: quickly });
    await sendAll(channel, packets);
    await endSegment(channel);
    const lost = once(channel, 'disconnect');
    await thread!.terminate();
    await lost;
    await setTimeout(50);
    expect(receiver.all).toHaveLength(1);
    expect(channel.sendVideo(packets[0]!.data, { pts: LOOP_MS })).toBe(true);
    await tell(channel, 'streamStart');
    await sendAll(channel, loop(1));
    expect(await endSegment(channel)).toMatchObject({ number: 2, streams: [{ videoFrames: pictures }] });
    await channel.close();
    expectWhole(receiver.all[1]!, packets);
    expect(channel.stats().packetsBetweenSegments).toBe(1);
    await closeEmpty(engine);
  });
});

describe('a connection that is lost', () => {
  test('within a segment goes on with that segment, under its name', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('camera/$time'), reconnect: quickly });
    await sendAll(channel, packets);
    await endSegment(channel);
    await setTimeout(2);
    await tell(channel, 'streamStart');
    await sendAll(channel, loop(1));
    await waitFor('the second stream', 5000, () => receiver.all[1]?.messages.length || undefined);
    const second = receiver.all[1]!;
    const again = once(channel, 'connect');
    second.drop();
    await again;
    await sendAll(channel, loop(2));
    const { number, streams } = await endSegment(channel);
    expect(number).toBe(2);
    const third = receiver.all[2]!;
    expect(streams[0]!.streamName).toBe(third.name);
    expect(timeIn(third.name)).toBeGreaterThanOrEqual(timeIn(second.name));
    expect(samples(third, MessageType.video)[0]!.payload[0]).toBe(0x17);
    // On the segment's own clock. That the kernel has taken the last picture does not mean that it has
    // arrived.
    const end = LOOP_MS + (pictures - 1) * 40;
    const last = () => samples(third, MessageType.video).at(-1)!.timestamp;
    await waitFor('the last picture', 5000, () => (last() >= end ? true : undefined));
    expect(last()).toBe(end);
    expect((await channel.close()).clean).toBe(false);
    await closeEmpty(engine);
  });

  test('with the end of a segment in the queue is made again, and the end is brought there', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 300_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({
      url: receiver.url('camera'),
      reconnect: quickly,
      closeTimeout: 30_000,
    });
    await channel.connected();
    const reports: SegmentReport[] = [];
    channel.on('segmentEnd', (report) => reports.push(report));
    for (let turn = 0; turn < 4; turn++) await sendAll(channel, loop(turn));
    await tell(channel, 'streamEnd');
    await tell(channel, 'streamStart');
    await sendAll(channel, loop(4));
    const again = once(channel, 'connect');
    receiver.all[0]!.drop();
    await again;
    await channel.close();
    expect(reports.map(({ number }) => number)).toEqual([1]);
    expect(reports[0]!.streams[0]!.complete).toBe(true);
    const [lost, ended, next] = receiver.all;
    expect([lost!.ended, ended!.ended, next!.ended]).toEqual(['broken', 'cleanly', 'cleanly']);
    expect(outline(ended!).at(-1)).toBe('onStreamEnd');
    expectWhole(next!, packets);
    await closeEmpty(engine);
  });

  test('without a reconnect policy ends the channel, and the segment has no end', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 100_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('camera') });
    const ended = vi.fn();
    channel.on('segmentEnd', ended);
    await channel.connected();
    await sendAll(channel, [...loop(0), ...loop(1), ...loop(2), ...loop(3)]);
    await tell(channel, 'streamEnd');
    const closed = once(channel, 'close');
    receiver.all[0]!.drop();
    await closed;
    await setTimeout(10);
    // Or its tail was on its way, and is lost.
    for (const [report] of ended.mock.calls as [SegmentReport][])
      expect(report.streams.every(({ complete }) => !complete)).toBe(true);
    await closeEmpty(engine);
  });
});

describe('the end of a segment', () => {
  test('is never dropped, nor the start of the next, however slow the server is', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 1_000_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({
      url: receiver.url('camera'),
      overflow: 'drop',
      highWatermark: { bytes: 400_000, ms: 60_000 },
      closeTimeout: 30_000,
    });
    const reports: SegmentReport[] = [];
    channel.on('segmentEnd', (report) => reports.push(report));
    await channel.connected();
    for (let turn = 0; turn < 12; turn++) {
      if (turn > 0) await tell(channel, 'streamStart');
      await sendAll(channel, loop(turn));
      await tell(channel, 'streamEnd');
      await setTimeout(5);
    }
    expect(await channel.close()).toMatchObject({ clean: true });
    const { droppedPictures, droppedDisposable } = channel.stats();
    expect(droppedPictures + droppedDisposable).toBeGreaterThan(0);
    expect(reports.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(receiver.all).toHaveLength(12);
    const byTime = new Map(
      packets.filter(({ kind }) => kind === 'video').map((packet) => [packet.pts, packet]),
    );
    for (const [i, stream] of receiver.all.entries()) {
      expect(stream.ended).toBe('cleanly');
      expect(outline(stream).at(-1)).toBe('onStreamEnd');
      expect(samples(stream, MessageType.video).length).toBe(reports[i]!.streams[0]!.videoFrames);
      let previous = -40;
      for (const { payload, timestamp } of samples(stream, MessageType.video)) {
        const packet = byTime.get(timestamp)!;
        expect(Buffer.compare(payload, expectedVideoMessage(packet))).toBe(0);
        // After a gap the decoder needs a key frame.
        if (timestamp !== previous + 40) expect(packet.keyFrame).toBe(true);
        previous = timestamp;
      }
    }
    await closeEmpty(engine);
  });

  test('is told when the last of several servers has it', async () => {
    await using fast = await RecordingReceiver.listen();
    await using slow = await RecordingReceiver.listen({ readBytesPerSecond: 200_000 });
    const engine = await PushEngine.create({ maxConnections: 3 });
    const channel = engine.openChannel({ url: fast.url('fast') });
    channel.addDestination({ url: slow.url('slow'), closeTimeout: 30_000 });
    const gone = channel.addDestination({ url: fast.url('gone') });
    await Promise.all(channel.destinations.map((destination) => destination.connected()));
    await sendAll(channel, packets);
    gone.abort();
    const { streams } = await endSegment(channel);
    expect(streams.map(({ streamName }) => streamName).filter((name) => name !== 'gone')).toEqual([
      'fast',
      'slow',
    ]);
    await tell(channel, 'streamStart');
    await sendAll(channel, loop(1));
    await channel.close();
    expectWhole(fast.streams('fast')[1]!, packets);
    expectWhole(slow.streams('slow')[1]!, packets);
    await closeEmpty(engine);
  });
});

describe('metadata that is written', () => {
  test('waits for room, so that a pause costs no segment', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 500_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({
      url: receiver.url('camera'),
      highWatermark: { bytes: 200_000 },
      closeTimeout: 30_000,
    });
    const reports: SegmentReport[] = [];
    channel.on('segmentEnd', (report) => reports.push(report));
    await channel.connected();
    for (let turn = 0; turn < 3; turn++) {
      if (turn > 0) await channel.writeMetadata({ type: 'streamStart', trigger: 'face', time: 0 });
      await sendAll(channel, loop(turn));
      // As fast as this the channel pauses again and again, and often just now.
      while (!channel.paused)
        if (!channel.sendData('filler', ['x'.repeat(1000)], { pts: (turn + 1) * LOOP_MS })) break;
      expect(channel.sendMetadata({ type: 'streamEnd', alarmDuration: 0, time: 0 })).toBe(false);
      await channel.writeMetadata({ type: 'streamEnd', alarmDuration: 0, time: 0 });
    }
    const stopped = AbortSignal.abort(new Error('no longer wanted'));
    const late = channel.writeMetadata({ type: 'disconnect', code: 1 }, {}, { signal: stopped });
    await expect(late).rejects.toThrow('no longer wanted');
    expect(await channel.close()).toMatchObject({ clean: true });
    expect(reports.map(({ number }) => number)).toEqual([1, 2, 3]);
    for (const stream of receiver.all) expectWhole(stream, packets);
    await closeEmpty(engine);
  });
});

describe('a server that refuses the next stream', () => {
  test('loses the destination, as with any refusal that cannot be mended', async () => {
    let published = 0;
    const onPublish = (): unknown =>
      ++published === 1 ? 'accept' : { code: 'NetStream.Publish.Denied', description: 'no more' };
    await using receiver = await RecordingReceiver.listen({ onPublish: onPublish as never });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('camera'), reconnect: quickly });
    await sendAll(channel, packets);
    await endSegment(channel);
    const closed = once(channel, 'close');
    await tell(channel, 'streamStart');
    await closed;
    expect((await channel.close()).error).toMatchObject({
      code: 'ERR_CLOUDPUSH_PUBLISH_REJECTED',
      class: 'auth',
    });
    await closeEmpty(engine);
  });

  test('is tried again on another connection when it may change its mind', async () => {
    let published = 0;
    const onPublish = (): unknown =>
      ++published === 2 ? { code: 'NetStream.Publish.Failed', description: 'not now' } : 'accept';
    await using receiver = await RecordingReceiver.listen({ onPublish: onPublish as never });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('camera'), reconnect: quickly });
    const events = transcript(channel);
    await sendAll(channel, packets);
    await endSegment(channel);
    await tell(channel, 'streamStart');
    await sendAll(channel, loop(1));
    const { number, streams } = await endSegment(channel);
    expect([number, streams[0]!.videoFrames]).toEqual([2, pictures]);
    await channel.close();
    expectWhole(receiver.all.at(-1)!, packets);
    expect(events).toEqual(['connect', 'disconnect', 'connect', 'close']);
    await closeEmpty(engine);
  });
});

function bytesOf(messages: readonly Arrived[]): number {
  return messages.reduce((sum, { payload }) => sum + payload.length, 0);
}

function isDescription({ type, payload }: Arrived): boolean {
  return type === MessageType.dataAmf0 && decodeAmf0(payload)[0] === '@setDataFrame';
}
