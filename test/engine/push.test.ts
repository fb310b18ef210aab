// The engine from end to end, into the embedded receiver: every byte, every event, every way to end.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { type Channel, type CloseReport, PushEngine, type ServerCommand } from '@cloudpush/engine';
import { Mp3Splitter } from '@cloudpush/muxer';
import { decodeAmf0, MessageType } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { fixture } from '../support/media.js';
import { type CameraPacket, cameraPackets, sendOne } from './camera.js';
import { closeEmpty, expectWhole, transcript } from './expectations.js';
import { hevcPacket } from './hevc.js';
import { RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();
const video = packets.filter(({ kind }) => kind === 'video');
const audio = packets.filter(({ kind }) => kind === 'audio');
const mp3Frames = [...new Mp3Splitter().push(readFileSync(fixture('stereo-44k.mp3')))].map(
  ({ data }) => data,
);

async function sendAll(channel: Channel, some: readonly CameraPacket[] = packets): Promise<void> {
  for (const packet of some) await sendOne(channel, packet);
}

/** Sends until the kernel's buffers are full as well, and the channel has been paused for a while. */
async function sendUntilStuck(channel: Channel): Promise<void> {
  for (let pts = -1_000_000; ; pts++) {
    if (channel.sendVideo(video[0]!.data, { pts })) continue;
    const stuck = setTimeout(1500, true);
    if (
      await Promise.race([
        stuck,
        channel.writable().then(
          () => false,
          () => false,
        ),
      ])
    )
      return;
  }
}

describe('a channel', () => {
  test('delivers every packet bit for bit, in order, with its time', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 3 });
    const names = ['a', 'b', 'c'];
    const reports = await Promise.all(
      names.map(async (name) => {
        const channel = engine.openChannel({ url: receiver.url(name) });
        await sendAll(channel);
        return channel.close();
      }),
    );
    expect(reports).toEqual(names.map(() => ({ clean: true, error: undefined })));
    for (const name of names) {
      expectWhole(receiver.stream(name), packets);
      expect(receiver.stream(name).ended).toBe('cleanly');
    }
    await closeEmpty(engine);
  });

  test.each([
    { when: 'while it connected', connectFirst: false },
    { when: 'in one turn, once it was connected', connectFirst: true },
  ])(
    'sends metadata, audio header, video header and key frame first, when both tracks began $when',
    async ({ connectFirst }) => {
      await using receiver = await RecordingReceiver.listen();
      const engine = await PushEngine.create({ maxConnections: 1 });
      const channel = engine.openChannel({ url: receiver.url('a') });
      if (connectFirst) await channel.connected();
      await sendAll(channel, packets.slice(0, 20));
      await channel.close();
      const [metadata, audioHeader, videoHeader, keyFrame] = receiver.stream('a').messages;
      expect(metadata!.type).toBe(MessageType.dataAmf0);
      expect([audioHeader!.type, ...audioHeader!.payload.subarray(0, 2)]).toEqual([
        MessageType.audio,
        0xaf,
        0,
      ]);
      expect([videoHeader!.type, ...videoHeader!.payload.subarray(0, 2)]).toEqual([
        MessageType.video,
        0x17,
        0,
      ]);
      expect([keyFrame!.type, ...keyFrame!.payload.subarray(0, 2)]).toEqual([MessageType.video, 0x17, 1]);
      expectWhole(receiver.stream('a'), packets.slice(0, 20));
      await closeEmpty(engine);
    },
  );

  test('describes the stream in onMetaData as servers and players expect', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await sendAll(channel, packets.slice(0, 20));
    await channel.close();
    const values = decodeAmf0(receiver.stream('a').messages[0]!.payload);
    expect(values.slice(-2)[0]).toBe('onMetaData');
    expect(values.at(-1)).toMatchObject({
      properties: {
        duration: 0,
        width: 1280,
        height: 720,
        framerate: 25,
        videocodecid: 7,
        audiocodecid: 10,
        audiosamplerate: 48_000,
        audiosamplesize: 16,
        audiochannels: 2,
        stereo: true,
        encoder: 'cloudpush',
      },
    });
    await closeEmpty(engine);
  });

  test.each([{ connectFirst: false }, { connectFirst: true }])(
    'describes a stream of a codec that has no header, too (connected first: $connectFirst)',
    async ({ connectFirst }) => {
      await using receiver = await RecordingReceiver.listen();
      const engine = await PushEngine.create({ maxConnections: 1 });
      const channel = engine.openChannel({ url: receiver.url('a'), audio: 'mp3' });
      if (connectFirst) await channel.connected();
      for (const [i, frame] of mp3Frames.entries()) channel.sendAudio(frame, { pts: i * 26 });
      await channel.close();
      const [metadata, ...others] = receiver.stream('a').messages;
      expect(decodeAmf0(metadata!.payload).at(-1)).toMatchObject({
        properties: { audiocodecid: 2, audiosamplerate: 44_100 },
      });
      expect(others.filter(({ type }) => type === MessageType.dataAmf0)).toEqual([]);
      expect(others.length).toBe(mp3Frames.length);
      await closeEmpty(engine);
    },
  );

  test('sends data messages in order with the media', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await channel.connected();
    await sendOne(channel, video[0]!);
    expect(channel.sendData('onCuePoint', [{ name: 'door', open: true }], { pts: 20 })).toBe(true);
    await sendOne(channel, video[1]!);
    await channel.close();
    const { messages } = receiver.stream('a');
    const at = messages.findIndex(({ type, timestamp }) => type === MessageType.dataAmf0 && timestamp === 20);
    expect(decodeAmf0(messages[at]!.payload)).toEqual(['onCuePoint', { name: 'door', open: true }]);
    expect(messages[at - 1]!.timestamp).toBe(0);
    expect(messages[at + 1]!.timestamp).toBe(40);
    await closeEmpty(engine);
  });

  test('makes its connection as it is told, and hears what the server has to say', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), connection: { token: 't0ken' } });
    await channel.connected();
    const command = once(channel, 'command') as Promise<[ServerCommand]>;
    receiver.stream('a').command('onLiveOpen', { viewers: 3 });
    const [{ name, args }] = await command;
    expect(name).toBe('onLiveOpen');
    expect(args).toContainEqual({ viewers: 3 });
    expect(receiver.stream('a').query).toBe('token=t0ken');
    await channel.close();
    await closeEmpty(engine);
  });

  test('reports a bad packet, at most once a second, and goes on with the next good one', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    const events = transcript(channel);
    await channel.connected();
    for (const packet of video.slice(0, 10)) {
      channel.sendVideo(new Uint8Array([1, 2, 3, 4]), { pts: packet.pts });
      await sendOne(channel, packet);
    }
    await channel.close();
    expect(events).toEqual(['connect', 'problem ERR_CLOUDPUSH_VIDEO_NO_START_CODE', 'close']);
    expect(channel.stats().packetsInvalid).toBe(10);
    expectWhole(receiver.stream('a'), video.slice(0, 10));
    await closeEmpty(engine);
  });

  test('pauses when the server reads slowly, resumes, and loses nothing of what it accepted', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 2_000_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const url = receiver.url('a');
    const channel = engine.openChannel({ url, highWatermark: { bytes: 500_000 }, closeTimeout: 30_000 });
    const events = transcript(channel);
    await channel.connected();
    const sent: CameraPacket[] = [];
    for (let round = 0; round < 16; round++) {
      for (const packet of video) {
        const shifted = { ...packet, pts: packet.pts + round * 3200 };
        await sendOne(channel, shifted);
        sent.push(shifted);
      }
    }
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    const signals = events.filter((event) => event === 'pause' || event === 'resume');
    expect(signals.length).toBeGreaterThanOrEqual(2);
    expect(signals).toEqual(signals.map((_, i) => (i % 2 === 0 ? 'pause' : 'resume')));
    expect(channel.stats().pauses).toBe(Math.ceil(signals.length / 2));
    expectWhole(receiver.stream('a'), sent);
    await closeEmpty(engine);
  }, 40_000);

  test('is refused, paused and resumed when the pool is full, and loses nothing that can be decoded', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1, poolSize: 128 * 1024 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    const events = transcript(channel);
    const sent: CameraPacket[] = [];
    for (const packet of video) if (channel.sendVideo(packet.data, { pts: packet.pts })) sent.push(packet);
    // Nothing has left yet: the engine cannot have connected within this turn.
    expect(sent.length).toBeLessThan(video.length);
    expect(channel.paused).toBe(true);
    await once(channel, 'resume');
    expect(channel.paused).toBe(false);
    // It refers to those that were refused, and a key frame refers to none.
    await sendOne(channel, video.at(-1)!);
    const keyFrame = { ...video[0]!, pts: video.at(-1)!.pts + 40 };
    await sendOne(channel, keyFrame);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expect(events).toEqual(['pause', 'connect', 'resume', 'close']);
    expect(channel.stats().packetsRefused).toBe(video.length - sent.length);
    expect(channel.stats().droppedUndecodable).toBe(1);
    expectWhole(receiver.stream('a'), [...sent, keyFrame]);
    await closeEmpty(engine);
  });

  test('whose server reads nothing leaves the others alone', async () => {
    await using stalled = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 4, poolSize: 4 * 1024 * 1024 });
    const stuck = engine.openChannel({ url: stalled.url('stuck'), closeTimeout: 300 });
    const others = ['a', 'b', 'c'].map((name) => engine.openChannel({ url: receiver.url(name) }));
    await Promise.all([stuck, ...others].map((channel) => channel.connected()));
    await sendUntilStuck(stuck);
    const { pauses, packetsRefused } = stuck.stats();
    const sent: CameraPacket[] = [];
    let taken = 0;
    for (let round = 0; round < 10; round++) {
      for (const packet of video) {
        const shifted = { ...packet, pts: packet.pts + round * 3200 };
        sent.push(shifted);
        // A packet that is smaller than the one that was refused may find room.
        if (stuck.sendVideo(shifted.data, { pts: shifted.pts })) taken++;
        for (const channel of others) await sendOne(channel, shifted);
      }
    }
    expect(stuck.stats()).toMatchObject({
      pauses,
      paused: true,
      packetsRefused: packetsRefused + sent.length - taken,
    });
    expect(taken).toBeLessThan(sent.length / 10);
    const reports = await Promise.all(others.map((channel) => channel.close()));
    expect(reports.every(({ clean }) => clean)).toBe(true);
    for (const name of ['a', 'b', 'c']) expectWhole(receiver.stream(name), sent);
    const { clean, error } = await stuck.close();
    expect([clean, error?.code]).toEqual([false, 'ERR_CLOUDPUSH_CLOSE_TIMEOUT']);
    await closeEmpty(engine);
  }, 20_000);
});

describe('H.265', () => {
  test.each([
    { announces: 'nothing', behaviour: { enhanced: false }, header: [0x90, 0x68, 0x76, 0x63, 0x31] },
    { announces: 'other codecs', behaviour: { connectInfo: { fourCcList: ['av01'] } }, header: [0x1c] },
    {
      announces: 'hvc1',
      behaviour: { connectInfo: { fourCcList: ['hvc1'] } },
      header: [0x90, 0x68, 0x76, 0x63, 0x31],
    },
  ])(
    'goes out in the form that the server takes, when it announces $announces',
    async ({ behaviour, header }) => {
      await using receiver = await RecordingReceiver.listen(behaviour);
      const engine = await PushEngine.create({ maxConnections: 1 });
      const channel = engine.openChannel({ url: receiver.url('a'), video: 'h265' });
      channel.sendVideo(hevcPacket, { pts: 0 });
      expect(await channel.close()).toEqual({ clean: true, error: undefined });
      const [sequenceHeader] = receiver.stream('a').messages.filter(({ type }) => type === MessageType.video);
      expect([...sequenceHeader!.payload.subarray(0, header.length)]).toEqual(header);
      await closeEmpty(engine);
    },
  );
});

describe('the end of a sequence', () => {
  test.each([
    { form: 'legacy', hevc: 'legacy', options: {}, end: [0x17, 2, 0, 0, 0] },
    { form: 'legacy H.265', hevc: 'legacy', options: { video: 'h265' }, end: [0x1c, 2, 0, 0, 0] },
    {
      form: 'Enhanced H.265',
      hevc: 'enhanced',
      options: { video: 'h265' },
      end: [0x92, 0x68, 0x76, 0x63, 0x31],
    },
  ] as const)(
    'is marked, when the caller asks for it, in the form of the stream: $form',
    async ({ hevc, options, end }) => {
      await using receiver = await RecordingReceiver.listen();
      const engine = await PushEngine.create({ maxConnections: 2 });
      for (const endOfSequence of [true, false]) {
        const url = receiver.url(`${endOfSequence}`);
        const channel = engine.openChannel({ url, hevc, endOfSequence, ...options });
        for (const pts of [0, 40])
          channel.sendVideo('video' in options ? hevcPacket : video[0]!.data, { pts });
        expect((await channel.close()).clean).toBe(true);
      }
      const last = (name: string) => receiver.stream(name).messages.at(-1)!;
      expect([...last('true').payload.subarray(0, 5)]).toEqual(end);
      expect(last('true').timestamp).toBe(40);
      expect([...last('false').payload.subarray(0, 5)]).not.toEqual(end);
      await closeEmpty(engine);
    },
  );
});

describe('a codec that only some servers take', () => {
  // An AV1 temporal unit: temporal delimiter only. What matters here is the server's answer.
  const temporalDelimiter = new Uint8Array([0x12, 0x00]);

  test('ends the channel with a clear refusal, when the server has announced others', async () => {
    await using receiver = await RecordingReceiver.listen({ connectInfo: { fourCcList: ['hvc1'] } });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), video: 'av1' });
    channel.sendVideo(temporalDelimiter, { pts: 0 });
    const { clean, error } = await channel.close();
    expect([clean, error?.code]).toEqual([false, 'ERR_CLOUDPUSH_CODEC_REFUSED']);
    expect(error?.message).toContain('av01');
    await closeEmpty(engine);
  });

  test.each([
    { announces: 'nothing', behaviour: { enhanced: false } },
    { announces: 'it', behaviour: { connectInfo: { fourCcList: ['Opus'] } } },
    { announces: 'what our own receiver takes', behaviour: {} },
  ])('is sent when the server announces $announces', async ({ behaviour }) => {
    const opusHead = Buffer.from('4f707573486561640102380180bb0000000000', 'hex');
    await using receiver = await RecordingReceiver.listen(behaviour);
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), audio: 'opus' });
    channel.sendAudio(opusHead, { pts: 0 });
    channel.sendAudio(new Uint8Array([0xfc, 0xff, 0xfe]), { pts: 0 });
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    const bodies = receiver.stream('a').messages.filter(({ type }) => type === MessageType.audio);
    expect(bodies.map(({ payload }) => Buffer.from(payload.subarray(0, 5)).toString('latin1'))).toEqual([
      '\x90Opus',
      '\x91Opus',
    ]);
    await closeEmpty(engine);
  });
});

describe('a channel that fails', () => {
  async function failing(
    url: string,
    connectTimeout = 5000,
  ): Promise<{ report: CloseReport; events: string[] }> {
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url, connectTimeout });
    const events = transcript(channel);
    channel.sendVideo(video[0]!.data, { pts: 0 });
    const [failure, [report]] = await Promise.all([
      channel.connected().then(
        () => undefined,
        (error: unknown) => error,
      ),
      once(channel, 'close') as Promise<[CloseReport]>,
    ]);
    expect(failure).toBe(report.error);
    expect(channel.sendVideo(video[0]!.data, { pts: 0 })).toBe(false);
    expect(await channel.close()).toBe(report);
    await closeEmpty(engine);
    return { report, events };
  }

  test('says that nobody listens', async () => {
    const { report, events } = await failing('rtmp://127.0.0.1:1/live/a');
    expect(report).toMatchObject({
      clean: false,
      error: { code: 'ERR_CLOUDPUSH_SOCKET_CONNECT', class: 'retryable' },
    });
    expect(report.error?.cause).toMatchObject({ code: 'ECONNREFUSED' });
    expect(events).toEqual(['close']);
  });

  test('says what the server answered to connect', async () => {
    const onConnect = () => ({ code: 'NetConnection.Connect.Rejected', description: 'no such app' });
    await using receiver = await RecordingReceiver.listen({ onConnect: onConnect as never });
    const { report } = await failing(receiver.url('a'));
    expect(report.error).toMatchObject({ code: 'ERR_CLOUDPUSH_CONNECT_REJECTED', class: 'auth' });
    expect(JSON.stringify(report.error?.details)).toContain('no such app');
  });

  test('does not wait for ever for a server that says nothing', async () => {
    await using receiver = await RecordingReceiver.listen({ handshake: 'silent' });
    const { report } = await failing(receiver.url('a'), 200);
    expect(report.error).toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT', class: 'retryable' });
    expect(report.error?.message).toContain('200 ms');
  });

  test('reports the server that drops it in mid-stream, and keeps no block', async () => {
    await using receiver = await RecordingReceiver.listen({ dropMidMessageAfter: 50_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await channel.connected();
    for (const packet of packets) if (!(await sendOne(channel, packet))) break;
    const report = await channel.close();
    expect(report.clean).toBe(false);
    expect(report.error?.code).toMatch(/^ERR_CLOUDPUSH_(PEER_CLOSED|SOCKET)$/);
    await closeEmpty(engine);
  });

  test('is reset by its AbortSignal, in whatever state', async () => {
    await using silent = await RecordingReceiver.listen({ handshake: 'silent' });
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const controller = new AbortController();
    const { signal } = controller;
    const connecting = engine.openChannel({ url: silent.url('a'), signal });
    const publishing = engine.openChannel({ url: receiver.url('b'), signal });
    await publishing.connected();
    await sendOne(publishing, video[0]!);
    controller.abort();
    const closed = [connecting, publishing].map(
      (channel) => once(channel, 'close') as Promise<[CloseReport]>,
    );
    for (const [{ clean, error }] of await Promise.all(closed)) {
      expect([clean, error?.code]).toEqual([false, 'ERR_CLOUDPUSH_ABORTED']);
    }
    await closeEmpty(engine);
  });
});

describe('closing', () => {
  test('ends a loop that sends whenever the channel is writable, although the channel is not paused', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await channel.connected();
    const ended = (async () => {
      for (let i = 0; await sendOne(channel, { ...video[i % 80]!, pts: i * 40 }); i++) {
        if (i % 100 === 99) await setTimeout(1);
        if (i === 500) channel.abort('no longer wanted');
      }
    })();
    await ended;
    const { error } = await channel.close();
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED', details: { reason: 'no longer wanted' } });
    await expect(channel.connected()).rejects.toBe(error);
    expect(channel.paused).toBe(false);
    await closeEmpty(engine);
  });

  test('ends in time although the server, which must be asked about the codec, cannot be reached', async () => {
    const engine = await PushEngine.create({ maxConnections: 1 });
    const url = 'rtmp://127.0.0.1:1/live/a';
    const channel = engine.openChannel({
      url,
      video: 'h265',
      reconnect: true,
      closeTimeout: 300,
      highWatermark: { bytes: 30_000 },
    });
    const events = transcript(channel);
    let taken = 0;
    while (channel.sendVideo(hevcPacket, { pts: taken }) && taken < 1000) {
      taken++;
      await setTimeout(1);
    }
    // Packets that wait for the server's answer are bounded and counted as in any other queue; how many are
    // taken until the thread has said so depends on when it has a processor.
    expect(taken).toBeLessThan(1000);
    expect(channel.stats().queuedBytes).toBeGreaterThan(30_000);
    const { clean, error } = await channel.close();
    expect([clean, error?.code]).toEqual([false, 'ERR_CLOUDPUSH_CLOSE_TIMEOUT']);
    expect(channel.stats().packetsLost).toBe(taken);
    expect(events.filter((event) => event === 'pause')).toHaveLength(1);
    await closeEmpty(engine);
  });

  test('before the connection is up still delivers what was accepted', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    for (const packet of packets.slice(0, 30)) await sendOne(channel, packet);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expectWhole(receiver.stream('a'), packets.slice(0, 30));
    await closeEmpty(engine);
  });

  test('ends although the server never closes its side', async () => {
    await using receiver = await RecordingReceiver.listen({ neverCloses: true });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), closeTimeout: 500 });
    await sendAll(channel, packets.slice(0, 10));
    const { clean, error } = await channel.close();
    // Nobody can tell whether the server has read everything.
    expect([clean, error?.code]).toEqual([false, 'ERR_CLOUDPUSH_CLOSE_TIMEOUT']);
    await closeEmpty(engine);
  });

  test('an engine closes its channels cleanly', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channels = ['a', 'b'].map((name) => engine.openChannel({ url: receiver.url(name) }));
    for (const channel of channels) await sendAll(channel, packets.slice(0, 50));
    await closeEmpty(engine);
    for (const name of ['a', 'b']) {
      expect(receiver.stream(name).ended).toBe('cleanly');
      expectWhole(receiver.stream(name), packets.slice(0, 50));
    }
    expect(() => engine.openChannel({ url: receiver.url('c') })).toThrow(/engine is closed/);
  });
});

describe('an engine', () => {
  test('opens no more channels than it was made for, and reuses the places of closed ones', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const url = receiver.url('a');
    const first = engine.openChannel({ url });
    engine.openChannel({ url: receiver.url('b') });
    expect(() => engine.openChannel({ url })).toThrow(/2 destinations are open, which is the limit/);
    await first.close();
    for (let i = 0; i < 5; i++) {
      const channel = engine.openChannel({ url: receiver.url(`again-${i}`) });
      await sendAll(channel, audio.slice(0, 5));
      expect(channel.stats().packetsRefused).toBe(0);
      expect((await channel.close()).clean).toBe(true);
      expect(channel.stats().audioFrames).toBe(5);
    }
    await closeEmpty(engine);
  });

  test('never lets a packet overtake the opening of its channel, however full the ring is', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2, poolSize: 16 * 1024 * 1024 });
    const first = engine.openChannel({ url: receiver.url('a') });
    await first.connected();
    // Without a turn of the event loop the shard gets no doorbell, and the ring fills up.
    let pts = 0;
    while (first.sendAudio(audio[0]!.data, { pts })) pts += 22;
    const second = engine.openChannel({ url: receiver.url('b') });
    const busyUntil = performance.now() + 300;
    while (performance.now() < busyUntil) second.sendAudio(audio[0]!.data, { pts: 0 });
    expect((await second.close()).clean).toBe(true);
    expect((await first.close()).clean).toBe(true);
    await closeEmpty(engine);
  });

  test('tells when all that was queued has left', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await channel.connected();
    await sendAll(channel, packets);
    while (channel.stats().queuedBytes > 0) await setTimeout(1);
    // Figures may lag behind a little, but not behind an event.
    const told = once(channel, 'command');
    receiver.stream('a').command('onLiveOpen', {});
    await told;
    expect(channel.stats()).toMatchObject({ queuedBytes: 0, queuedMs: 0 });
    const { bytesSent } = channel.stats();
    await channel.close();
    // Only the commands that end the stream follow.
    expect(channel.stats().bytesSent - bytesSent).toBeLessThan(200);
    await closeEmpty(engine);
  });

  test.each([
    [{ poolSize: 1000 }, /poolSize is 1000; permitted: an integer from 65536/],
    [{ maxConnections: 0 }, /maxConnections is 0/],
    [{ shards: 65 }, /shards is 65; permitted: an integer from 1 to 64/],
  ])('refuses %o and names value and limit', async (options, message) => {
    await expect(PushEngine.create(options)).rejects.toThrow(message);
  });

  test('refuses bad channel options and packets, naming what is wrong but no secret', async () => {
    const engine = await PushEngine.create({ maxConnections: 1, poolSize: 65_536 });
    expect(() => engine.openChannel({ url: 'http://host/a/b?token=secret' })).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_INVALID_URL',
        message: expect.not.stringContaining('secret'),
      }),
    );
    const url = 'rtmp://127.0.0.1:1/live/a';
    expect(() => engine.openChannel({ url, connectTimeout: 0 })).toThrow(/connectTimeout is 0/);
    const connection = { connectObject: { secret: (() => 1) as never } };
    expect(() => engine.openChannel({ url, connection })).toThrow(
      /connection.connectObject is .*; permitted: /,
    );
    expect(() => engine.openChannel({ url, chunkSize: 5 })).toThrow(
      /chunkSize is 5; permitted: an integer from 128/,
    );
    expect(() => engine.openChannel({ url: 'rtmp://127.0.0.1:1/live' })).toThrow(/names no stream/);
    expect(() => engine.openChannel({ url, video: 'h266' as never })).toThrow(
      /video is 'h266'; permitted: 'h264', 'h265'/,
    );
    const channel = engine.openChannel({ url });
    expect(() => channel.sendVideo(new Uint8Array(0), { pts: 0 })).toThrow(/data.length is 0/);
    expect(() => channel.sendVideo('text' as never, { pts: 0 })).toThrow(
      /data is 'string'; permitted: a Uint8Array/,
    );
    expect(() => channel.sendVideo(new Uint8Array(1), { pts: Number.NaN })).toThrow(/pts is NaN/);
    expect(() => channel.sendVideo(new Uint8Array(100_000), { pts: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_PACKET_TOO_LARGE' }),
    );
    await closeEmpty(engine);
  });

  test('measures the way of a packet from the caller to the kernel', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await channel.connected();
    await sendAll(channel, video.slice(0, 20));
    await channel.close();
    const { count, p50, max } = engine.stats().latency;
    expect(count).toBe(20);
    expect(p50).toBeGreaterThan(0);
    expect(max).toBeGreaterThanOrEqual(p50);
    await closeEmpty(engine);
  });
});
