// Frames that leave encrypted, and what servers are told about it.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Channel, type EncryptionOptions, PushEngine, type StreamMetadata } from '@cloudpush/engine';
import { FlvDecryptor } from '@cloudpush/muxer';
import { type AmfObject, decodeAmf0, MessageType } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import {
  type CameraPacket,
  cameraPackets,
  expectedAudioMessage,
  expectedVideoMessage,
  sendOne,
} from './camera.js';
import { closeEmpty, expectWhole, isSequenceHeader, samples } from './expectations.js';
import { type Arrived, type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

// Each plays the clip; beside other tests that may take a while.
vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const LOOP_MS = 3200;
const textKey = 'not a key that anyone may see';
const aesKey = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
const keys = [textKey, aesKey];

/** The clip again, later on the same clock. */
function loop(turn: number): CameraPacket[] {
  return packets.map((packet) => ({ ...packet, pts: packet.pts + turn * LOOP_MS }));
}

async function sendAll(channel: Channel, sent: readonly CameraPacket[]): Promise<void> {
  for (const packet of sent) await sendOne(channel, packet);
}

/** The facts of an `onEncryption` message; undefined for any other. */
function factsOf({ type, payload }: Arrived): AmfObject | undefined {
  if (type !== MessageType.dataAmf0) return undefined;
  const [name, facts] = decodeAmf0(payload);
  return name === 'onEncryption' ? (facts as AmfObject) : undefined;
}

function allFacts({ messages }: ArrivedStream): AmfObject[] {
  return messages.map(factsOf).filter((facts) => facts !== undefined);
}

/** The stream in the clear, and how many of its frames were encrypted. */
function decrypt(stream: ArrivedStream): { clear: ArrivedStream; count: number } {
  const decryptor = new FlvDecryptor({ keys });
  const messages: Arrived[] = [];
  for (const { type, timestamp, payload } of stream.messages) {
    const clear = decryptor.decrypt({ type: type as 8 | 9 | 18, timestamp, payload });
    if (clear !== undefined) messages.push(clear);
  }
  return { clear: { ...stream, messages }, count: decryptor.counts.decrypted };
}

const video = packets.filter(({ kind }) => kind === 'video');
const audio = packets.filter(({ kind }) => kind === 'audio');
const keyFrames = video.filter(({ keyFrame }) => keyFrame);

const modes: { name: string; encryption: EncryptionOptions; count: number }[] = [
  {
    name: 'all frames of both tracks',
    encryption: { video: { mode: 'allFrames', key: textKey }, audio: { mode: 'allFrames', key: aesKey } },
    count: packets.length,
  },
  {
    name: 'key frames only, and all audio',
    encryption: { video: { mode: 'keyFrames', key: aesKey }, audio: { mode: 'keyFrames', key: textKey } },
    count: keyFrames.length + audio.length,
  },
  {
    name: 'audio alone',
    encryption: { video: { mode: 'none' }, audio: { mode: 'allFrames', key: textKey } },
    count: audio.length,
  },
];

describe('an encrypted stream', () => {
  test.each(modes)('is bit by bit what was sent, decrypted: $name', async ({ encryption, count }) => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: receiver.url('a'), encryption });
    // Encrypted once: both servers get the same bytes.
    channel.addDestination({ url: receiver.url('b') });
    await sendAll(channel, packets);
    expect(await channel.close()).toMatchObject({ clean: true });
    for (const name of ['a', 'b']) {
      const { clear, count: decrypted } = decrypt(receiver.stream(name));
      expect(decrypted).toBe(count);
      expectWhole(clear, packets);
    }
    for (const type of [MessageType.video, MessageType.audio]) {
      const [a, b] = ['a', 'b'].map((name) => samples(receiver.stream(name), type));
      expect(a!.length).toBe(b!.length);
      for (const [i, { payload }] of a!.entries()) expect(Buffer.compare(payload, b![i]!.payload)).toBe(0);
    }
    await closeEmpty(engine);
  });

  test('tells about each encrypted track in front of its first frame, and never the key', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const encryption = {
      video: { mode: 'keyFrames', key: textKey },
      audio: { mode: 'allFrames', key: aesKey },
    } as const;
    const channel = engine.openChannel({ url: receiver.url('a'), encryption });
    await sendAll(channel, packets);
    await channel.close();
    const { messages } = receiver.stream('a');
    for (const track of ['video', 'audio'] as const) {
      const told = messages.findIndex((message) => factsOf(message)?.['track'] === track);
      const first = messages.findIndex(
        (message) => message.type === MessageType[track] && !isSequenceHeader(message),
      );
      expect(told).toBeGreaterThan(-1);
      expect(told).toBeLessThan(first);
    }
    const hex = (digits: number): unknown => expect.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
    const common = { scheme: 'aes-ctr', version: 2, nonce: hex(24), keyCheck: hex(8) };
    const facts = allFacts(receiver.stream('a'));
    expect(facts.find(({ track }) => track === 'video')).toEqual({
      ...common,
      track: 'video',
      mode: 'keyFrames',
      keyBits: 256,
      stretched: true,
    });
    expect(facts.find(({ track }) => track === 'audio')).toEqual({
      ...common,
      track: 'audio',
      mode: 'allFrames',
      keyBits: 128,
      stretched: false,
    });
    const everything = Buffer.concat(messages.map(({ payload }) => payload));
    for (const key of keys) expect(everything.includes(Buffer.from(key))).toBe(false);
    await closeEmpty(engine);
  });

  test('changes key and mode between two frames', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    const changes: readonly (readonly [number, StreamMetadata])[] = [
      [60, { type: 'videoEncrypt', mode: 'allFrames', key: textKey }],
      [90, { type: 'audioEncrypt', mode: 'allFrames', key: aesKey }],
      [120, { type: 'videoEncrypt', mode: 'allFrames', key: aesKey }],
      // The key as it was.
      [150, { type: 'videoEncrypt', mode: 'keyFrames' }],
      [180, { type: 'audioEncrypt', mode: 'none' }],
    ];
    let from = 0;
    for (const [at, metadata] of changes) {
      await sendAll(channel, packets.slice(from, at));
      expect(channel.sendMetadata(metadata)).toBe(true);
      from = at;
    }
    await sendAll(channel, packets.slice(from));
    expect(await channel.close()).toMatchObject({ clean: true });
    const { clear, count } = decrypt(receiver.stream('a'));
    expectWhole(clear, packets);
    const kinds = (kind: 'video' | 'audio', start: number, end: number) =>
      packets.slice(start, end).filter((packet) => packet.kind === kind);
    const keysAfter = kinds('video', 150, packets.length).filter(({ keyFrame }) => keyFrame);
    expect(count).toBe(kinds('video', 60, 150).length + kinds('audio', 90, 180).length + keysAfter.length);
    expect(allFacts(receiver.stream('a')).map(({ track, mode }) => `${track} ${mode}`)).toEqual([
      'video allFrames',
      'audio allFrames',
      'video allFrames',
      'video keyFrames',
      'audio none',
    ]);
    await closeEmpty(engine);
  });

  test('passes what the caller has encrypted as it is, and says so', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const encryption = { video: { mode: 'allFrames', key: textKey } } as const;
    const channel = engine.openChannel({ url: receiver.url('a'), encryption });
    const half = 100;
    await sendAll(channel, packets.slice(0, half));
    for (const { kind, data, pts } of packets.slice(half)) {
      const options = { pts, encrypted: true };
      const taken = kind === 'video' ? channel.sendVideo(data, options) : channel.sendAudio(data, options);
      expect(taken).toBe(true);
    }
    await channel.close();
    const { clear, count } = decrypt(receiver.stream('a'));
    expectWhole(clear, packets);
    expect(count).toBe(packets.slice(0, half).filter(({ kind }) => kind === 'video').length);
    const facts = allFacts(receiver.stream('a'));
    expect(facts.map(({ scheme, track }) => `${scheme} ${track}`).sort()).toEqual([
      'aes-ctr video',
      'caller audio',
      'caller video',
    ]);
    await closeEmpty(engine);
  });

  test('tells a server about it again when a connection has been made again, and one that joins', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const reconnect = { initialDelay: 1, maxDelay: 10 };
    const encryption = {
      video: { mode: 'allFrames', key: textKey },
      audio: { mode: 'allFrames', key: textKey },
    } as const;
    const channel = engine.openChannel({ url: receiver.url('a'), reconnect, encryption });
    await channel.connected();
    await sendAll(channel, loop(0));
    while (channel.stats().queuedBytes > 0) await setTimeout(1);
    const disconnected = once(channel, 'disconnect');
    receiver.stream('a').drop();
    await disconnected;
    await once(channel, 'connect');
    await channel.addDestination({ url: receiver.url('b') }).connected();
    await sendAll(channel, loop(1));
    await channel.close();
    const [, again] = receiver.streams('a');
    const before = allFacts(receiver.streams('a')[0]!);
    for (const stream of [again!, receiver.stream('b')]) {
      expect(allFacts(stream)).toEqual(expect.arrayContaining(before));
      const told = stream.messages.findLastIndex((message) => factsOf(message) !== undefined);
      expect(told).toBeLessThan(
        stream.messages.findIndex((message) => message.type !== MessageType.dataAmf0),
      );
    }
    // Each frame can be decrypted on its own, whatever was lost in between.
    const sent = new Map(loop(1).map((packet) => [`${packet.kind} ${Math.round(packet.pts)}`, packet]));
    for (const { timestamp, payload } of samples(decrypt(again!).clear, MessageType.video))
      expect(Buffer.compare(payload, expectedVideoMessage(sent.get(`video ${timestamp}`)!))).toBe(0);
    await closeEmpty(engine);
  });

  test('can be decrypted although frames were dropped in its middle', async () => {
    await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 1_000_000 });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({
      url: receiver.url('a'),
      overflow: 'drop',
      highWatermark: { bytes: 400_000, ms: 60_000 },
      closeTimeout: 30_000,
      encryption: { video: { mode: 'allFrames', key: textKey }, audio: { mode: 'allFrames', key: aesKey } },
    });
    await channel.connected();
    const byTime = new Map<number, CameraPacket>();
    for (let turn = 0; turn < 20; turn++) {
      for (const packet of loop(turn)) {
        await sendOne(channel, packet);
        byTime.set(Math.round(packet.pts) + (packet.kind === 'video' ? 0 : 0.5), packet);
      }
      await setTimeout(5);
    }
    expect(await channel.close()).toMatchObject({ clean: true });
    const { droppedPictures, droppedDisposable, videoFrames, audioFrames } = channel.stats();
    expect(droppedPictures + droppedDisposable).toBeGreaterThan(0);
    const { clear, count } = decrypt(receiver.stream('a'));
    expect(count).toBe(videoFrames + audioFrames);
    for (const { timestamp, payload } of samples(clear, MessageType.video))
      expect(Buffer.compare(payload, expectedVideoMessage(byTime.get(timestamp)!))).toBe(0);
    for (const { timestamp, payload } of samples(clear, MessageType.audio)) {
      // A stamp that counts samples may be a millisecond off the rounded time.
      const near = [0, 1, -1]
        .map((off) => byTime.get(timestamp + off + 0.5))
        .find((packet) => packet !== undefined);
      expect(Buffer.compare(payload, expectedAudioMessage(near!))).toBe(0);
    }
    await closeEmpty(engine);
  }, 60_000);
});

describe('encryption that cannot be', () => {
  test('is refused with the field, and without the key', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const url = receiver.url('a');
    const open =
      (encryption: unknown, codecs = {}) =>
      () =>
        engine.openChannel({ url, encryption: encryption as EncryptionOptions, ...codecs });
    const key = textKey;
    const refused: readonly (readonly [() => unknown, RegExp])[] = [
      [
        open({ video: { mode: 'some', key } }),
        /^encryption.video.mode is a text of 4 characters; permitted: 'none', 'keyFrames'/,
      ],
      [open({ video: { mode: 'allFrames' } }), /^encryption.video.key is 'left out'; permitted: a key/],
      [
        open({ audio: { mode: 'allFrames', key: '' } }),
        /^encryption.audio.key is 'of 0 bytes'; permitted: .* 1 to 1024/,
      ],
      [open({ audio: { mode: 'allFrames', key: 7 } }), /^encryption.audio.key is 'number'/],
      [open({ audio: { mode: 'allFrames', key: new Uint8Array(1025) } }), /of 1025 bytes/],
      [
        open({ video: { mode: 'keyFrames', key } }, { video: 'av1' }),
        /'none' with av1; h264, h265, aac, mp3 can be/,
      ],
      [open({ audio: { mode: 'keyFrames', key } }, { audio: 'opus' }), /'none' with opus/],
    ];
    for (const [attempt, message] of refused) {
      const error: unknown = (() => {
        try {
          return attempt();
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toMatchObject({
        code: 'ERR_CLOUDPUSH_INVALID_PARAMETER',
        message: expect.stringMatching(message),
      });
      const { details, cause, stack } = error as Error & { details: unknown };
      expect(JSON.stringify([details, cause, stack])).not.toContain(textKey);
    }
    const channel = engine.openChannel({ url });
    expect(() => channel.sendMetadata({ type: 'videoEncrypt', mode: 'allFrames' })).toThrow(
      /^key is 'left out'/,
    );
    expect(engine.stats().destinations).toBe(1);
    await closeEmpty(engine);
  });
});
