// Many channels of one engine are as clean as one: each stream arrives whole, and no packet in another's
// place.

import { PushEngine } from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';
import { expectTrack } from '../support/expect-track.js';
import { frameHashes } from '../support/ffmpeg.js';
import { fixture } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { pushOn } from '../support/push.js';
import { readAccessUnits, readAudioFrames } from '../support/source.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
const FRAME_MS = 40;
const PAIRS = 4;

/** Neighbours in the engine carry different pictures and sounds, so that a mix-up shows. */
const sources = [
  { name: 'a', video: fixture('plain.h264'), audio: fixture('stereo-48k.aac') },
  { name: 'b', video: fixture('size-change.h264'), audio: fixture('mono-16k.aac') },
];

describe('one engine, eight channels, two shards', () => {
  test('every stream is recorded unchanged by nginx-rtmp', { timeout: TIMEOUT_MS }, async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    await using engine = await PushEngine.create({ maxConnections: 2 * PAIRS, shards: 2 });

    const channels = await Promise.all(
      Array.from({ length: PAIRS }, (_, pair) =>
        sources.map(async ({ name, video, audio }) => ({
          ...{ stream: `${name}${pair}`, video, audio },
          videoPackets: await readAccessUnits(video, FRAME_MS),
          audioPackets: await readAudioFrames(audio),
        })),
      ).flat(),
    );
    await Promise.all(
      channels.map(({ stream, videoPackets, audioPackets }) =>
        pushOn(engine, { url: server.url(stream), videoPackets, audioPackets }),
      ),
    );

    for (const { stream, video, audio, videoPackets, audioPackets } of channels) {
      const recording = await server.recording(stream);
      await expectTrack(recording, 'video', video, videoPackets);
      await expectTrack(recording, 'audio', audio, audioPackets);
    }
    expect(await frameHashes(sources[0]!.video, 'video')).not.toEqual(
      await frameHashes(sources[1]!.video, 'video'),
    );
  });

  test('a stream name is free again after a clean close', { timeout: TIMEOUT_MS }, async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    await using engine = await PushEngine.create({ maxConnections: 1, shards: 1 });
    const videoPackets = await readAccessUnits(fixture('plain.h264'), FRAME_MS);

    for (let round = 0; round < 3; round++) {
      await pushOn(engine, { url: server.url('again'), videoPackets });
    }

    expect(server.log).not.toContain('already publishing');
    expect(engine.stats()).toMatchObject({ channels: 0, poolBlocksInUse: 0 });
  });
});
