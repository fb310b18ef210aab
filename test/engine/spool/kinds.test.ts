// The disk spool with the rest of the engine: segments, encryption, several destinations, a slow server, a
// disk that fails.

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { PushEngine, type SpoolGap } from '@cloudpush/engine';
import { FlvDecryptor } from '@cloudpush/muxer';
import { expect, test, vi } from 'vitest';
import { TempFolder } from '../../support/temp.js';
import { waitFor } from '../../support/wait.js';
import { RecordingReceiver } from '../recording-receiver.js';
import { expectAllArrived } from './support/expect-arrived.js';
import { NumberedCamera } from './support/numbered-camera.js';
import { metadataOf, OutageServer } from './support/outage-server.js';

vi.setConfig({ testTimeout: 60_000 });

const reconnect = { initialDelay: 20, maxDelay: 50 };
const spooling = { overflow: 'spool', reconnect, spool: { speed: 100 } } as const;

/** Files of a folder, with what is below it. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(flv|idx)$/.test(name),
  );
}

function outcomes(gaps: readonly SpoolGap[]): string[] {
  return gaps.map(({ outcome }) => outcome);
}

test('a server that is slower than the source gets what it can take live, and the rest beside it', async () => {
  await using server = await OutageServer.listen({ readBytesPerSecond: 60_000 });
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const highWatermark = { bytes: 200_000, ms: 60_000 };
  const channel = engine.openChannel({ url: server.url('a'), ...spooling, highWatermark });
  const gaps: SpoolGap[] = [];
  channel.on('gap', (gap) => gaps.push(gap));
  await channel.connected();
  const camera = new NumberedCamera(channel);
  await camera.sendUntil(() => gaps.length > 0);
  await camera.send(100);
  const { spool, droppedPictures, droppedUndecodable } = channel.destinations[0]!.stats();
  expect(spool?.spooledVideoFrames).toBeGreaterThan(0);
  expect([droppedPictures, droppedUndecodable]).toEqual([0, 0]);
  expect(server.named('a')).toHaveLength(1);
  server.readAll();
  await camera.sendUntil(() => outcomes(gaps).includes('sent'));
  await waitFor('the disk to be empty', 40_000, () => filesIn(folder.path).length === 0 || undefined);
  await channel.close();
  expectAllArrived(camera.sent, server.streams, { hasSkips: true });
});

test('what stays on disk is told, and the next engine sends it when it may', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  const sent = await (async () => {
    await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
    const spool = { resume: 'keep' } as const;
    const channel = engine.openChannel({ url: server.url('a'), overflow: 'spool', reconnect, spool });
    const gaps: SpoolGap[] = [];
    channel.on('gap', (gap) => gaps.push(gap));
    await channel.connected();
    const camera = new NumberedCamera(channel);
    await camera.send(200);
    await server.down();
    await camera.sendUntil(() => gaps.length > 0);
    await camera.send(200);
    await server.up();
    await camera.sendUntil(() => outcomes(gaps).includes('kept'));
    await camera.send(50);
    await channel.close();
    expect(server.gaps).toEqual([]);
    return camera.sent;
  })();
  expect(filesIn(folder.path).length).toBeGreaterThan(0);
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const channel = engine.openChannel({ url: server.url('a'), ...spooling });
  const gaps: SpoolGap[] = [];
  channel.on('gap', (gap) => gaps.push(gap));
  await waitFor('the gap to be sent', 40_000, () => outcomes(gaps).includes('sent') || undefined);
  await channel.close();
  expect(filesIn(folder.path)).toEqual([]);
  expectAllArrived(sent, server.streams);
});

test('with `always`, what the server has goes from disk, and an outage costs nothing', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const spool = { when: 'always', speed: 100 } as const;
  const channel = engine.openChannel({ url: server.url('a'), overflow: 'spool', reconnect, spool });
  const gaps: SpoolGap[] = [];
  channel.on('gap', (gap) => gaps.push(gap));
  await channel.connected();
  const camera = new NumberedCamera(channel);
  await camera.send(300);
  await waitFor('media on disk', 20_000, () => filesIn(folder.path).length > 0 || undefined);
  await server.down();
  await camera.sendUntil(() => gaps.length > 0);
  await camera.send(300);
  await server.up();
  await camera.sendUntil(() => outcomes(gaps).includes('sent'));
  await camera.send(100);
  await channel.close();
  expectAllArrived(camera.sent, server.streams);
  expect(filesIn(folder.path)).toEqual([]);
});

test('segments that end and start in an outage are gaps of their own', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const channel = engine.openChannel({ url: server.url('a'), ...spooling });
  const gaps: SpoolGap[] = [];
  channel.on('gap', (gap) => gaps.push(gap));
  await channel.connected();
  const camera = new NumberedCamera(channel);
  await camera.send(200);
  await server.down();
  await camera.sendUntil(() => gaps.length > 0);
  await camera.send(300);
  await camera.sendToKeyFrame();
  channel.sendMetadata({ type: 'streamEnd', alarmDuration: 0, time: 0 });
  channel.sendMetadata({ type: 'streamStart', trigger: 'live', time: 0 });
  await camera.send(300);
  await server.up();
  await camera.sendUntil(() => outcomes(gaps).filter((outcome) => outcome === 'sent').length > 1);
  await waitFor('the disk to be empty', 40_000, () => filesIn(folder.path).length === 0 || undefined);
  await channel.close();
  expect(server.gaps.length).toBeGreaterThan(1);
  expectAllArrived(camera.sent, server.streams);
});

test('an encrypted channel has nothing in the clear on disk, and its gap can be decrypted', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const key = 'not a key that anyone may see';
  const encryption = { video: { mode: 'allFrames', key }, audio: { mode: 'allFrames', key } } as const;
  const channel = engine.openChannel({ url: server.url('a'), ...spooling, encryption });
  const gaps: SpoolGap[] = [];
  channel.on('gap', (gap) => gaps.push(gap));
  await channel.connected();
  const camera = new NumberedCamera(channel);
  await camera.send(200);
  await server.down();
  await camera.sendUntil(() => gaps.length > 0);
  await camera.send(400);
  await waitFor('media on disk', 20_000, () => filesIn(folder.path).length > 0 || undefined);
  const onDisk = Buffer.concat(filesIn(folder.path).map((name) => readFileSync(folder.file(name))));
  for (const { data } of camera.sent.slice(-300, -200))
    expect(onDisk.includes(Buffer.from(data.subarray(40)))).toBe(false);
  expect(onDisk.includes(key)).toBe(false);
  await server.up();
  await camera.sendUntil(() => outcomes(gaps).includes('sent'));
  await camera.send(50);
  await channel.close();
  const clear = server.streams.map((stream) => {
    const decryptor = new FlvDecryptor({ keys: [key] });
    return { messages: stream.messages.flatMap((message) => decryptor.decrypt(message as never) ?? []) };
  });
  expectAllArrived(camera.sent, clear);
});

test('one destination spools, and the other one never notices', async () => {
  await using server = await OutageServer.listen();
  await using well = await RecordingReceiver.listen();
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const channel = engine.openChannel({ url: well.url('b') });
  const spooled = channel.addDestination({ url: server.url('a'), ...spooling });
  const gaps: SpoolGap[] = [];
  spooled.on('gap', (gap) => gaps.push(gap));
  await Promise.all([channel.connected(), spooled.connected()]);
  const camera = new NumberedCamera(channel);
  await camera.send(200);
  await server.down();
  await camera.sendUntil(() => gaps.length > 0);
  await camera.send(300);
  await server.up();
  await camera.sendUntil(() => outcomes(gaps).includes('sent'));
  await camera.send(50);
  await channel.close();
  const whole = well.stream('b');
  expectAllArrived(camera.sent, [whole]);
  expectAllArrived(camera.sent, server.streams);
  expect(metadataOf(server.gaps[0]!)).toMatchObject({ gapOf: 'a' });
});

test('a disk that cannot be written is told, and live goes on without it', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  const spool = { folder: folder.path, minFree: 0 };
  {
    await using engine = await PushEngine.create({ spool });
    const channel = engine.openChannel({ url: server.url('a'), ...spooling });
    await channel.connected();
    await channel.close();
  }
  // The place of the destination's folder is taken.
  const own = readdirSync(folder.path).find((name) => name.startsWith('127-0-0-1'))!;
  await rm(folder.file(own), { recursive: true });
  await writeFile(folder.file(own), 'no folder');
  await using engine = await PushEngine.create({ spool });
  const channel = engine.openChannel({ url: server.url('a'), ...spooling });
  const problem = once(channel, 'problem');
  expect((await problem)[0].error.code).toBe('ERR_CLOUDPUSH_SPOOL_FAILED');
  await channel.connected();
  const camera = new NumberedCamera(channel);
  await camera.send(200);
  expect(channel.destinations[0]!.stats().spool?.state).toBe('off');
  await channel.close();
  expectAllArrived(camera.sent, [server.named('a')[1]!]);
});

test('a folder is one engine’s alone', async () => {
  await using folder = await TempFolder.create();
  const spool = { folder: folder.path };
  await using engine = await PushEngine.create({ spool });
  await expect(PushEngine.create({ spool })).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_SPOOL_IN_USE' });
  await engine.close();
  await (await PushEngine.create({ spool })).close();
});
