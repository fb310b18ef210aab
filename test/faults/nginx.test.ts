// A foreign server that is killed while a spool catches its stream, or is reloaded: each picture is recorded
// and decodes.

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, PushEngine, type SpoolGap } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { frameHashes } from '../support/ffmpeg.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { readAccessUnits } from '../support/source.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

const LONG = { timeout: 120_000 };
const FRAME_MS = 40;
const FRAMES = 600;
/** Several times the pace of the clock. */
const PACE_MS = 8;

/** A camera whose pictures differ, each from all others. */
class UniqueCamera {
  readonly hashes: readonly string[];
  readonly #pictures: readonly Uint8Array[];
  count = 0;

  private constructor(hashes: readonly string[], pictures: readonly Uint8Array[]) {
    this.hashes = hashes;
    this.#pictures = pictures;
  }

  static async make(folder: TempFolder): Promise<UniqueCamera> {
    const file = folder.file('camera.h264');
    const source = `testsrc2=size=160x120:rate=${1000 / FRAME_MS}:duration=${(FRAMES * FRAME_MS) / 1000}`;
    const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-g', '25', '-threads', '1'];
    const { code, stderr } = await run('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      source,
      ...encoder,
      file,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const hashes = await frameHashes(file, 'video');
    expect(new Set(hashes).size).toBe(FRAMES);
    return new UniqueCamera(
      hashes,
      (await readAccessUnits(file, FRAME_MS)).map(({ data }) => data),
    );
  }

  /** Sends until something holds, or there are no more pictures. */
  async run(channel: Channel, isDone: () => boolean): Promise<void> {
    while (!isDone() && this.count < this.#pictures.length) {
      channel.sendVideo(this.#pictures[this.count]!, { pts: this.count * FRAME_MS });
      this.count++;
      await sleep(PACE_MS);
    }
  }

  /** Sends so many pictures. */
  async send(channel: Channel, count: number): Promise<void> {
    const end = this.count + count;
    await this.run(channel, () => this.count >= end);
  }
}

async function decoded(paths: readonly string[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const path of paths) hashes.push(...(await frameHashes(path, 'video')));
  return hashes;
}

test(
  'nginx that is killed in mid-stream gets each picture of the outage beside the live stream',
  LONG,
  async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using before = await TempFolder.create();
    await using after = await TempFolder.create();
    const camera = await UniqueCamera.make(folder);
    await using first = await NginxRtmp.start(before.path);
    await using engine = await PushEngine.create({ spool: { folder: folder.file('spool'), minFree: 0 } });
    const channel = engine.openChannel({
      url: first.url('stream'),
      audio: 'none',
      overflow: 'spool',
      spool: { speed: 100 },
      reconnect: { initialDelay: 50, maxDelay: 100 },
    });
    const gaps: SpoolGap[] = [];
    channel.on('gap', (gap) => gaps.push(gap));
    await channel.connected();
    await camera.send(channel, 120);
    first.signal('SIGKILL');
    await camera.run(channel, () => gaps.length > 0);
    await camera.send(channel, 100);
    await using second = await NginxRtmp.start(after.path, { port: first.port });
    await camera.run(channel, () => gaps.some(({ outcome }) => outcome === 'sent'));
    await camera.send(channel, 25);
    await waitFor('the gap', 40_000, () => gaps.some(({ outcome }) => outcome === 'sent') || undefined);
    await channel.close();
    await second.recording('stream');

    const recordings = await second.recordings();
    expect(recordings.some((path) => path.includes('stream-gap-'))).toBe(true);
    const late = await decoded(recordings);
    // Nothing is twice with the second server, and nothing is missing with both.
    expect(new Set(late).size).toBe(late.length);
    const all = new Set([...(await decoded(await first.recordings())), ...late]);
    const missing = camera.hashes.slice(0, camera.count).flatMap((hash, i) => (all.has(hash) ? [] : [i]));
    expect(missing).toEqual([]);
    expect(all.size).toBe(camera.count);
    const left = readdirSync(folder.file('spool'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.flv'))).toEqual([]);
  },
);

test(
  'nginx that is reloaded keeps its publishers, and takes new ones: no picture is lost',
  LONG,
  async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    const camera = await UniqueCamera.make(folder);
    await using server = await NginxRtmp.start(folder.path, { master: true });
    await using engine = await PushEngine.create({ maxConnections: 2, shards: 1 });
    const channel = engine.openChannel({ url: server.url('old'), audio: 'none' });
    await channel.connected();
    await camera.send(channel, 60);
    server.signal('SIGHUP');
    await waitFor(
      'the reload',
      20_000,
      () => /gracefully shutting down|signal 1 /.test(server.log) || undefined,
    );
    await camera.send(channel, 60);
    const later = engine.openChannel({ url: server.url('new'), audio: 'none' });
    await later.connected();
    await camera.run(later, () => later.stats().videoFrames >= 25);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expect(await later.close()).toEqual({ clean: true, error: undefined });
    expect(await decoded([await server.recording('old')])).toEqual(camera.hashes.slice(0, 120));
    expect((await decoded([await server.recording('new')])).length).toBeGreaterThan(0);
  },
);
