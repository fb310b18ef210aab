// A server that goes and comes back: the stream that a foreign server then records can be decoded from its
// first picture.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';
import { frameHashes, packetTimes } from '../support/ffmpeg.js';
import { clip } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { readAccessUnits } from '../support/source.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
const FRAME_MS = 40;
/** Several times the pace of the clock, and slow enough for an outage to be noticed between two pictures. */
const PACE_MS = 5;

/** The clip's pictures without end, on one clock. */
class Camera {
  #count = 0;
  readonly #pictures: readonly Uint8Array[];

  constructor(pictures: readonly Uint8Array[]) {
    this.#pictures = pictures;
  }

  /** Sends until `done` says so. What is refused is lost, as at a camera. */
  async run(channel: Channel, done: () => boolean): Promise<void> {
    while (!done()) {
      const picture = this.#pictures[this.#count % this.#pictures.length] as Uint8Array;
      channel.sendVideo(picture, { pts: this.#count * FRAME_MS });
      this.#count++;
      await sleep(PACE_MS);
    }
  }
}

describe('a server that goes and comes back', () => {
  test('records both parts so that each decodes to pictures of the source', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using before = await TempFolder.create();
    await using after = await TempFolder.create();
    const camera = new Camera((await readAccessUnits(clip.video, FRAME_MS)).map(({ data }) => data));
    await using first = await NginxRtmp.start(before.path);
    await using engine = await PushEngine.create({ maxConnections: 1, shards: 1 });
    const reconnect = { initialDelay: 100, maxDelay: 200 };
    const channel = engine.openChannel({ url: first.url('stream'), reconnect });
    let isConnected = false;
    channel.on('connect', () => {
      isConnected = true;
    });
    channel.on('disconnect', () => {
      isConnected = false;
    });
    await channel.connected();
    await camera.run(channel, () => channel.stats().videoFrames >= clip.frames);

    // The server is gone in the midst of the stream, and for a while.
    await first.stop();
    await camera.run(channel, () => !isConnected);
    await using second = await NginxRtmp.start(after.path, { port: first.port });
    await camera.run(channel, () => isConnected);
    const sentBefore = channel.stats().videoFrames;
    await camera.run(channel, () => channel.stats().videoFrames >= sentBefore + clip.frames);
    // Packets that the first server had been sent when it went are lost, and the report says so.
    expect(await channel.close()).toMatchObject({ clean: false, error: { class: 'retryable' } });

    const source = new Set(await frameHashes(clip.video, 'video'));
    for (const recording of [await first.recordingSoFar('stream'), await second.recording('stream')]) {
      if (recording === undefined) throw new Error('the first server recorded nothing');
      const times = await packetTimes(recording, 'video');
      expect(times[0]?.key).toBe(true);
      const hashes = await frameHashes(recording, 'video');
      expect(hashes).toHaveLength(times.length);
      expect(hashes.length).toBeGreaterThan(clip.frames / 2);
      for (const hash of hashes) expect(source).toContain(hash);
    }
  });
});
