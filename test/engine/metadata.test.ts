// Metadata that a channel sends beside its media, byte by byte as docs/metadata.md has it.

import { readFileSync } from 'node:fs';
import { type Channel, PushEngine, type StreamMetadata } from '@cloudpush/engine';
import { decodeAmf0, type EcmaArray, MessageType } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { metadataMessages, metadataTime as time } from '../support/metadata-messages.js';
import { cameraPackets, sendOne } from './camera.js';
import { closeEmpty, expectWhole, isSequenceHeader } from './expectations.js';
import { type Arrived, RecordingReceiver } from './recording-receiver.js';

// Each plays the clip; beside other tests that may take a while.
vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
function bare(hex: string): string {
  return hex.replaceAll(/\s/g, '');
}

function isMetadata({ type, payload }: Arrived): boolean {
  return type === MessageType.dataAmf0 && !String(decodeAmf0(payload)[0]).startsWith('@');
}

function hexOf({ payload }: Arrived): string {
  return Buffer.from(payload).toString('hex');
}

async function sendAll(channel: Channel, from: number, to: number): Promise<void> {
  for (const packet of packets.slice(from, to)) await sendOne(channel, packet);
}

describe('metadata', () => {
  test('goes out as the documented bytes, in order with the media', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    for (const [i, { metadata }] of metadataMessages.entries()) {
      await sendAll(channel, i * 5, i * 5 + 5);
      expect(channel.sendMetadata(metadata)).toBe(true);
    }
    expect(await channel.close()).toMatchObject({ clean: true });
    const arrived = receiver.stream('a').messages.filter((message) => !isSequenceHeader(message));
    const own = arrived.filter(isMetadata);
    expect(own.map(hexOf)).toEqual(metadataMessages.map(({ hex }) => hex));
    for (const [i, message] of own.entries()) {
      const before = arrived
        .slice(0, arrived.indexOf(message))
        .filter(({ type }) => type !== MessageType.dataAmf0);
      expect(before.length).toBe(i * 5 + 5);
      // The latest time that has been seen, and no step back.
      expect(message.timestamp).toBe(Math.max(...before.map(({ timestamp }) => timestamp)));
    }
    expect(channel.stats().dataMessages).toBe(metadataMessages.length);
    await closeEmpty(engine);
  });

  test('is documented with the bytes that are sent', () => {
    const page = readFileSync(new URL('../../packages/engine/docs/metadata.md', import.meta.url), 'utf8');
    const hexOnly = page.replaceAll(/"\w+"$|object$|\w+: \d+$/gm, '').replaceAll(/\s/g, '');
    for (const { hex } of metadataMessages) expect(hexOnly).toContain(hex);
  });

  test('takes the time that it is given', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await sendAll(channel, 0, 20);
    channel.sendMetadata({ type: 'disconnect', code: 1 }, { pts: packets[19]!.pts + 7 });
    await channel.close();
    const [message] = receiver.stream('a').messages.filter(isMetadata);
    expect(message!.timestamp).toBe(Math.round(packets[19]!.pts + 7));
    await closeEmpty(engine);
  });

  test('may come before all media, which then still begins with its headers', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    channel.sendMetadata({ type: 'streamStart', trigger: 'human', time });
    await channel.connected();
    while (channel.stats().dataMessages === 0) await new Promise(setImmediate);
    await sendAll(channel, 0, packets.length);
    await channel.close();
    const stream = receiver.stream('a');
    const names = stream.messages.slice(0, 3).map((message) => {
      if (message.type !== MessageType.dataAmf0) return isSequenceHeader(message) ? 'header' : 'frame';
      const [first, second] = decodeAmf0(message.payload);
      return first === '@setDataFrame' ? second : first;
    });
    expect(names).toEqual(['onStreamStart', 'onMetaData', 'header']);
    expectWhole(stream, packets);
    await closeEmpty(engine);
  });

  test('carries measured bit rates beside the reported ones', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await sendAll(channel, 0, packets.length);
    channel.sendMetadata({ type: 'bitrate', audio: 1, video: 2 });
    await channel.close();
    const [message] = receiver.stream('a').messages.filter(isMetadata);
    const [, value] = decodeAmf0(message!.payload);
    // 3.2 s of the clip, of which six whole half seconds are counted.
    const bits = (kind: 'video' | 'audio', overhead: number) =>
      packets
        .filter((packet) => packet.kind === kind && packet.pts < 3000)
        .reduce((sum, { data }) => sum + (data.length + overhead) * 8, 0);
    expect(value).toMatchObject({
      audio: 1,
      video: 2,
      // The tag header takes the place of the ADTS header, 2 bytes for 7.
      measuredAudio: Math.round(bits('audio', -5) / 3),
      measuredVideo: Math.round(bits('video', 5) / 3),
    });
    await closeEmpty(engine);
  });

  test('leaves its mark in onMetaData: rates as reported, then as measured, wherever it is sent anew', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await channel.connected();
    channel.sendMetadata({ type: 'bitrate', audio: 64_000, video: 2_000_000 });
    await sendAll(channel, 0, 10);
    while (channel.stats().videoFrames + channel.stats().audioFrames < 10) await new Promise(setImmediate);
    await sendAll(channel, 10, packets.length);
    while (channel.stats().queuedBytes > 0) await new Promise(setImmediate);
    await channel.addDestination({ url: receiver.url('b') }).connected();
    for (const packet of packets) await sendOne(channel, { ...packet, pts: packet.pts + 3200 });
    await channel.close();
    // The last of the first turn knows both tracks.
    const [first, later] = ['a', 'b'].map((name) => {
      const messages = receiver.stream(name).messages.filter(({ type }) => type === MessageType.dataAmf0);
      return messages
        .map(({ payload }) => decodeAmf0(payload))
        .findLast(([, name]) => name === 'onMetaData')![2];
    }) as [EcmaArray, EcmaArray];
    expect(first.properties).toMatchObject({ audiodatarate: 64, videodatarate: 2000 });
    const { audiodatarate, videodatarate } = later.properties as Record<string, number>;
    expect(audiodatarate).toBeGreaterThan(64);
    expect(videodatarate).toBeGreaterThan(1000);
    expect(videodatarate).toBeLessThan(2000);
    await closeEmpty(engine);
  });

  test('is refused when a value is not permitted, naming field, value and what is', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    const refused: readonly (readonly [unknown, RegExp])[] = [
      [null, /metadata is null; permitted: an object with a type/],
      [{ type: 'other' }, /metadata.type is 'other'; permitted: streamStart/],
      [{ type: 'streamStart', trigger: 'cat', time }, /trigger is 'cat'; permitted: unknown, human/],
      [{ type: 'streamStart', trigger: 106, time }, /trigger is 106; permitted: .*-1 to 105/],
      [{ type: 'streamStart', trigger: 1, time: 1.5 }, /time is 1.5; permitted: an integer from 0/],
      [
        { type: 'streamEnd', alarmDuration: -1, time },
        /alarmDuration is -1; permitted: an integer from 0 to/,
      ],
      [{ type: 'bitrate', audio: Number.NaN, video: 0 }, /audio is NaN/],
      [{ type: 'dropFrames', audio: 0, video: '7' }, /video is '7'/],
      [{ type: 'disconnect', code: 2 ** 31 }, /code is 2147483648; permitted: .* to 2147483647/],
      [{ type: 'triggerChange', from: 'toString', to: 1 }, /from is 'toString'/],
    ];
    for (const [metadata, message] of refused) {
      expect(() => channel.sendMetadata(metadata as StreamMetadata)).toThrow(
        expect.objectContaining({
          code: 'ERR_CLOUDPUSH_INVALID_PARAMETER',
          message: expect.stringMatching(message),
        }),
      );
    }
    const good = { type: 'disconnect', code: 1 } as const;
    expect(() => channel.sendMetadata(good, { pts: Number.NaN })).toThrow(/pts is NaN/);
    await channel.close();
    expect(channel.sendMetadata(good)).toBe(false);
    await closeEmpty(engine);
  });
});

describe('private data', () => {
  test('goes out in base64, in order and with its time', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    await sendAll(channel, 0, 20);
    expect(channel.sendPrivateData(Uint8Array.of(0, 0xff, 0x10), { pts: packets[19]!.pts })).toBe(true);
    const large = Buffer.alloc(60_000, 'private');
    expect(channel.sendPrivateData(large, { pts: packets[19]!.pts + 1 })).toBe(true);
    expect(() => channel.sendPrivateData(new Uint8Array(0), { pts: 0 })).toThrow(/data.length is 0/);
    await channel.close();
    const [small, long] = receiver.stream('a').messages.filter(isMetadata);
    expect(hexOf(small!)).toBe(bare('02 000d 6f6e5072697661746544617461 02 0004 41503851'));
    expect(small!.timestamp).toBe(Math.round(packets[19]!.pts));
    expect(hexOf(long!).slice(32, 42)).toBe(bare('0c 00013880'));
    expect(Buffer.from(String(decodeAmf0(long!.payload)[1]), 'base64').equals(large)).toBe(true);
    await closeEmpty(engine);
  });
});
