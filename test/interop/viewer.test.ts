// A viewer who comes late to a live stream gets from the server what the publisher sent at its start:
// metadata and sequence headers must be such that a server can keep them and hand them on.

import { stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { startCloudpush } from '../support/cloudpush.js';
import { frameHashes, packetTimes, streamFacts } from '../support/ffmpeg.js';
import { clip } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { ChildProgram } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

const TIMEOUT_MS = 120_000;
/** About two seconds of the clip. */
const ENOUGH_BYTES = 300_000;

describe('a viewer who comes late', () => {
  test('sees pictures of the source from a key frame on', { timeout: TIMEOUT_MS }, async (context) => {
    requirePeers(context, 'nginx-rtmp', 'rtmpdump', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path, { application: 'wait_key on; wait_video on;' });
    const url = server.url('stream');
    await using _push = startCloudpush(['push', clip.video, clip.audio, url, '--loop', '--quiet']);
    await waitFor('the stream', 60_000, () => server.recordingSoFar('stream'));

    const seen = folder.file('seen.flv');
    await using viewer = new ChildProgram('rtmpdump', ['--rtmp', url, '--live', '--quiet', '--flv', seen]);
    await waitFor('two seconds of media', 60_000, async () => {
      const { size } = await stat(seen).catch(() => ({ size: 0 }));
      return size > ENOUGH_BYTES || undefined;
    });
    await viewer.stop();

    expect(await streamFacts(seen)).toEqual([
      { codec_name: 'h264', width: 1280, height: 720, r_frame_rate: '25/1' },
      { codec_name: 'aac', sample_rate: '48000', channels: 2 },
    ]);
    expect((await packetTimes(seen, 'video'))[0]?.key).toBe(true);
    const source = new Set(await frameHashes(clip.video, 'video'));
    const hashes = await frameHashes(seen, 'video');
    expect(hashes.length).toBeGreaterThan(20);
    for (const hash of hashes) expect(source).toContain(hash);
  });
});
