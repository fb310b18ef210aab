// The fallback of a source that is lost: sent on the same connection, and gone with the source's first
// picture.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { PushEngine, type SourceFallback } from '@cloudpush/engine';
import { FlvReader, TagType } from '@cloudpush/muxer';
import { MessageType } from '@cloudpush/transport';
import { expect, test, vi } from 'vitest';
import { fixture } from '../support/media.js';
import { cameraPackets, expectedVideoMessage } from './camera.js';
import { samples } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';
import { ScriptedCamera, type ScriptedCameraOptions } from './scripted-camera.js';

vi.setConfig({ testTimeout: 60_000 });

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const cameraPictures = new Set(
  cameraPackets()
    .filter(({ kind }) => kind === 'video')
    .map((packet) => hex(expectedVideoMessage(packet))),
);

/** The pictures of an FLV file, as they arrive. */
async function flvPictures(path: string): Promise<string[]> {
  return new FlvReader()
    .push(await readFile(path))
    .filter(({ type, payload }) => type === TagType.video && payload[1] === 1)
    .map(({ payload }) => hex(payload));
}

async function stage(fallback: SourceFallback, cameraOptions: ScriptedCameraOptions = {}) {
  const receiver = await RecordingReceiver.listen();
  const camera = await ScriptedCamera.listen(cameraOptions);
  const engine = await PushEngine.create({ maxConnections: 1, debugPool: true });
  const retry = { initialDelay: 50, maxDelay: 200 };
  const source = { rtsp: camera.url, timeout: 800, videoTimeout: 800, retry, fallback };
  const channel = engine.openChannel({ url: receiver.url('a'), source });
  return {
    camera,
    engine,
    channel,
    connections: () => receiver.streams('a').length,
    sound: () => receiver.streams('a').flatMap((stream) => samples(stream, MessageType.audio)),
    pictures: () => receiver.streams('a').flatMap((stream) => samples(stream, MessageType.video)),
    async [Symbol.asyncDispose]() {
      await engine.close();
      await camera[Symbol.asyncDispose]();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

test('a file goes out while the camera is frozen, and counts as nothing of the camera', async () => {
  const slate = await flvPictures(fixture('plain.flv'));
  await using one = await stage({ file: fixture('plain.flv') });
  await once(one.channel, 'sourceConnected');
  await vi.waitUntil(() => one.pictures().length > 10, { timeout: 20_000 });
  one.camera.frozen = true;
  await once(one.channel, 'sourceLost');
  await vi.waitUntil(() => one.channel.stats().source!.fallback, { timeout: 20_000 });
  const { videoFrames, bytesReceived } = one.channel.stats().source!;
  const before = one.pictures().length;
  // More than the file has: it begins anew.
  await vi.waitUntil(() => one.pictures().length > before + slate.length + 5, { timeout: 20_000 });
  expect(one.channel.stats().source).toMatchObject({ videoFrames, bytesReceived, fallback: true });
  expect(one.channel.sourceStats()).toMatchObject({ videoFrames, bytesReceived, fallback: true });
  one.camera.frozen = false;
  await vi.waitUntil(() => !one.channel.stats().source!.fallback, { timeout: 20_000 });
  const back = one.pictures().length;
  await vi.waitUntil(() => one.pictures().length > back + 10, { timeout: 20_000 });
  expect(one.channel.stats().source).toMatchObject({ state: 'streaming', reconnects: 1, fallback: false });
  expect((await one.channel.close()).clean).toBe(true);
  expect(one.connections()).toBe(1);
  expect(one.engine.stats().poolBlocksInUse).toBe(0);

  const arrived = one.pictures();
  const times = arrived.map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const origins = arrived.map(({ payload }) => (cameraPictures.has(hex(payload)) ? 'camera' : 'slate'));
  const turns = origins.filter((origin, i) => origin !== origins[i - 1]);
  expect(turns).toEqual(['camera', 'slate', 'camera']);
  // Decoding starts anew at each turn.
  for (const [i, origin] of origins.entries())
    if (origin !== origins[i - 1]) expect(arrived[i]!.payload[0]).toBe(0x17);
  // In front of a key frame stand parameter sets, which come from the header of the file, too.
  const end = (picture: string): string => picture.slice(-64);
  const shown = arrived.filter((_, i) => origins[i] === 'slate').map(({ payload }) => end(hex(payload)));
  expect(shown).toEqual(shown.map((_, i) => end(slate[i % slate.length]!)));
});

test('a camera that was never there: the file goes out until it is', async () => {
  await using one = await stage({ file: fixture('plain.flv') });
  one.camera.frozen = true;
  await vi.waitUntil(() => one.pictures().length > 5, { timeout: 20_000 });
  expect(one.channel.stats().source).toMatchObject({ videoFrames: 0, fallback: true });
  one.camera.frozen = false;
  await once(one.channel, 'sourceConnected');
  await vi.waitUntil(() => cameraPictures.has(hex(one.pictures().at(-1)!.payload)), { timeout: 20_000 });
  expect((await one.channel.close()).clean).toBe(true);
});

test('a camera that connects, and is silent: the file goes on until its first picture', async () => {
  await using one = await stage({ file: fixture('plain.flv') });
  await once(one.channel, 'sourceConnected');
  await vi.waitUntil(() => one.pictures().length > 5, { timeout: 20_000 });
  // It answers to PLAY, and sends nothing.
  one.camera.blind = true;
  await once(one.channel, 'sourceLost');
  await vi.waitUntil(() => one.channel.stats().source!.fallback, { timeout: 20_000 });
  for (let attempts = 2; attempts <= 3; attempts++) {
    await once(one.channel, 'sourceConnected');
    expect(one.channel.stats().source!.fallback).toBe(true);
    const before = one.pictures().length;
    await once(one.channel, 'sourceLost');
    // Pictures of the file came through all of the silence.
    expect(one.pictures().length - before).toBeGreaterThan(5);
    expect(one.channel.stats().source!.fallback).toBe(true);
  }
  one.camera.blind = false;
  await vi.waitUntil(() => !one.channel.stats().source!.fallback, { timeout: 20_000 });
  await vi.waitUntil(() => cameraPictures.has(hex(one.pictures().at(-1)!.payload)), { timeout: 20_000 });
  expect((await one.channel.close()).clean).toBe(true);
  expect(one.connections()).toBe(1);
  expect(one.engine.stats().poolBlocksInUse).toBe(0);
  const times = one.pictures().map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('a camera that sends sound and no pictures: the file goes on, and nothing of that sound is sent', async () => {
  // Its own sound is AAC, the camera's G.711.
  await using one = await stage({ file: fixture('plain.flv') }, { audio: true });
  await once(one.channel, 'sourceConnected');
  await vi.waitUntil(() => one.pictures().length > 5, { timeout: 20_000 });
  one.camera.blind = true;
  await once(one.channel, 'sourceLost');
  await vi.waitUntil(() => one.channel.stats().source!.fallback, { timeout: 20_000 });
  const before = one.sound().length;
  for (let attempts = 2; attempts <= 3; attempts++) {
    await once(one.channel, 'sourceConnected');
    const received = one.channel.stats().source!.rtpPackets;
    await once(one.channel, 'sourceLost');
    expect(one.channel.stats().source!.rtpPackets).toBeGreaterThan(received);
    expect(one.channel.stats().source!.fallback).toBe(true);
  }
  const formats = new Set(
    one
      .sound()
      .slice(before + 1)
      .map(({ payload }) => payload[0]! >> 4),
  );
  expect(formats).toEqual(new Set([10]));
  one.camera.blind = false;
  await vi.waitUntil(() => one.sound().at(-1)!.payload[0]! >> 4 === 8, { timeout: 20_000 });
  expect(one.channel.stats().source!.fallback).toBe(false);
  await one.channel.close();
  expect(one.engine.stats().poolBlocksInUse).toBe(0);
});

test('a file that is not there is told in the log, and the camera comes back all the same', async () => {
  await using one = await stage({ file: fixture('none.flv') });
  await once(one.channel, 'sourceConnected');
  one.camera.hangUp();
  await once(one.channel, 'sourceLost');
  await once(one.channel, 'sourceConnected');
  expect(one.channel.stats().source!.fallback).toBe(false);
  expect((await one.channel.close()).clean).toBe(true);
});

test.each<[string, unknown, RegExp]>([
  ['no kind', {}, /^source\.fallback/],
  ['two kinds', { file: 'a', module: 'file:///b.js' }, /^source\.fallback/],
  ['a camera', { rtsp: 'rtsp://camera/1' }, /^source\.fallback/],
  ['an option of another kind', { file: 'a', loop: false }, /^source\.fallback\.loop/],
])('options that cannot be: %s', async (_, fallback, message) => {
  const engine = await PushEngine.create({ maxConnections: 1 });
  const source = { file: 'a.flv', fallback: fallback as SourceFallback };
  expect(() => engine.openChannel({ url: 'rtmp://127.0.0.1:9/live/a', source })).toThrowError(
    expect.objectContaining({
      code: 'ERR_CLOUDPUSH_INVALID_PARAMETER',
      message: expect.stringMatching(message),
    }),
  );
  await engine.close();
});
