// Events of a channel whose connection stands: every end by its real cause, each once, in order, and `close`
// last.

import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { encodeAmf0, MessageType } from '@cloudpush/transport';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import { cameraPackets, hasRoomWithin, sendOne } from './camera.js';
import { closeEmpty, expectWhole, samples, transcript } from './expectations.js';
import { hevcPacket } from './hevc.js';
import { Publishing } from './publishing.js';
import { RecordingReceiver } from './recording-receiver.js';
import { Relay } from './unruly-server.js';

const packets = cameraPackets();
const video = packets.filter(({ kind }) => kind === 'video');

vi.setConfig({ testTimeout: 30_000 });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a channel that publishes', () => {
  test('has told of it, naming its destination, and ends as it was asked to', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    const events = transcript(channel);
    const [destination] = await once(channel, 'connect');
    expect(channel.destinations).toEqual([destination]);
    expect(channel.state).toBe('publishing');
    for (const packet of packets) await sendOne(channel, packet);
    const closed = once(channel, 'close');
    expect(await Promise.all([channel.close(), channel.close()])).toHaveLength(2);
    expect(await closed).toEqual([{ clean: true, error: undefined }]);
    await closeEmpty(engine);
    expect(events).toEqual(['connect', 'close']);
    expectWhole(receiver.stream('a'), packets);
    expect(receiver.stream('a').ended).toBe('cleanly');
  });

  test('ends once when it is closed, aborted and closed with its engine, all at once', async () => {
    await using publishing = await Publishing.begin();
    const { channel, engine } = publishing;
    void channel.close();
    channel.abort();
    channel.abort('again');
    void channel.destinations[0]?.close();
    void engine.close();
    const { events, report } = await publishing.end();
    expect(events).toEqual(['connect', 'close']);
    expect(report).toMatchObject({ clean: false, error: { code: 'ERR_CLOUDPUSH_ABORTED', class: 'fatal' } });
  });

  test.each<[string, (publishing: Publishing) => void, object]>([
    [
      'closes',
      ({ relay }) => relay.end(),
      { code: 'ERR_CLOUDPUSH_PEER_CLOSED', class: 'retryable', details: { stage: 'publishing' } },
    ],
    [
      'resets',
      ({ relay }) => relay.reset(),
      {
        code: 'ERR_CLOUDPUSH_SOCKET',
        class: 'retryable',
        details: { stage: 'publishing' },
        cause: { code: 'ECONNRESET' },
      },
    ],
    [
      'sends the command `close`',
      ({ stream }) => stream.command('close'),
      { code: 'ERR_CLOUDPUSH_PEER_CLOSED', class: 'retryable', details: { stage: 'publishing' } },
    ],
    [
      'unpublishes',
      ({ stream }) => stream.status('status', 'NetStream.Unpublish.Success', 'thrown out'),
      {
        code: 'ERR_CLOUDPUSH_PUBLISH_FAILED',
        class: 'retryable',
        details: {
          stage: 'publishing',
          serverCode: 'NetStream.Unpublish.Success',
          description: 'thrown out',
        },
      },
    ],
    [
      'reports an error',
      ({ stream }) => stream.status('error', 'NetStream.Publish.Denied', 'expired'),
      {
        code: 'ERR_CLOUDPUSH_PUBLISH_REJECTED',
        class: 'auth',
        details: { stage: 'publishing', serverCode: 'NetStream.Publish.Denied', description: 'expired' },
      },
    ],
    [
      'talks nonsense',
      ({ relay }) => relay.inject(Buffer.alloc(64, 0xff)),
      {
        code: expect.stringMatching(/^ERR_CLOUDPUSH_(PROTOCOL|PEER_LIMIT)$/),
        class: 'retryable',
        details: { stage: 'publishing' },
      },
    ],
  ])('ends with the reason when the server %s', async (_what, act, error) => {
    await using publishing = await Publishing.begin();
    for (const packet of video.slice(0, 5)) await sendOne(publishing.channel, packet);
    act(publishing);
    const { report, events } = await publishing.end();
    expect(events).toEqual(['connect', 'close']);
    expect(report).toMatchObject({ clean: false, error });
  });

  test('tells of the loss, and of the new connection, when it may reconnect, and still ends once', async () => {
    await using publishing = await Publishing.begin({ reconnect: { initialDelay: 1, maxDelay: 1 } });
    const { channel, relay } = publishing;
    const lost = once(channel, 'disconnect');
    relay.reset();
    const [{ error, destination }] = await lost;
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_SOCKET', cause: { code: 'ECONNRESET' } });
    expect(destination).toBe(channel.destinations[0]);
    await channel.connected();
    for (const packet of video) await sendOne(channel, packet);
    void channel.close();
    const { report, events } = await publishing.end();
    expect(events).toEqual(['connect', 'disconnect', 'connect', 'close']);
    expect(report).toMatchObject({ clean: false, error: { code: 'ERR_CLOUDPUSH_SOCKET' } });
  });

  test('ends with the reason when its worker thread dies', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    await using publishing = await Publishing.begin();
    for (const packet of video.slice(0, 5)) await sendOne(publishing.channel, packet);
    await (posted.mock.contexts[0] as unknown as Worker).terminate();
    const { report, events } = await publishing.end();
    expect(events).toEqual(['connect', 'close']);
    expect(report).toMatchObject({
      clean: false,
      error: {
        code: 'ERR_CLOUDPUSH_SHARD_DIED',
        class: 'retryable',
        cause: { message: expect.stringMatching(/./) },
      },
    });
  });

  test('pauses when the network takes nothing more, and resumes when it does, in turn', async () => {
    await using publishing = await Publishing.begin({
      highWatermark: { bytes: 300_000 },
      closeTimeout: 60_000,
    });
    const { channel, relay, stream } = publishing;
    relay.hold();
    const sent = await sendUntilStuck(channel);
    relay.release();
    await channel.writable();
    void channel.close();
    const { report, events } = await publishing.end();
    expect(events.join(' ')).toMatch(/^connect( pause resume)+ close$/);
    expect(report).toEqual({ clean: true, error: undefined });
    expect(samples(stream, MessageType.video)).toHaveLength(sent);
  });

  test('that is paused when its server goes ends without a resume', async () => {
    await using publishing = await Publishing.begin({ highWatermark: { bytes: 300_000 } });
    const { channel, relay } = publishing;
    relay.hold();
    await sendUntilStuck(channel);
    relay.reset();
    const { events } = await publishing.end();
    expect(events.join(' ')).toMatch(/^connect( pause resume)* pause close$/);
  });

  test('tells once that a segment has been pushed to its end, and once of media between two segments', async () => {
    await using publishing = await Publishing.begin();
    const { channel, events, receiver } = publishing;
    channel.on('segmentEnd', ({ number }) => events.push(`segmentEnd ${number}`));
    const ended = once(channel, 'segmentEnd');
    for (const packet of video.slice(0, 5)) await sendOne(channel, packet);
    channel.sendMetadata({ type: 'streamEnd', alarmDuration: 10_000, time: 0 });
    for (const packet of video.slice(5, 10)) await sendOne(channel, packet);
    channel.sendMetadata({ type: 'streamStart', trigger: 'live', time: 0 });
    for (const packet of video) await sendOne(channel, packet);
    await ended;
    void channel.close();
    const { report } = await publishing.end();
    expect(report).toEqual({ clean: true, error: undefined });
    const problem = events.indexOf('problem ERR_CLOUDPUSH_BETWEEN_SEGMENTS');
    expect(problem).toBeGreaterThan(0);
    expect(events.toSpliced(problem, 1)).toEqual(['connect', 'segmentEnd 1', 'close']);
    const arrived = receiver.streams('a').map((stream) => samples(stream, MessageType.video).length);
    expect(arrived).toEqual([5, video.length]);
  });

  test('passes on what the server says by itself, commands and data messages alike, in order', async () => {
    await using publishing = await Publishing.begin();
    const { channel, relay, stream, events } = publishing;
    const heard: unknown[][] = [];
    channel.on('command', ({ name, args, destination }) => heard.push([name, args.at(-1), destination]));
    stream.command('onLiveOpen', { viewers: 1 });
    stream.command('onLiveClose', { viewers: 0 });
    await waitFor('the commands', 20_000, () => heard.length === 2 || undefined);
    relay.inject(dataMessage('onLiveOpen', { viewers: 2 }));
    relay.inject(dataMessage('onLiveClose', { viewers: 0 }));
    await waitFor('the data messages', 20_000, () => heard.length === 4 || undefined);
    const [destination] = channel.destinations;
    expect(heard).toEqual([
      ['onLiveOpen', { viewers: 1 }, destination],
      ['onLiveClose', { viewers: 0 }, destination],
      ['onLiveOpen', { viewers: 2 }, destination],
      ['onLiveClose', { viewers: 0 }, destination],
    ]);
    void channel.close();
    await publishing.end();
    const commands = ['command onLiveOpen', 'command onLiveClose'];
    expect(events).toEqual(['connect', ...commands, ...commands, 'close']);
  });
});

test('a channel whose server keeps it waiting pauses once, and resumes once when it is let in', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using relay = await Relay.listen(receiver.port, true);
  const engine = await PushEngine.create({ maxConnections: 1 });
  const url = relay.url('a');
  const channel = engine.openChannel({ url, highWatermark: { ms: 1000 }, connectTimeout: 60_000 });
  const events = transcript(channel);
  const paused = once(channel, 'pause');
  let sent = 0;
  for (let full = false; !full; ) {
    while (channel.sendVideo(video[0]!.data, { pts: sent * 40 })) sent++;
    full = await Promise.race([paused.then(() => true), setImmediate(false)]);
  }
  for (let i = 0; i < 100; i++) expect(channel.sendVideo(video[0]!.data, { pts: sent * 40 })).toBe(false);
  const resumed = once(channel, 'resume');
  relay.release();
  await resumed;
  expect(await channel.close()).toEqual({ clean: true, error: undefined });
  await closeEmpty(engine);
  expect(events).toEqual(['pause', 'connect', 'resume', 'close']);
  expect(samples(receiver.stream('a'), MessageType.video)).toHaveLength(sent);
});

test.each(['h264', 'h265'] as const)(
  'a gap in the times of a source that waits for its server is no congestion (%s)',
  async (codec) => {
    await using receiver = await RecordingReceiver.listen();
    await using relay = await Relay.listen(receiver.port, true);
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: relay.url('a'), video: codec, connectTimeout: 60_000 });
    const events = transcript(channel);
    const data = codec === 'h264' ? video[0]!.data : hevcPacket;
    for (const pts of [0, 60_000, 3_600_000, 3_600_040]) expect(channel.sendVideo(data, { pts })).toBe(true);
    relay.release();
    await channel.connected();
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    await closeEmpty(engine);
    expect(events).toEqual(['connect', 'close']);
    const times = samples(receiver.stream('a'), MessageType.video).map(({ timestamp }) => timestamp);
    expect(times).toEqual([0, 60_000, 3_600_000, 3_600_040]);
  },
);

/** Sends until the kernel's buffers are full as well. Returns the number of pictures that were taken. */
async function sendUntilStuck(channel: Channel): Promise<number> {
  for (let sent = 0; ; ) {
    if (channel.sendVideo(video[0]!.data, { pts: sent * 40 })) sent++;
    else if (!(await hasRoomWithin(channel, 1000))) return sent;
  }
}

/** A data message in one chunk (RTMP 1.0 §5.3.1), on a chunk stream that the receiver does not use. */
function dataMessage(name: string, value: Record<string, number>): Buffer {
  const payload = encodeAmf0(name, value);
  const header = Buffer.alloc(12);
  header[0] = 63;
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = MessageType.dataAmf0;
  header.writeUInt32LE(1, 8);
  return Buffer.concat([header, payload]);
}
