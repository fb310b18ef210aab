// Segments against servers that take one stream on a connection, and against those that are known not to bear
// a second.

import { once } from 'node:events';
import { connect } from 'node:net';
import { type Channel, type ChannelOptions, PushEngine, type SegmentReport } from '@cloudpush/engine';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { reset } from '../support/reset.js';
import { waitFor } from '../support/wait.js';
import { type CameraPacket, cameraPackets, sendOne } from './camera.js';
import { closeEmpty, expectWhole, transcript } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';
import { UnrulyServer } from './unruly-server.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets().slice(0, 60);
const LOOP_MS = 3200;
/** A command's name as AMF0 has it. */
const publish = Buffer.from('\x02\x00\x07publish', 'latin1');
const deleteStream = Buffer.from('deleteStream');

afterEach(() => {
  vi.restoreAllMocks();
});

/** Moment and manner in which a server ends a connection. */
type Habit = 'closes on deleteStream' | 'closes on the second publish' | 'resets on the second publish';

/**
 * A proxy in front of a receiver that treats its clients as some servers do; each client has a connection of
 * its own.
 */
class OneStreamServer implements AsyncDisposable {
  connections = 0;
  /** `publish` commands that came on a connection which had carried a stream. */
  secondPublishes = 0;
  readonly receiver: RecordingReceiver;
  readonly #front: UnrulyServer;

  private constructor(receiver: RecordingReceiver, front: UnrulyServer) {
    this.receiver = receiver;
    this.#front = front;
  }

  static async listen(habit: Habit): Promise<OneStreamServer> {
    const receiver = await RecordingReceiver.listen();
    const front = await UnrulyServer.listen((client) => {
      server.connections++;
      let publishes = 0;
      const onward = connect(receiver.port, '127.0.0.1');
      front.own(onward);
      onward.on('data', (bytes) => client.writable && client.write(bytes));
      onward.on('end', () => client.end());
      client.on('close', () => onward.end());
      client.on('end', () => onward.end());
      client.on('data', (bytes) => {
        if (bytes.includes(publish)) publishes++;
        if (publishes > 1) {
          server.secondPublishes++;
          if (habit === 'resets on the second publish') reset(client);
          else client.end();
          onward.destroy();
          return;
        }
        onward.write(bytes);
        if (habit === 'closes on deleteStream' && bytes.includes(deleteStream)) client.end();
      });
    });
    const server = new OneStreamServer(receiver, front);
    return server;
  }

  url(name: string): string {
    return `rtmp://127.0.0.1:${this.#front.port}/live/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#front[Symbol.asyncDispose]();
    await this.receiver[Symbol.asyncDispose]();
  }
}

function segment(turn: number): CameraPacket[] {
  return packets.map((packet) => ({ ...packet, pts: packet.pts + turn * LOOP_MS }));
}

async function tell(channel: Channel, type: 'streamStart' | 'streamEnd'): Promise<void> {
  const metadata =
    type === 'streamStart'
      ? ({ type, trigger: 'face', time: 0 } as const)
      : ({ type, alarmDuration: 0, time: 0 } as const);
  while (!channel.sendMetadata(metadata)) await channel.writable();
}

/** Sends so many segments; between two of them something may be awaited. */
async function sendSegments(channel: Channel, count: number, between?: () => Promise<void>): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    if (turn > 0) await tell(channel, 'streamStart');
    for (const packet of segment(turn)) await sendOne(channel, packet);
    await tell(channel, 'streamEnd');
    if (turn < count - 1) await between?.();
  }
}

/** All segments arrived whole and in order, the caller has heard of no loss, and the channel ends well. */
async function expectSegments(
  channel: Channel,
  receiver: RecordingReceiver,
  reports: SegmentReport[],
  events: string[],
): Promise<void> {
  expect(await channel.close()).toEqual({ clean: true, error: undefined });
  // The server in front may have closed before what it passes on has arrived behind it.
  const haveEnded = () => receiver.all.length >= 4 && receiver.all.every(({ ended }) => ended !== undefined);
  await waitFor('the ends of the streams', 20_000, () => haveEnded() || undefined);
  expect(receiver.all).toHaveLength(4);
  for (const stream of receiver.all) expectWhole(stream, packets);
  expect(reports.map(({ number, streams }) => [number, streams[0]!.complete])).toEqual([
    [1, true],
    [2, true],
    [3, true],
    [4, true],
  ]);
  expect(events.filter((event) => event !== 'pause' && event !== 'resume')).toEqual([
    'connect',
    'move',
    'move',
    'move',
    'close',
  ]);
}

function open(
  engine: PushEngine,
  options: ChannelOptions,
): { channel: Channel; events: string[]; reports: SegmentReport[] } {
  const channel = engine.openChannel(options);
  const reports: SegmentReport[] = [];
  channel.on('segmentEnd', (report) => reports.push(report));
  return { channel, events: transcript(channel), reports };
}

describe.each(['camera/$time', 'camera'])('segments under the name %s', (name) => {
  test.each([
    'closes on deleteStream',
    'closes on the second publish',
    'resets on the second publish',
  ] as const)(
    'lose nothing with a server that %s, which is asked once, and get a connection each',
    async (habit) => {
      await using server = await OneStreamServer.listen(habit);
      const engine = await PushEngine.create({ maxConnections: 1 });
      // No `reconnect`: nothing is lost.
      const { channel, events, reports } = open(engine, { url: server.url(name) });
      await channel.connected();
      await sendSegments(channel, 4);
      await expectSegments(channel, server.receiver, reports, events);
      expect(server.connections).toBe(4);
      expect(server.secondPublishes).toBeLessThanOrEqual(1);
      await closeEmpty(engine);
    },
  );

  test.each([
    ['the caller wants it so', { segmentConnection: 'new' }, {}],
    ['the server is lal, which a second publish would end', {}, { connectInfo: { version: '0,37,4' } }],
    ['the server is said to be ZLMediaKit', { connection: { profile: 'zlmediakit' } }, {}],
  ] satisfies [string, Partial<ChannelOptions>, object][])(
    'get a connection each from the beginning when %s',
    async (_, options, behaviour) => {
      const ids: number[] = [];
      await using receiver = await RecordingReceiver.listen({
        ...behaviour,
        refusesBusyNames: true,
        onPublish: ({ messageStreamId }) => {
          ids.push(messageStreamId);
          return 'accept';
        },
      });
      const engine = await PushEngine.create({ maxConnections: 1 });
      const { channel, events, reports } = open(engine, { url: receiver.url(name), ...options });
      await channel.connected();
      await sendSegments(channel, 4);
      await expectSegments(channel, receiver, reports, events);
      // The first stream of a connection, each.
      expect(ids).toEqual([1, 1, 1, 1]);
      await closeEmpty(engine);
    },
  );
});

describe('between two segments', () => {
  test('a server that closes the connection ends it well: no loss is told, also without another segment', async () => {
    await using server = await OneStreamServer.listen('closes on deleteStream');
    const engine = await PushEngine.create({ maxConnections: 1 });
    const { channel, events } = open(engine, { url: server.url('a'), reconnect: true });
    await channel.connected();
    await sendSegments(channel, 1);
    await waitFor('the end', 5000, () => (server.receiver.connections === 0 ? true : undefined));
    expect(channel.state).toBe('publishing');
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expect(events).toEqual(['connect', 'close']);
    await closeEmpty(engine);
  });

  test('no connection is kept where each segment has its own, and the next is made when it starts', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const { channel, events, reports } = open(engine, { url: receiver.url('a'), segmentConnection: 'new' });
    await channel.connected();
    const atRest = (): Promise<true> =>
      waitFor('the end of the connection', 5000, () => (receiver.connections === 0 ? true : undefined));
    await sendSegments(channel, 4, async () => {
      await atRest();
    });
    await expectSegments(channel, receiver, reports, events);
    await closeEmpty(engine);
  });

  test('a new connection that cannot be made is a loss like any other', async () => {
    const server = await OneStreamServer.listen('closes on deleteStream');
    const engine = await PushEngine.create({ maxConnections: 1 });
    const { channel } = open(engine, { url: server.url('a'), segmentConnection: 'new' });
    await channel.connected();
    await sendSegments(channel, 1);
    await waitFor('the end', 5000, () => (server.receiver.connections === 0 ? true : undefined));
    await server[Symbol.asyncDispose]();
    const closed = once(channel, 'close');
    await tell(channel, 'streamStart');
    const [{ clean, error }] = await closed;
    expect([clean, error.code]).toEqual([false, 'ERR_CLOUDPUSH_SOCKET_CONNECT']);
    await closeEmpty(engine);
  });

  test('several servers each have it their own way', async () => {
    await using picky = await OneStreamServer.listen('closes on the second publish');
    await using patient = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const { channel, reports } = open(engine, { url: picky.url('a') });
    channel.addDestination({ url: patient.url('b') });
    await Promise.all(channel.destinations.map((destination) => destination.connected()));
    await sendSegments(channel, 4);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    for (const receiver of [picky.receiver, patient]) {
      expect(receiver.all).toHaveLength(4);
      for (const stream of receiver.all) expectWhole(stream, packets);
    }
    expect(picky.connections).toBe(4);
    expect(reports.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    await closeEmpty(engine);
  });
});
