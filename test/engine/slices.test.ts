// Encoders that hand out NAL units one by one: their pictures go out whole, or somebody is told.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { AccessUnitSplitter } from '@cloudpush/muxer';
import { MessageType } from '@cloudpush/transport';
import { expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import { closeEmpty, samples, transcript } from './expectations.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const START_CODE = Buffer.from([0, 0, 0, 1]);
const FRAME_MS = 40;

/** NAL units of each picture of a stream of several slices a picture. */
const pictures = accessUnits(new URL('../fixtures/slices.h264', import.meta.url));

function accessUnits(file: URL): Buffer[][] {
  const splitter = new AccessUnitSplitter('h264');
  return [...splitter.push(readFileSync(file)), ...splitter.flush()].map(({ data }) =>
    nalUnits(Buffer.from(data)),
  );
}

function nalUnits(data: Buffer): Buffer[] {
  const code = START_CODE.subarray(1);
  const units: Buffer[] = [];
  for (let at = data.indexOf(code); at >= 0; ) {
    const next = data.indexOf(code, at + 3);
    let end = next < 0 ? data.length : next;
    while (data[end - 1] === 0) end--;
    units.push(data.subarray(at + 3, end));
    at = next;
  }
  return units;
}

const packetOf = (nals: readonly Buffer[]): Buffer => Buffer.concat(nals.flatMap((nal) => [START_CODE, nal]));
const isSlice = (nal: Buffer): boolean => [1, 5].includes(nal[0]! & 31);
/** Not a delimiter, nor a parameter set, which in packets of their own do not go into a picture. */
const isOfPicture = (nal: Buffer): boolean => ![7, 8, 9].includes(nal[0]! & 31);
const digest = (nal: Buffer): string => createHash('sha256').update(nal).digest('hex').slice(0, 8);

async function send(channel: Channel, data: Buffer, pts: number): Promise<void> {
  while (!channel.sendVideo(data, { pts })) await channel.writable();
}

/** NAL units of each picture that has arrived, but parameter sets and delimiters. */
function arrived(stream: ArrivedStream): string[] {
  return samples(stream, MessageType.video).map(({ timestamp, payload }) => {
    const nals: string[] = [];
    for (let at = 5; at < payload.length; ) {
      const size = Buffer.from(payload).readUInt32BE(at);
      const nal = Buffer.from(payload.subarray(at + 4, at + 4 + size));
      if (isOfPicture(nal)) nals.push(digest(nal));
      at += 4 + size;
    }
    return `${timestamp}: ${nals}`;
  });
}

const expected = pictures.map((nals, i) => {
  const parts = nals.filter(isOfPicture).map(digest);
  return `${i * FRAME_MS}: ${parts}`;
});

test('NAL units in packets of their own become whole pictures, on every server, and every block comes back', async () => {
  expect(pictures.length).toBeGreaterThan(5);
  expect(pictures.every((nals) => nals.filter(isSlice).length > 1)).toBe(true);
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2, debugPool: true });
  const channel = engine.openChannel({ url: receiver.url('a') });
  channel.addDestination({ url: receiver.url('b') });
  const events = transcript(channel);
  for (const [i, nals] of pictures.entries())
    for (const nal of nals) await send(channel, packetOf([nal]), i * FRAME_MS);
  expect(await channel.close()).toEqual({ clean: true, error: undefined });
  for (const name of ['a', 'b']) expect(arrived(receiver.stream(name))).toEqual(expected);
  expect(events.filter((event) => event.startsWith('problem'))).toEqual([]);
  expect(channel.stats()).toMatchObject({ packetsInvalid: 0, packetsLost: 0, droppedUndecodable: 0 });
  await closeEmpty(engine);
});

test('the last picture goes out although no packet follows it', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({ url: receiver.url('a') });
  await channel.connected();
  for (const [i, nals] of pictures.slice(0, 3).entries())
    for (const nal of nals) await send(channel, packetOf([nal]), i * FRAME_MS);
  const stream = receiver.stream('a');
  await waitFor('the third picture', 20_000, () => arrived(stream).length === 3 || undefined);
  expect(arrived(stream)).toEqual(expected.slice(0, 3));
  await channel.close();
  await closeEmpty(engine);
});

test('metadata that ends a segment comes behind its last picture', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({ url: receiver.url('a') });
  for (const [i, nals] of pictures.entries())
    for (const nal of nals) await send(channel, packetOf([nal]), i * FRAME_MS);
  channel.sendMetadata({ type: 'streamEnd', alarmDuration: 0, time: 0 });
  await channel.close();
  const { messages } = receiver.stream('a');
  expect(arrived(receiver.stream('a'))).toEqual(expected);
  expect(messages.at(-1)!.type).toBe(MessageType.dataAmf0);
  await closeEmpty(engine);
});

test('where the first picture has gone out torn, that is told, and from the next key frame on all are whole', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({ url: receiver.url('a') });
  const events = transcript(channel);
  // Parameter sets and the first slice are one packet: nothing says that others will follow.
  const rounds = [...pictures, ...pictures];
  for (const [i, nals] of rounds.entries()) {
    const slice = nals.findIndex(isSlice);
    await send(channel, packetOf(nals.slice(0, slice + 1)), i * FRAME_MS);
    for (const nal of nals.slice(slice + 1)) await send(channel, packetOf([nal]), i * FRAME_MS);
  }
  await channel.close();
  expect(events).toContain('problem ERR_CLOUDPUSH_VIDEO_PICTURE_TORN');
  const second = pictures.map((_, i) => expected[i]!.replace(/^\d+/, `${(i + pictures.length) * FRAME_MS}`));
  expect(arrived(receiver.stream('a')).slice(-pictures.length)).toEqual(second);
  await closeEmpty(engine);
});

test('two pictures in a packet are two messages', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1, debugPool: true });
  const channel = engine.openChannel({ url: receiver.url('a') });
  for (let i = 0; i + 1 < pictures.length; i += 2)
    await send(channel, packetOf([...pictures[i]!, ...pictures[i + 1]!]), i * FRAME_MS);
  await channel.close();
  const even = expected.slice(0, pictures.length - (pictures.length % 2));
  expect(arrived(receiver.stream('a'))).toEqual(even);
  await closeEmpty(engine);
});
