// A channel whose worker thread plays a camera itself: what the camera sends arrives, and what goes wrong
// with it is told and mended.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { PushEngine, type RtspSource, type SourceLoss } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { expect, test, vi } from 'vitest';
import { makeCertificate } from '../transport/support/certificate.js';
import { cameraPackets, expectedVideoMessage } from './camera.js';
import { samples } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';
import { ScriptedCamera, type ScriptedCameraOptions } from './scripted-camera.js';

vi.setConfig({ testTimeout: 60_000 });

const retry = { initialDelay: 50, maxDelay: 200 };
const pictures = cameraPackets()
  .filter(({ kind }) => kind === 'video')
  .map((packet) => Buffer.from(expectedVideoMessage(packet)).toString('hex'));

async function stage(options: Partial<RtspSource> = {}, cameraOptions: ScriptedCameraOptions = {}) {
  const receiver = await RecordingReceiver.listen();
  const camera = await ScriptedCamera.listen(cameraOptions);
  const engine = await PushEngine.create({ maxConnections: 4, debugPool: true });
  const channel = engine.openChannel({
    url: receiver.url('a'),
    source: { rtsp: camera.url, retry, ...options } as RtspSource,
  });
  return {
    camera,
    engine,
    channel,
    get arrived() {
      return receiver.streams('a').flatMap((stream) => samples(stream, MessageType.video));
    },
    get sound() {
      return receiver.streams('a').flatMap((stream) => samples(stream, MessageType.audio));
    },
    connections: () => receiver.streams('a').length,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await camera[Symbol.asyncDispose]();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

test('pictures and G.711 sound of a camera arrive bit for bit, and nothing is left in the pool', async () => {
  await using one = await stage({}, { audio: true });
  const [{ tracks }] = await once(one.channel, 'sourceConnected');
  expect(tracks).toEqual({ video: { codec: 'h264' }, audio: { codec: 'g711u' } });
  await vi.waitUntil(() => one.arrived.length > 100 && one.sound.length > 100, { timeout: 40_000 });
  expect(one.engine.stats().poolBlocksInUse).toBeLessThanOrEqual(3);
  const { source } = one.channel.stats();
  expect((await one.channel.close()).clean).toBe(true);
  for (const [index, { payload }] of one.arrived.entries())
    expect(Buffer.from(payload).toString('hex') === pictures[index % pictures.length]).toBe(true);
  const gaps = one.arrived.slice(1).map(({ timestamp }, index) => timestamp - one.arrived[index]!.timestamp);
  expect(new Set(gaps)).toEqual(new Set([40]));
  expect(one.sound[0]!.payload[0]! >> 4).toBe(8);
  expect(Math.abs(one.sound[0]!.timestamp - one.arrived[0]!.timestamp)).toBeLessThan(60);
  expect(source).toMatchObject({ state: 'streaming', rtpLost: 0, damagedPictures: 0, framesRefused: 0 });
  expect(source!.rtpPackets).toBeGreaterThan(200);
  expect(one.engine.stats().poolBlocksInUse).toBe(0);
});

test('silence goes along with the pictures, in place of the sound', async () => {
  await using one = await stage({ audio: 'silence' }, { audio: true });
  const [{ tracks }] = await once(one.channel, 'sourceConnected');
  expect(tracks.audio).toEqual({ codec: 'aac' });
  await vi.waitUntil(() => one.sound.length > 60, { timeout: 40_000 });
  await one.channel.close();
  for (const { payload } of one.sound) expect(Buffer.from(payload).toString('hex')).toBe('af01211004608c1c');
  const last = one.arrived.at(-1)!.timestamp - one.sound.at(-1)!.timestamp;
  expect(Math.abs(last)).toBeLessThan(60);
});

test('a camera that hangs up is connected again; the stream goes on, at a key frame, on the same connection', async () => {
  await using one = await stage();
  await once(one.channel, 'sourceConnected');
  await vi.waitUntil(() => one.arrived.length > 5, { timeout: 20_000 });
  one.camera.hangUp();
  const [loss] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(loss.error.class).toBe('retryable');
  expect(loss.attempts).toBe(1);
  expect(loss.error.message).not.toContain('hidden');
  expect(one.channel.stats().source).toMatchObject({ state: 'retrying', attempt: 2 });
  await once(one.channel, 'sourceConnected');
  const before = one.arrived.length;
  await vi.waitUntil(() => one.arrived.length > before + 5, { timeout: 20_000 });
  expect(one.channel.stats().source).toMatchObject({ state: 'streaming', reconnects: 1, attempt: 1 });
  await one.channel.close();
  expect(one.connections()).toBe(1);
  const times = one.arrived.map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(one.arrived.filter(({ payload }) => payload[0] === 0x17).length).toBeGreaterThanOrEqual(2);
});

test('a camera that freezes with its connection open is told to be silent, given up, and connected again', async () => {
  await using one = await stage({ timeout: 800 });
  await once(one.channel, 'sourceConnected');
  one.camera.frozen = true;
  const [stall] = await once(one.channel, 'sourceStalled');
  expect(stall.kind).toBe('all');
  expect(stall.ms).toBeGreaterThanOrEqual(400);
  const [loss] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(loss.error.code).toBe('ERR_CLOUDPUSH_SOURCE_TIMEOUT');
  // A camera that is lost holds nothing of the pool.
  await vi.waitUntil(() => one.engine.stats().poolBlocksInUse === 0, { timeout: 20_000 });
  one.camera.frozen = false;
  await once(one.channel, 'sourceConnected');
  expect(one.channel.state).toBe('publishing');
});

test('a camera that sends sound, but no pictures, is told, and given up', async () => {
  await using one = await stage({ videoTimeout: 600 }, { audio: true });
  await once(one.channel, 'sourceConnected');
  one.camera.blind = true;
  const [stall] = await once(one.channel, 'sourceStalled');
  expect(stall.kind).toBe('video');
  const [loss] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(loss.error).toMatchObject({ code: 'ERR_CLOUDPUSH_SOURCE_TIMEOUT', details: { kind: 'video' } });
});

test('a wrong password is told without it, and tried again seldom; the right one plays', async () => {
  const secret = 'open-sesame';
  await using one = await stage(
    { username: 'viewer', password: 'wrong-password', retry: { ...retry, maxDelay: 700 } },
    { password: secret },
  );
  const [loss] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(loss).toMatchObject({ delay: 700, error: { code: 'ERR_CLOUDPUSH_RTSP_AUTH', class: 'auth' } });
  expect(JSON.stringify([loss.error, loss.error.message])).not.toMatch(/wrong-password|hidden/);
  one.channel.setSource({ rtsp: one.camera.url, username: 'viewer', password: secret });
  await once(one.channel, 'sourceConnected');
  expect(one.channel.stats().source?.state).toBe('streaming');
});

test('a certificate that nobody vouches for is refused, a wrong fingerprint too, and the right one plays', async () => {
  const certificate = makeCertificate('DNS:camera.example');
  await using one = await stage({}, { tls: certificate });
  const [untrusted] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(untrusted.error).toMatchObject({ code: 'ERR_CLOUDPUSH_SOURCE_TLS', class: 'auth' });
  one.channel.setSource({ rtsp: one.camera.url, fingerprint: 'ab'.repeat(32), retry });
  const [wrong] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(wrong.error.message).toMatch(/is not the one whose fingerprint is given/);
  expect(one.camera.authorization).toBeUndefined();
  one.channel.setSource({ rtsp: one.camera.url, fingerprint: certificate.fingerprint, retry });
  await once(one.channel, 'sourceConnected');
});

test('20 cameras at a time come through two threads, one of them frozen, and leave an empty pool', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using camera = await ScriptedCamera.listen();
  await using frozen = await ScriptedCamera.listen();
  const engine = await PushEngine.create({
    maxConnections: 20,
    shards: 2,
    debugPool: true,
    poolSize: 16 * 2 ** 20,
  });
  const channels = Array.from({ length: 20 }, (_, index) =>
    engine.openChannel({
      url: receiver.url(`c${index}`),
      source: { rtsp: index === 0 ? frozen.url : camera.url, retry, timeout: 60_000 },
    }),
  );
  await Promise.all(channels.map((channel) => once(channel, 'sourceConnected')));
  await setTimeout(500);
  frozen.frozen = true;
  const received = (): number[] => channels.slice(1).map((channel) => channel.stats().source!.videoFrames);
  await vi.waitFor(() => expect(Math.min(...received())).toBeGreaterThan(60), {
    timeout: 30_000,
    interval: 100,
  });
  for (const channel of channels) {
    const { source, droppedPictures, droppedUndecodable } = channel.stats();
    expect({ droppedPictures, droppedUndecodable, refused: source!.framesRefused }).toEqual({
      droppedPictures: 0,
      droppedUndecodable: 0,
      refused: 0,
    });
  }
  await engine.close();
  expect(engine.stats()).toMatchObject({ poolBlocksInUse: 0, poolBytesInUse: 0 });
});
