// Start of a stream: servers and players take the list of tracks from the first onMetaData and the first
// headers.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { type Channel, type ChannelOptions, PushEngine } from '@cloudpush/engine';
import { FlvWriter } from '@cloudpush/muxer';
import { type AmfObject, decodeAmf0, type EcmaArray, MessageType } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { probe } from '../support/ffmpeg.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';
import { type CameraPacket, cameraPackets, sendOne } from './camera.js';
import { closeEmpty, expectWhole, isSequenceHeader, samples } from './expectations.js';
import { hevcPacket } from './hevc.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();
const pictures = packets.filter(({ kind }) => kind === 'video');
const sounds = packets.filter(({ kind }) => kind === 'audio');

/** The kind of each message, in order. */
function outline({ messages }: ArrivedStream): string[] {
  return messages.map((message) => {
    const { type, payload } = message;
    if (type === MessageType.dataAmf0) {
      const [first, second] = decodeAmf0(payload);
      return String(first === '@setDataFrame' ? second : first);
    }
    const kind = type === MessageType.video ? 'video' : 'audio';
    return isSequenceHeader(message) ? `${kind} header` : kind;
  });
}

function metadataOf({ messages }: ArrivedStream): AmfObject[] {
  return messages
    .filter(({ type, payload }) => type === MessageType.dataAmf0 && decodeAmf0(payload)[1] === 'onMetaData')
    .map(({ payload }) => (decodeAmf0(payload)[2] as EcmaArray).properties);
}

async function send(channel: Channel, sent: readonly CameraPacket[]): Promise<void> {
  for (const packet of sent) await sendOne(channel, packet);
}

describe('a stream whose tracks begin one after the other, in real time', () => {
  test.each([
    ['video', pictures, sounds],
    ['audio', sounds, pictures],
  ] as const)(
    'begins with both of them in its metadata, and both headers: %s first',
    async (_, first, second) => {
      await using receiver = await RecordingReceiver.listen();
      const engine = await PushEngine.create({ maxConnections: 1 });
      const channel = engine.openChannel({ url: receiver.url('a'), trackWait: 60_000 });
      await channel.connected();
      await send(channel, first.slice(0, 2));
      await setTimeout(200);
      // Nothing is sent, and nothing is lost.
      expect(receiver.stream('a').messages).toEqual([]);
      await send(channel, second.slice(0, 2));
      const stream = receiver.stream('a');
      await waitFor('the stream', 5000, () => (stream.messages.length >= 7 ? true : undefined));
      expect(outline(stream).slice(0, 3)).toEqual(['onMetaData', 'audio header', 'video header']);
      expect(metadataOf(stream)).toEqual([
        expect.objectContaining({ videocodecid: 7, width: 1280, audiocodecid: 10, audiosamplerate: 48_000 }),
      ]);
      expect(await channel.close()).toMatchObject({ clean: true });
      expectWhole(stream, [...first.slice(0, 2), ...second.slice(0, 2)]);
      await closeEmpty(engine);
    },
  );

  test('begins so at every destination, and at one that was added meanwhile', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: receiver.url('a'), trackWait: 60_000 });
    await channel.connected();
    await send(channel, pictures.slice(0, 1));
    await channel.addDestination({ url: receiver.url('b') }).connected();
    await send(channel, [...sounds.slice(0, 1), ...pictures.slice(1)]);
    await channel.close();
    for (const name of ['a', 'b'])
      expect(outline(receiver.stream(name)).slice(0, 3)).toEqual([
        'onMetaData',
        'audio header',
        'video header',
      ]);
    await closeEmpty(engine);
  });

  test('of H.265 too, whose server has yet to be asked', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), video: 'h265', trackWait: 60_000 });
    await channel.connected();
    channel.sendVideo(hevcPacket, { pts: 0 });
    await setTimeout(100);
    await send(channel, sounds.slice(0, 1));
    await channel.close();
    expect(metadataOf(receiver.stream('a'))[0]).toMatchObject({
      videocodecid: 0x68766331,
      audiocodecid: 10,
    });
    await closeEmpty(engine);
  });
});

describe('a stream with one track', () => {
  test.each([
    ['video', pictures, { audio: 'none' }],
    ['audio', sounds, { video: 'none' }],
  ] as const)('does not wait for another when told that there is none: %s', async (name, sent, options) => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), trackWait: 60_000, ...options });
    await channel.connected();
    await send(channel, sent.slice(0, 2));
    const stream = receiver.stream('a');
    await waitFor('the stream', 5000, () => (stream.messages.length >= 4 ? true : undefined));
    expect(outline(stream)).toEqual(['onMetaData', `${name} header`, name, name]);
    const other =
      name === 'video'
        ? () => channel.sendAudio(sounds[0]!.data, { pts: 0 })
        : () => channel.sendVideo(pictures[0]!.data, { pts: 0 });
    expect(other).toThrow(/is 'none'; permitted: a codec/);
    await channel.close();
    await closeEmpty(engine);
  });

  test.each([
    ['nothing else', {}, undefined],
    ['a second track', { audio: 'aac' }, 10],
  ] as const)(
    'begins when the wait is over, and announces the track that was named: %s',
    async (_, options, audiocodecid) => {
      await using receiver = await RecordingReceiver.listen();
      const engine = await PushEngine.create({ maxConnections: 1 });
      const channel = engine.openChannel({ url: receiver.url('a'), trackWait: 50, ...options });
      await channel.connected();
      await send(channel, pictures.slice(0, 2));
      const stream = receiver.stream('a');
      await waitFor('the stream', 5000, () => (stream.messages.length >= 4 ? true : undefined));
      expect(outline(stream)).toEqual(['onMetaData', 'video header', 'video', 'video']);
      expect(metadataOf(stream)[0]!['audiocodecid']).toBe(audiocodecid);
      await channel.close();
      await closeEmpty(engine);
    },
  );

  test('is not kept from its end: a close and the end of a segment do not wait', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const options = { trackWait: 60_000, closeTimeout: 5000 };
    const closing = engine.openChannel({ url: receiver.url('a'), ...options });
    await send(closing, pictures.slice(0, 3));
    expect(await closing.close()).toMatchObject({ clean: true });
    expectWhole(receiver.stream('a'), pictures.slice(0, 3));
    const ending = engine.openChannel({ url: receiver.url('b'), ...options });
    await ending.connected();
    await send(ending, pictures.slice(0, 3));
    const ended = once(ending, 'segmentEnd');
    ending.sendMetadata({ type: 'streamEnd', alarmDuration: 0, time: 0 });
    await ended;
    // The kernel has taken it all; the server may still be reading.
    await waitFor('the end of the stream', 5000, () => receiver.stream('b').ended);
    expectWhole(receiver.stream('b'), pictures.slice(0, 3));
    await ending.close();
    await closeEmpty(engine);
  });

  test.each([
    ['the queue is half full', { highWatermark: { bytes: 40_000 } }, {}],
    ['the pool has no room for more', {}, { poolSize: 1 << 18 }],
  ] satisfies [string, Partial<ChannelOptions>, object][])(
    'begins early rather than to make its source wait for room: %s',
    async (_, options, memory) => {
      await using receiver = await RecordingReceiver.listen();
      const engine = await PushEngine.create({ maxConnections: 1, ...memory });
      const channel = engine.openChannel({
        url: receiver.url('a'),
        trackWait: 60_000,
        ...options,
      });
      await channel.connected();
      await send(channel, pictures);
      await channel.close();
      expectWhole(receiver.stream('a'), pictures);
      expect(channel.stats()).toMatchObject({ droppedPictures: 0, packetsLost: 0 });
      await closeEmpty(engine);
    },
  );
});

describe('a stream that is described anew', () => {
  /** A stream as a server would record it. */
  async function record(path: string, { messages }: ArrivedStream): Promise<void> {
    const writer = new FlvWriter();
    const parts: Uint8Array[] = [writer.header()];
    for (const { type, timestamp, payload } of messages) {
      const data = type === MessageType.dataAmf0 ? payload.subarray('@setDataFrame'.length + 3) : payload;
      parts.push(...writer.tag({ type: type as 8 | 9 | 18, timestamp, parts: [data], size: data.length }));
    }
    await writeFile(path, Buffer.concat(parts));
  }

  async function streamsOf(path: string): Promise<unknown[]> {
    const { streams } = (await probe(path, ['-show_entries', 'stream=codec_type'])) as {
      streams: { codec_type: string }[];
    };
    return streams.map(({ codec_type }) => codec_type).sort();
  }

  test('has two tracks for FFmpeg, and no third of subtitles', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({
      url: receiver.url('a'),
      trackWait: 0,
      reconnect: { initialDelay: 1, maxDelay: 1 },
    });
    await channel.connected();
    // The sound comes late, so that the metadata is sent again, and the connection is lost in mid-stream.
    await send(channel, pictures.slice(0, 20));
    const stream = receiver.streams('a')[0]!;
    await waitFor('the stream', 5000, () =>
      samples(stream, MessageType.video).length === 20 ? true : undefined,
    );
    await send(
      channel,
      [...sounds.slice(40), ...pictures.slice(20)].sort((a, b) => a.pts - b.pts),
    );
    await waitFor('all of it', 5000, () =>
      samples(stream, MessageType.video).length === 80 ? true : undefined,
    );
    const again = once(channel, 'connect');
    stream.drop();
    await again;
    const later = packets.map((packet) => ({ ...packet, pts: packet.pts + 3200 }));
    await send(channel, later);
    await channel.close();
    const streams = receiver.streams('a');
    expect(metadataOf(streams[0]!)).toHaveLength(2);
    expect(metadataOf(streams[1]!)).toHaveLength(1);
    for (const [i, one] of streams.entries()) {
      const path = folder.file(`${i}.flv`);
      await record(path, one);
      expect(await streamsOf(path)).toEqual(['audio', 'video']);
    }
    await closeEmpty(engine);
  });
});
