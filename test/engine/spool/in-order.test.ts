// A destination that goes on from disk on its own stream, when its server comes up again.

import { readdirSync } from 'node:fs';
import { type Channel, PushEngine, type SpoolGap, type SpoolStats } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { TempFolder } from '../../support/temp.js';
import { waitFor } from '../../support/wait.js';
import { expectAllArrived } from './support/expect-arrived.js';
import { NumberedCamera, numberOf } from './support/numbered-camera.js';
import { mediaOf, OutageServer, type OutageStream } from './support/outage-server.js';

vi.setConfig({ testTimeout: 60_000 });

const reconnect = { initialDelay: 20, maxDelay: 50 };

function inOrder(when: 'outage' | 'always') {
  return { overflow: 'spool', reconnect, spool: { resume: 'in-order', speed: 100, when } } as const;
}

function spoolOf(channel: Channel): SpoolStats {
  return channel.destinations[0]!.stats().spool!;
}

function numbersIn(stream: OutageStream): number[] {
  return mediaOf(stream).map(({ payload }) => numberOf(payload));
}

/** Files with media. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.flv'));
}

test.each(['outage', 'always'] as const)(
  'with `when: %s`, one stream goes on where the server stopped to acknowledge, and has every packet in order',
  async (when) => {
    await using server = await OutageServer.listen();
    await using folder = await TempFolder.create();
    await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
    const channel = engine.openChannel({ url: server.url('a'), ...inOrder(when) });
    const gaps: SpoolGap[] = [];
    channel.on('gap', (gap) => gaps.push(gap));
    await channel.connected();
    const camera = new NumberedCamera(channel);
    await camera.send(300);
    await server.down();
    await camera.sendUntil(() => gaps.length > 0);
    await camera.send(600);
    expect(spoolOf(channel).state).toBe('spooling');
    await server.up();
    await camera.sendUntil(() => gaps.some(({ outcome }) => outcome === 'sent'));
    expect(spoolOf(channel).state).toBe('idle');
    await camera.send(100);
    const destination = channel.destinations[0]!;
    await channel.close();

    expect(server.gaps).toEqual([]);
    expect(gaps.map(({ outcome }) => outcome)).toEqual(['opened', 'sent']);
    expect(gaps[1]).toMatchObject({ streamName: 'a' });
    const [before, after] = server.named('a') as [OutageStream, OutageStream];
    expect(server.streams).toHaveLength(2);
    expectAllArrived(camera.sent, [before, after]);
    // The last stream has everything from its first packet on, and that was sent to the first one already.
    const numbers = numbersIn(after);
    expect(numbers[0]).toBeLessThanOrEqual(numbersIn(before).at(-1)! + 1);
    expect(numbers).toEqual(camera.sent.slice(numbers[0]).map(({ number }) => number));
    expect(mediaOf(after)[0]!.payload[0]).toBe(0x17);
    const stamps = mediaOf(after).map(({ timestamp }) => timestamp);
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
    const { videoFrames, audioFrames, spool } = destination.stats();
    const { spooledVideoFrames, spooledAudioFrames, lostBytes, lostMs } = spool!;
    expect([lostBytes, lostMs]).toEqual([0, 0]);
    expect(videoFrames + audioFrames + spooledVideoFrames + spooledAudioFrames).toBe(camera.sent.length);
    expect(filesIn(folder.path)).toEqual([]);
  },
);

test('a close waits until the stream has caught up, also where its server is down at first', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const channel = engine.openChannel({ url: server.url('a'), ...inOrder('outage'), closeTimeout: 40_000 });
  await channel.connected();
  const camera = new NumberedCamera(channel);
  await camera.send(100);
  await server.down();
  await camera.sendUntil(() => spoolOf(channel).state === 'spooling');
  await camera.send(400);
  const closed = channel.close();
  await server.up();
  await closed;
  expectAllArrived(camera.sent, server.streams);
  expect(server.streams.at(-1)!.ended).toBe('cleanly');
  expect(filesIn(folder.path)).toEqual([]);
});

test('a second outage while it catches up loses nothing, and what is sent again begins with a key frame', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const channel = engine.openChannel({ url: server.url('a'), ...inOrder('outage') });
  const gaps: SpoolGap[] = [];
  channel.on('gap', (gap) => gaps.push(gap));
  await channel.connected();
  const camera = new NumberedCamera(channel);
  await camera.send(100);
  await server.down();
  await camera.sendUntil(() => gaps.length > 0);
  await camera.send(1500);
  await server.up({ readBytesPerSecond: 100_000 });
  await camera.sendUntil(() => mediaOf(server.streams.at(-1)!).length > 20 && server.streams.length === 2);
  const isBackfilling = () => spoolOf(channel).state === 'backfilling' && spoolOf(channel).behindMs > 0;
  await waitFor('the state to be told', 20_000, () => isBackfilling() || undefined);
  await server.down();
  await camera.send(200);
  await server.up({});
  await camera.sendUntil(() => gaps.some(({ outcome }) => outcome === 'sent'));
  await channel.close();
  expectAllArrived(camera.sent, server.streams);
  // A connection may be lost before anything is sent on it.
  for (const stream of server.streams) expect(mediaOf(stream)[0]?.payload[0] ?? 0x17).toBe(0x17);
});

test('a server that is too slow for a while gets one stream without a hole', async () => {
  await using server = await OutageServer.listen({ readBytesPerSecond: 60_000 });
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const highWatermark = { bytes: 200_000, ms: 60_000 };
  const channel = engine.openChannel({ url: server.url('a'), ...inOrder('outage'), highWatermark });
  const gaps: SpoolGap[] = [];
  channel.on('gap', (gap) => gaps.push(gap));
  await channel.connected();
  const camera = new NumberedCamera(channel);
  await camera.sendUntil(() => gaps.length > 0);
  await camera.send(100);
  server.readAll();
  await camera.sendUntil(() => gaps.some(({ outcome }) => outcome === 'sent'));
  await camera.send(50);
  await channel.close();
  expect(server.streams).toHaveLength(1);
  expect(numbersIn(server.streams[0]!)).toEqual(camera.sent.map(({ number }) => number));
  expectAllArrived(camera.sent, server.streams);
});

test('what an earlier process has left, and what is of an earlier segment, are streams of their own', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const channel = engine.openChannel({ url: server.url('a'), ...inOrder('outage') });
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
  await camera.sendUntil(() => server.gaps.some(({ ended }) => ended === 'cleanly'));
  await waitFor('the disk to be empty', 40_000, () => filesIn(folder.path).length === 0 || undefined);
  await channel.close();
  expect(server.gaps.length).toBeGreaterThan(0);
  expectAllArrived(camera.sent, server.streams);
});
