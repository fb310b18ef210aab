// The harness against foreign programs only: what ffmpeg publishes, each server records unchanged. When one
// of these fails, the fault is in the harness or in a peer, and not in this project.

import { describe, test } from 'vitest';
import { expectUnchanged } from '../support/expect-track.js';
import { ffmpegPublish } from '../support/ffmpeg.js';
import { gstreamerPublish } from '../support/gstreamer.js';
import { fixture } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { foreignServers } from '../support/recording-server.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;

describe.concurrent.each(Object.values(foreignServers))('what ffmpeg publishes, $name', ({ peer, start }) => {
  test.for(['plain.flv', 'bframes.flv', 'mp3.flv'])(
    'records unchanged: %s',
    { timeout: TIMEOUT_MS },
    async (name, context) => {
      requirePeers(context, peer, 'ffmpeg');
      await using folder = await TempFolder.create();
      await using server = await start(folder);
      await ffmpegPublish(fixture(name), server.url('stream'));
      await expectUnchanged(await server.recording('stream'), fixture(name));
    },
  );
});

describe.concurrent('what GStreamer publishes', () => {
  for (const sink of ['rtmp2sink', 'rtmpsink'] as const) {
    test(`nginx-rtmp records unchanged: ${sink}`, { timeout: TIMEOUT_MS }, async (context) => {
      requirePeers(context, 'nginx-rtmp', 'gstreamer', 'ffmpeg');
      const source = fixture('plain.flv');
      await using folder = await TempFolder.create();
      await using server = await NginxRtmp.start(folder.path);
      await gstreamerPublish(sink, source, server.url('stream'));
      await expectUnchanged(await server.recording('stream'), source);
    });
  }
});
