// A channel whose worker thread reads a file itself: paced, once or again and again, and nothing left of it
// in the pool.

import { hash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { PushEngine, type SourceOptions } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { fixture } from '../support/media.js';
import { TempFolder } from '../support/temp.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 30_000 });

interface Tag {
  readonly type: number;
  readonly timestamp: number;
  readonly body: string;
}

/** The frames of an FLV file, sequence headers left out, slow and obvious. */
function framesOf(file: string): Tag[] {
  const bytes = readFileSync(file);
  const tags: Tag[] = [];
  for (let at = 13; at + 11 <= bytes.length; ) {
    const size = bytes.readUIntBE(at + 1, 3);
    const body = bytes.subarray(at + 11, at + 11 + size);
    tags.push({
      type: bytes[at]!,
      timestamp: bytes.readUIntBE(at + 4, 3),
      body: body.toString('hex'),
    });
    at += 11 + size + 4;
  }
  return tags.filter(isFrame);
}

function isFrame({ type, body }: Tag): boolean {
  // Byte 1 is the packet type: 1 for frames, of AVC and AAC alike.
  return (type === 8 || type === 9) && body.slice(2, 4) === '01';
}

function framesIn(stream: ArrivedStream): Tag[] {
  const tags = stream.messages.map(({ type, timestamp, payload }) => ({
    type,
    timestamp,
    body: Buffer.from(payload).toString('hex'),
  }));
  return tags.filter(isFrame);
}

/** Of the frames, but for what stands in front of the first picture's slice data. */
function digests(tags: readonly Tag[], type: number): string[] {
  return tags.map(({ body }, index) => hash('sha1', type === 9 && index === 0 ? body.slice(-1000) : body));
}

const ofKind = (tags: readonly Tag[], type: number): Tag[] => tags.filter((tag) => tag.type === type);

async function stage(source: SourceOptions, poolSize?: number, reconnect = false) {
  const receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 4, debugPool: true, poolSize });
  const channel = engine.openChannel({ url: receiver.url('a'), source, reconnect });
  return {
    receiver,
    engine,
    channel,
    get frames() {
      return receiver.streams('a').flatMap(framesIn);
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

test('a file arrives whole, in real time, and is told to have ended', async () => {
  const file = fixture('plain.flv');
  await using one = await stage({ file });
  const events: string[] = [];
  const connected = once(one.channel, 'sourceConnected');
  one.channel.on('sourceConnected', () => events.push('connected'));
  const started = performance.now();
  await once(one.channel, 'sourceEnded');
  const took = performance.now() - started;
  expect(await connected).toEqual([{ tracks: { video: { codec: 'h264' }, audio: { codec: 'aac' } } }]);
  expect(took).toBeGreaterThan(1500);
  expect(took).toBeLessThan(4000);
  const { source } = one.channel.stats();
  expect(await one.channel.close()).toEqual({ clean: true, error: undefined });
  const expected = framesOf(file);
  // The first picture brings the parameter sets of the file's header along.
  for (const type of [8, 9])
    expect(digests(ofKind(one.frames, type), type)).toEqual(digests(ofKind(expected, type), type));
  expect(source).toMatchObject({
    state: 'ended',
    videoFrames: ofKind(expected, 9).length,
    audioFrames: ofKind(expected, 8).length,
    reconnects: 0,
    lastError: undefined,
  });
  expect(one.engine.stats()).toMatchObject({ poolBlocksInUse: 0, poolBytesInUse: 0 });
});

test('a looped file goes on without a gap, in memory for a slab a track', async () => {
  await using one = await stage({ file: fixture('plain.flv'), loop: true });
  await once(one.channel, 'sourceConnected');
  await vi.waitUntil(() => ofKind(one.frames, 9).length > 60, { timeout: 40_000 });
  // While the server keeps up, each track has a slab, filled again and again.
  expect(one.engine.stats().poolBlocksInUse).toBeLessThanOrEqual(3);
  const pictures = ofKind(one.frames, 9).map(({ timestamp }) => timestamp);
  const gaps = pictures.slice(1).map((time, index) => time - pictures[index]!);
  expect(new Set(gaps)).toEqual(new Set([40]));
  await one.channel.close();
  expect(one.engine.stats().poolBlocksInUse).toBe(0);
});

test('another source takes over, and the connection stays', async () => {
  await using one = await stage({ file: fixture('plain.flv'), loop: true, audio: 'none' });
  await once(one.channel, 'sourceConnected');
  await setTimeout(500);
  one.channel.setSource({ file: fixture('bframes.flv'), loop: true });
  await once(one.channel, 'sourceConnected');
  await vi.waitUntil(() => ofKind(one.frames, 8).length > 10, { timeout: 20_000 });
  const times = ofKind(one.frames, 9).map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(one.receiver.streams('a')).toHaveLength(1);
  expect(one.channel.stats()).toMatchObject({ reconnects: 0, source: { state: 'streaming', reconnects: 1 } });
});

test('a file that is not there fails the source, and says so; the channel stays', async () => {
  await using one = await stage({ file: '/nowhere/clip.flv' });
  const [loss] = await once(one.channel, 'sourceLost');
  expect(loss).toMatchObject({
    error: { code: 'ERR_CLOUDPUSH_SOURCE_UNREADABLE' },
    delay: Number.POSITIVE_INFINITY,
    attempts: 1,
  });
  expect(one.channel.state).not.toBe('closed');
  expect(one.channel.stats().source).toMatchObject({ state: 'failed', nextRetryAt: undefined });
});

test('a looping file that is away at the turn of its loop is waited for', async () => {
  await using folder = await TempFolder.create();
  const file = folder.file('clip.flv');
  copyFileSync(fixture('plain.flv'), file);
  const retry = { initialDelay: 100, maxDelay: 200, always: true };
  await using one = await stage({ file, loop: true, retry });
  await once(one.channel, 'sourceConnected');
  const lost = once(one.channel, 'sourceLost');
  rmSync(file);
  const [{ error, delay }] = await lost;
  expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_SOURCE_UNREADABLE' });
  expect(delay).toBeLessThanOrEqual(200);
  copyFileSync(fixture('plain.flv'), file);
  await once(one.channel, 'sourceConnected');
  expect(one.channel.stats().source).toMatchObject({ state: 'streaming', reconnects: 1 });
});

test('a file whose clock is set ahead by hours goes on there at once, and says so while it plays', async () => {
  await using folder = await TempFolder.create();
  const bytes = readFileSync(fixture('plain.flv'));
  for (let at = 13; at + 11 <= bytes.length; at += 11 + bytes.readUIntBE(at + 1, 3) + 4) {
    const time = bytes.readUIntBE(at + 4, 3);
    const later = time >= 1000 ? time + 3 * 3_600_000 : time;
    bytes.writeUIntBE(later & 0xffffff, at + 4, 3);
    bytes.writeUInt8(later >>> 24, at + 7);
  }
  const file = await folder.write('jump.flv', bytes);
  await using one = await stage({ file, loop: true });
  const warnings: string[] = [];
  one.channel.on('sourceWarning', ({ message }) => warnings.push(message));
  await vi.waitUntil(() => ofKind(one.frames, 9).length > 110, { timeout: 20_000 });
  const pictures = ofKind(one.frames, 9).map(({ timestamp }) => timestamp);
  const gaps = pictures.slice(1).map((time, index) => time - pictures[index]!);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(60);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20);
  expect(warnings).toEqual([
    `${file}: the timestamps jump ahead by 10800.0 s at 1.0 s: it goes on there at once`,
  ]);
});

test('packets of the caller are refused, and destinations cannot make a source wait', async () => {
  await using one = await stage({ file: fixture('plain.flv') });
  const invalid = { code: 'ERR_CLOUDPUSH_INVALID_STATE' };
  expect(() => one.channel.sendVideo(new Uint8Array(10), { pts: 0 })).toThrow(
    expect.objectContaining(invalid),
  );
  expect(() => one.channel.sendAudio(new Uint8Array(10), { pts: 0 })).toThrow(
    expect.objectContaining(invalid),
  );
  expect(() => one.channel.addDestination({ url: one.receiver.url('b'), overflow: 'reject' })).toThrow(
    /overflow is 'reject'; permitted: 'drop' or 'spool', with a source/,
  );
  const plain = one.engine.openChannel({ url: one.receiver.url('c') });
  expect(() => plain.setSource({ file: 'x.flv' })).toThrow(expect.objectContaining(invalid));
});

test('a worker thread that dies is replaced, and its source is read anew on the same clock', async () => {
  const posted = vi.spyOn(Worker.prototype, 'postMessage');
  await using one = await stage({ file: fixture('plain.flv'), loop: true, audio: 'none' }, undefined, true);
  await once(one.channel, 'connect');
  await setTimeout(1000);
  const thread = (posted.mock.contexts as unknown as Worker[]).at(0)!;
  const before = one.channel.stats().source!.videoFrames;
  const begun = performance.now();
  await thread.terminate();
  await once(one.channel, 'sourceConnected');
  await once(one.channel, 'connect');
  await setTimeout(1000);
  const streams = one.receiver.streams('a').map((stream) => ofKind(framesIn(stream), 9));
  expect(streams).toHaveLength(2);
  const [last] = streams[0]!.slice(-1);
  const [first] = streams[1]!;
  expect(first!.timestamp).toBeGreaterThan(last!.timestamp);
  // The gap that the viewer sees is the time that has passed, however long the machine has taken for it.
  expect(first!.timestamp - last!.timestamp).toBeLessThan(performance.now() - begun);
  expect(one.channel.stats().source).toMatchObject({ state: 'streaming', reconnects: 1 });
  expect(one.channel.stats().source!.videoFrames).toBeGreaterThan(before);
  await one.channel.close();
  expect(one.engine.stats().poolBlocksInUse).toBe(0);
});
