import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FlvFileTag, FlvReader } from '@cloudpush/muxer';
import { encodeAmf0, MessageType, RtmpPublisher } from '@cloudpush/transport';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IncomingStream, StreamEnd } from './incoming-stream.js';
import { StreamReceiver, type StreamReceiverOptions } from './stream-receiver.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloudpush-receiver-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const EVENTS = { onDrain() {}, onStatus() {}, onClose() {} };

/** A receiver on a free port that notes how streams end. */
async function startReceiver(options: Partial<StreamReceiverOptions> = {}) {
  const ends: { stream: IncomingStream; end: StreamEnd }[] = [];
  const refusals: string[] = [];
  let onChange = () => {};
  const receiver = await StreamReceiver.listen(
    { host: '127.0.0.1', port: 0, folder, ...options },
    {
      onPublish() {},
      onEnd(stream, end) {
        ends.push({ stream, end });
        onChange();
      },
      onRefused: (error) => refusals.push(error.message),
    },
  );
  const ended = async (count: number) => {
    while (ends.length < count) {
      await new Promise<void>((resolve) => {
        onChange = resolve;
      });
    }
    return ends;
  };
  return { receiver, url: `rtmp://127.0.0.1:${receiver.address.port}/live`, ended, refusals };
}

function send(publisher: RtmpPublisher, type: number, timestamp: number, bytes: Uint8Array): void {
  publisher.send({ type, timestamp, parts: [bytes], size: bytes.length, headroom: 0 }, undefined);
}

async function tagsOf(path: string): Promise<{ flags: number; tags: FlvFileTag[] }> {
  const bytes = await readFile(path);
  const reader = new FlvReader();
  const tags = reader.push(bytes);
  expect(reader.end()).toEqual({ truncatedBytes: 0, previousTagSizeErrors: 0 });
  return { flags: bytes[4]!, tags };
}

const PICTURE = Buffer.from('17010000000000000265aa', 'hex');

test('messages stand in the recording as they came, metadata without @setDataFrame', async () => {
  const { receiver, url, ended } = await startReceiver();
  const publisher = await RtmpPublisher.connect({ url: `${url}/cam?token=SECRET` }, EVENTS);
  const metadata = encodeAmf0('onMetaData', { width: 1280 });
  send(publisher, MessageType.dataAmf0, 0, Buffer.concat([encodeAmf0('@setDataFrame'), metadata]));
  send(publisher, MessageType.video, 40, PICTURE);
  send(publisher, MessageType.dataAmf0, 50, encodeAmf0('onPrivateData', 7));
  send(publisher, MessageType.video, 0xffff_fffe, PICTURE);
  await publisher.close();
  const [first] = await ended(1);
  expect(first).toMatchObject({
    end: { clean: true, error: undefined },
    stream: { app: 'live', name: 'cam' },
  });
  expect(first!.stream).toMatchObject({ videoMessages: 2, audioMessages: 0 });
  const { flags, tags } = await tagsOf(first!.stream.file!);
  expect(flags).toBe(1);
  expect(tags.map(({ type, timestamp }) => [type, timestamp])).toEqual([
    [18, 0],
    [9, 40],
    [18, 50],
    [9, 0xffff_fffe],
  ]);
  expect(Buffer.from(tags[0]!.payload)).toEqual(Buffer.from(metadata));
  expect(Buffer.from(tags[1]!.payload)).toEqual(PICTURE);
  expect(first!.stream.file).not.toContain('SECRET');
  await receiver.close();
});

test('streams of one name are recorded one beside the other, never one over the other', async () => {
  const own = await mkdtemp(join(folder, 'same-'));
  const { receiver, url, ended } = await startReceiver({ folder: own });
  for (let i = 1; i <= 3; i++) {
    const publisher = await RtmpPublisher.connect({ url: `${url}/cam` }, EVENTS);
    send(publisher, MessageType.video, 0, PICTURE);
    await publisher.close();
    await ended(i);
  }
  expect(await readdir(own)).toHaveLength(3);
  await receiver.close();
});

test('a publisher that breaks off leaves a whole file, and is not clean', async () => {
  const { receiver, url, ended } = await startReceiver();
  const publisher = await RtmpPublisher.connect({ url: `${url}/broken` }, EVENTS);
  send(publisher, MessageType.audio, 0, Buffer.of(0xaf, 1, 0x21));
  publisher.flush();
  while (receiver.bytes === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  publisher.destroy();
  const [first] = await ended(1);
  expect(first?.end.clean).toBe(false);
  const { flags, tags } = await tagsOf(first!.stream.file!);
  expect(flags).toBe(4);
  expect(tags).toHaveLength(1);
  await receiver.close();
});

test('a stream above the most that are wanted is refused, and its place is free again later', async () => {
  const { receiver, url, ended, refusals } = await startReceiver({ maxStreams: 1 });
  const first = await RtmpPublisher.connect({ url: `${url}/first` }, EVENTS);
  await expect(RtmpPublisher.connect({ url: `${url}/second` }, EVENTS)).rejects.toThrow(/No more than 1/);
  expect(refusals).toEqual(['no more than 1 streams are taken at once: one more was refused']);
  await first.close();
  await ended(1);
  const third = await RtmpPublisher.connect({ url: `${url}/third` }, EVENTS);
  await third.close();
  await receiver.close();
});

test('a message may be as long as is wanted, and a longer one ends its stream', async () => {
  const largest = 2 ** 24 - 1;
  const { receiver, url, ended } = await startReceiver({ maxMessageBytes: largest });
  const publisher = await RtmpPublisher.connect({ url: `${url}/large` }, EVENTS);
  const picture = Buffer.alloc(largest, 0x5a);
  picture.set(PICTURE);
  send(publisher, MessageType.video, 0, picture);
  await publisher.close();
  const [first] = await ended(1);
  expect(first!.end).toEqual({ clean: true, error: undefined });
  const { tags } = await tagsOf(first!.stream.file!);
  expect(tags.map(({ payload }) => payload.length)).toEqual([largest]);
  await receiver.close();

  const small = await startReceiver({ maxMessageBytes: 65_536 });
  const other = await RtmpPublisher.connect({ url: `${small.url}/large` }, EVENTS);
  send(other, MessageType.video, 0, picture.subarray(0, 65_537));
  other.flush();
  const [second] = await small.ended(1);
  expect(second!.end.error?.message).toMatch(/65537.*65536/);
  other.destroy();
  await small.receiver.close();
});

test.each([65_535, 2 ** 24, 70_000.5, Number.NaN])('no message is at most %d bytes long', async (bytes) => {
  await expect(startReceiver({ maxMessageBytes: bytes })).rejects.toThrow('maxMessageBytes');
});

test('closing resolves when the recordings of streams that still came in are whole', async () => {
  const { receiver, url, ended } = await startReceiver();
  const publisher = await RtmpPublisher.connect({ url: `${url}/live` }, EVENTS);
  send(publisher, MessageType.video, 0, PICTURE);
  publisher.flush();
  while (receiver.bytes === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await receiver.close();
  const [first] = await ended(1);
  expect((await tagsOf(first!.stream.file!)).tags).toHaveLength(1);
  publisher.destroy();
});

test('a folder that cannot be made is said before anything listens', async () => {
  const path = join(folder, 'a-file');
  await writeFile(path, '');
  await expect(startReceiver({ folder: join(path, 'below') })).rejects.toMatchObject({
    code: 'ERR_CLOUDPUSH_RECORDING_FAILED',
    message: expect.stringContaining('ENOTDIR'),
  });
});

test('a recording that cannot be begun ends the stream with the reason', async () => {
  const own = await mkdtemp(join(folder, 'gone-'));
  const { receiver, url, ended } = await startReceiver({ folder: own });
  await rm(own, { recursive: true });
  const publisher = await RtmpPublisher.connect({ url: `${url}/cam` }, EVENTS).catch(() => undefined);
  const [first] = await ended(1);
  expect(first?.end).toMatchObject({ clean: false, error: { code: 'ERR_CLOUDPUSH_RECORDING_FAILED' } });
  publisher?.destroy();
  await receiver.close();
});
