// A stream that moves to another connection, to another server, or under another name, without a gap.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import { type CameraPacket, cameraPackets, expectedVideoMessage, sendOne } from './camera.js';
import { closeEmpty, isSequenceHeader, samples, transcript, warningsTo } from './expectations.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();
const LOOP_MS = 3200;

// Busy machines take their time.
vi.setConfig({ testTimeout: 30_000 });

/** The clip once more, later on the same clock. */
function loop(turn: number): CameraPacket[] {
  return packets.map((packet) => ({ ...packet, pts: packet.pts + turn * LOOP_MS }));
}

/**
 * Sends the clip again and again until `moved`, and once more after that. Returns what was sent.
 * @param move called in the midst of the first group of pictures
 */
async function sendUntil(
  channel: Channel,
  moved: Promise<unknown>,
  move?: () => Promise<void>,
): Promise<CameraPacket[]> {
  const sent: CameraPacket[] = [];
  let over = false;
  void moved.then(() => {
    over = true;
  });
  for (let turn = 0, last = Number.POSITIVE_INFINITY; turn <= last; turn++) {
    for (const packet of loop(turn)) {
      await sendOne(channel, packet);
      sent.push(packet);
      await setTimeout(0);
      if (sent.length === 30) await move?.();
    }
    if (over && last === Number.POSITIVE_INFINITY) last = turn + 1;
  }
  return sent;
}

/**
 * Every picture and every audio frame arrived, once, in order and on one clock: first at the old place, then
 * at the new one.
 */
function expectNoGap(streams: readonly ArrivedStream[], sent: readonly CameraPacket[]): void {
  const pictures = streams.flatMap((stream) => samples(stream, MessageType.video));
  const sentPictures = sent.filter(({ kind }) => kind === 'video');
  expect(pictures.length).toBe(sentPictures.length);
  for (const [i, { payload, timestamp }] of pictures.entries()) {
    expect(Buffer.compare(payload, expectedVideoMessage(sentPictures[i]!))).toBe(0);
    expect(timestamp).toBe(sentPictures[i]!.pts);
  }
  const frames = streams.flatMap((stream) => samples(stream, MessageType.audio));
  expect(frames.length).toBe(sent.filter(({ kind }) => kind === 'audio').length);
  for (const [i, stream] of streams.entries()) {
    expect(stream.ended).toBe('cleanly');
    const [metadata, ...others] = stream.messages;
    expect(metadata!.type).toBe(MessageType.dataAmf0);
    // Where the stream began, the second track may have come a turn later.
    expect(others.slice(0, i === 0 ? 1 : 2).every(isSequenceHeader)).toBe(true);
    // Key frame of H.264.
    expect(samples(stream, MessageType.video)[0]!.payload[0]).toBe(0x17);
  }
}

/** Resolves when the first picture of the stream has arrived: from then on, a key frame is one to move at. */
async function begun(receiver: RecordingReceiver, name: string): Promise<void> {
  await waitFor('a picture', 5000, () => samples(receiver.stream(name), MessageType.video)[0]);
}

/** A tcUrl of the receiver, under another name of its host than the URLs of tests have. */
function elsewhere(receiver: RecordingReceiver): string {
  return receiver.url('').replace('127.0.0.1', 'localhost').replace(/\/$/, '');
}

describe('a stream', () => {
  test('moves to another server at a key frame, with nothing lost and nothing sent twice', async () => {
    await using first = await RecordingReceiver.listen();
    await using second = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: first.url('a') });
    const events = transcript(channel);
    await channel.connected();
    const moved = once(channel, 'move');
    const sent = await sendUntil(channel, moved, async () => {
      await begun(first, 'a');
      channel.destinations[0]!.moveTo({ url: second.url('b') });
    });
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expectNoGap([first.stream('a'), second.stream('b')], sent);
    expect(events).toEqual(['connect', 'move', 'close']);
    expect(channel.stats()).toMatchObject({ moves: 1, reconnects: 0, packetsLost: 0, droppedPictures: 0 });
    await closeEmpty(engine);
  });

  test('follows a reconnect request of its server', async () => {
    await using first = await RecordingReceiver.listen();
    await using second = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: first.url('a') });
    await channel.connected();
    const moved = once(channel, 'move');
    const sent = await sendUntil(channel, moved, async () => {
      await begun(first, 'a');
      first.stream('a').requestReconnect(second.url('').replace(/\/$/, ''));
    });
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expectNoGap([first.stream('a'), second.stream('a')], sent);
    await closeEmpty(engine);
  });

  test('ends the old connection first where the server lets only one publish the name', async () => {
    await using receiver = await RecordingReceiver.listen({ refusesBusyNames: true });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), reconnect: true });
    const events = transcript(channel);
    await channel.connected();
    const moved = once(channel, 'move');
    const sent = await sendUntil(channel, moved, async () => {
      await begun(receiver, 'a');
      channel.destinations[0]!.moveTo({ url: receiver.url('a') });
    });
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    const streams = receiver.streams('a');
    expect(streams.length).toBe(2);
    expectNoGap(streams, sent);
    expect(events).toEqual(['connect', 'move', 'close']);
    await closeEmpty(engine);
  });

  test('stays where it is when the other server cannot be reached', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await channel.connected();
    channel.destinations[0]!.moveTo({ url: 'rtmp://127.0.0.1:1/live/a' });
    const sent = await sendUntil(channel, setTimeout(300));
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expectNoGap([receiver.stream('a')], sent);
    expect(channel.stats().moves).toBe(0);
    await closeEmpty(engine);
  });

  test('is taken over at once by the connection that waits when the old one breaks', async () => {
    await using first = await RecordingReceiver.listen();
    await using second = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: first.url('a') });
    const events = transcript(channel);
    await channel.connected();
    // One key frame and its pictures: there is no place for the move yet.
    for (const packet of packets.slice(0, 20)) await sendOne(channel, packet);
    channel.destinations[0]!.moveTo({ url: second.url('b') });
    await waitFor('the other connection', 5000, () => second.streams('b')[0]);
    const again = once(channel, 'connect');
    first.stream('a').drop();
    await again;
    for (const packet of loop(1)) await sendOne(channel, packet);
    const report = await channel.close();
    expect(report.clean).toBe(false);
    expect(events).toEqual(['connect', 'disconnect', 'connect', 'close']);
    const pictures = samples(second.stream('b'), MessageType.video);
    const expected = loop(1).filter(({ kind }) => kind === 'video');
    expect(pictures.length).toBe(expected.length);
    expect(pictures[0]!.timestamp).toBe(expected[0]!.pts);
    await closeEmpty(engine);
  });

  test('stays where it is when its server asks it to move to no address', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1, shards: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    const events = transcript(channel);
    await channel.connected();
    for (const address of ['rtmp://127.0.0.1:0/live', 'rtmp:///live', 'rtmp:live'])
      receiver.stream('a').requestReconnect(address);
    for (const packet of packets) await sendOne(channel, packet);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expect(events).toEqual(['connect', 'close']);
    await closeEmpty(engine);
  });

  test('goes back to where it was when it is lost after a move that failed', async () => {
    await using receiver = await RecordingReceiver.listen();
    const warnings: string[] = [];
    const engine = await PushEngine.create({ maxConnections: 1, logger: warningsTo(warnings) });
    const channel = engine.openChannel({
      url: receiver.url('a'),
      reconnect: { initialDelay: 1, maxDelay: 1 },
    });
    await channel.connected();
    channel.destinations[0]!.moveTo({ url: 'rtmp://127.0.0.1:1/live/a' });
    await waitFor('the warning', 5000, () => warnings.find((text) => text.includes('could not be moved')));
    const again = once(channel, 'connect', { signal: AbortSignal.timeout(30_000) });
    receiver.streams('a')[0]!.drop();
    await again;
    expect(receiver.streams('a').length).toBe(2);
    await channel.close();
    await closeEmpty(engine);
  });

  test.each(['a URL', 'a target'])('of %s goes where it was told to before it is connected', async (what) => {
    await using silent = await RecordingReceiver.listen({ handshake: 'silent' });
    await using receiver = await RecordingReceiver.listen();
    const tokenProvider = async () => ({ url: silent.url('a') });
    const engine = await PushEngine.create({ maxConnections: 1, tokenProvider });
    const channel = engine.openChannel({
      ...(what === 'a URL'
        ? { url: silent.url('a') }
        : { target: { kind: 'deviceToken', deviceToken: 'dt' } as const }),
      reconnect: { initialDelay: 1, maxDelay: 1 },
      connectTimeout: 1000,
    });
    channel.destinations[0]!.moveTo({ url: receiver.url('b') });
    await channel.connected(AbortSignal.timeout(30_000));
    expect(receiver.streams('b').length).toBe(1);
    await channel.close();
    await closeEmpty(engine);
  });

  test('goes where it was told to while it waited to reconnect', async () => {
    await using first = await RecordingReceiver.listen();
    await using second = await RecordingReceiver.listen();
    const tokenProvider = async () => ({ url: first.url('a') });
    const engine = await PushEngine.create({ maxConnections: 1, tokenProvider });
    const channel = engine.openChannel({
      target: { kind: 'deviceToken', deviceToken: 'dt' },
      reconnect: { initialDelay: 500, maxDelay: 500 },
    });
    await channel.connected();
    const lost = once(channel, 'disconnect');
    first.stream('a').drop();
    await lost;
    const again = once(channel, 'connect');
    channel.destinations[0]!.moveTo({ url: second.url('b') });
    await again;
    expect([first.streams('a').length, second.streams('b').length]).toEqual([1, 1]);
    await channel.close();
    await closeEmpty(engine);
  });

  test('is not moved by a destination that is over', async () => {
    await using first = await RecordingReceiver.listen();
    await using second = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: first.url('a') });
    const gone = channel.addDestination({ url: first.url('b') });
    await gone.close();
    // It has the place that has become free.
    await channel.addDestination({ url: first.url('c') }).connected();
    gone.moveTo({ url: second.url('d') });
    await sendUntil(channel, setTimeout(300));
    expect(channel.stats().moves).toBe(0);
    expect(second.all).toEqual([]);
    await channel.close();
    await closeEmpty(engine);
  });

  test('does not go to a server that does not take its codec', async () => {
    const opusHead = Buffer.from('4f707573486561640102380180bb0000000000', 'hex');
    const frame = new Uint8Array([0xfc, 0xff, 0xfe]);
    await using first = await RecordingReceiver.listen({ connectInfo: { fourCcList: ['Opus'] } });
    await using second = await RecordingReceiver.listen({
      connectInfo: { audioFourCcInfoMap: { fLaC: 1 } },
    });
    const warnings: string[] = [];
    const engine = await PushEngine.create({ maxConnections: 1, logger: warningsTo(warnings) });
    const channel = engine.openChannel({ url: first.url('a'), audio: 'opus' });
    await channel.connected();
    channel.sendAudio(opusHead, { pts: 0 });
    channel.sendAudio(frame, { pts: 0 });
    await waitFor('the stream', 5000, () => first.stream('a').messages[0]);
    channel.destinations[0]!.moveTo({ url: second.url('b') });
    for (let pts = 20; warnings.length === 0; pts += 20) {
      channel.sendAudio(frame, { pts });
      await setTimeout(1);
    }
    expect(warnings).toEqual([expect.stringMatching(/stays where it is.*takes Opus in no form/)]);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    await closeEmpty(engine);
  });

  test('starts with the first delay again when it is lost after a good period and a move', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({
      url: receiver.url('a'),
      reconnect: { maxAttempts: 1, initialDelay: 1, resetAfter: 500 },
    });
    await channel.connected();
    const again = once(channel, 'connect');
    receiver.stream('a').drop();
    await again;
    await setTimeout(600);
    const moved = once(channel, 'move');
    channel.destinations[0]!.moveTo({ url: receiver.url('b') });
    await sendUntil(channel, moved);
    const outcome = Promise.race([once(channel, 'connect'), once(channel, 'close')]);
    receiver.stream('b').drop();
    await outcome;
    expect(channel.state).toBe('publishing');
    await channel.close();
    await closeEmpty(engine);
  });

  test('shows its password to the host that the caller named only, however often it is sent on', async () => {
    const credentials = { user: 'me', password: 'pa55w0rd' };
    const auth = { scheme: 'adobe', ...credentials } as const;
    await using first = await RecordingReceiver.listen({ auth });
    await using second = await RecordingReceiver.listen();
    await using third = await RecordingReceiver.listen({ auth });
    const warnings: string[] = [];
    const engine = await PushEngine.create({ maxConnections: 1, logger: warningsTo(warnings) });
    const channel = engine.openChannel({ url: first.url('a'), connection: { credentials } });
    await channel.connected();
    const moved = once(channel, 'move');
    first.stream('a').requestReconnect(elsewhere(second));
    await sendUntil(channel, moved);
    second.stream('a').requestReconnect(elsewhere(third));
    // The second request in a row is followed after a while only.
    await waitFor('the refusal', 30_000, () => warnings.find((text) => text.includes('could not be moved')));
    expect(third.all).toEqual([]);
    await channel.close();
    await closeEmpty(engine);
  });

  test('brings its token along when its server asks it to move', async () => {
    await using first = await RecordingReceiver.listen();
    await using second = await RecordingReceiver.listen();
    const tokenProvider = async () => ({ url: first.url('a'), token: 't0ken' });
    const engine = await PushEngine.create({ maxConnections: 1, tokenProvider });
    const channel = engine.openChannel({ target: { kind: 'deviceToken', deviceToken: 'dt' } });
    await channel.connected();
    const moved = once(channel, 'move');
    first.stream('a').requestReconnect(elsewhere(second));
    await sendUntil(channel, moved);
    expect(second.stream('a').query).toBe('token=t0ken');
    await channel.close();
    await closeEmpty(engine);
  });

  test('does not show its token where it was not shown on the way there', async () => {
    await using second = await RecordingReceiver.listen();
    await using third = await RecordingReceiver.listen();
    await using first = await RecordingReceiver.listen({
      onConnect: () => ({
        code: 'NetConnection.Connect.Rejected',
        description: 'elsewhere',
        redirect: elsewhere(second),
      }),
    });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: first.url('a'), connection: { token: 't0ken' } });
    await channel.connected();
    const moved = once(channel, 'move');
    second.stream('a').requestReconnect(elsewhere(third));
    await sendUntil(channel, moved);
    expect([second.stream('a').query, third.stream('a').query]).toEqual(['', '']);
    await channel.close();
    await closeEmpty(engine);
  });

  test('can be closed and aborted on the way', async () => {
    await using first = await RecordingReceiver.listen();
    await using second = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    for (const end of ['close', 'abort'] as const) {
      const channel = engine.openChannel({ url: first.url(end) });
      await channel.connected();
      for (const packet of packets.slice(0, 20)) await sendOne(channel, packet);
      channel.destinations[0]!.moveTo({ url: second.url(end) });
      if (end === 'abort') await waitFor('the other connection', 5000, () => second.streams(end)[0]);
      if (end === 'abort') channel.abort();
      expect((await channel.close()).clean).toBe(end === 'close');
    }
    await waitFor('the end of all connections', 5000, () =>
      first.connections + second.connections === 0 ? true : undefined,
    );
    await closeEmpty(engine);
  });
});
