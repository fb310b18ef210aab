// Two segments of one channel, on one connection, are two streams to a server: it records them as two files,
// each with the same decoded frames at the same times as its source.

import { once } from 'node:events';
import { type Channel, PushEngine, type SegmentReport } from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';
import { expectTrack } from '../support/expect-track.js';
import { fixture } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { NodeMediaServerPeer } from '../support/node-media-server.js';
import { type PeerName, requirePeers } from '../support/peers.js';
import { interleave, readAccessUnits, readAudioFrames, type SourcePacket } from '../support/source.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

const TIMEOUT_MS = 120_000;
const FRAME_MS = 40;

interface SegmentServer extends AsyncDisposable {
  url(stream: string): string;
  recording(stream: string): Promise<string>;
  recordingSoFar(stream: string): Promise<string | undefined>;
}

const servers: { name: PeerName; start(folder: TempFolder): Promise<SegmentServer> }[] = [
  { name: 'nginx-rtmp', start: (folder) => NginxRtmp.start(folder.path) },
  { name: 'node-media-server', start: (folder) => NodeMediaServerPeer.start(folder.path) },
];

async function sendSegment(
  channel: Channel,
  video: readonly SourcePacket[],
  audio: readonly SourcePacket[],
): Promise<string> {
  const time = Date.now();
  channel.sendMetadata({ type: 'streamStart', trigger: 'human', time });
  for (const { track, packet } of interleave(video, audio)) {
    const { data, pts, dts } = packet;
    while (!(track === 'video' ? channel.sendVideo(data, { pts, dts }) : channel.sendAudio(data, { pts })))
      await channel.writable();
  }
  const ended = once(channel, 'segmentEnd') as Promise<[SegmentReport]>;
  channel.sendMetadata({ type: 'streamEnd', alarmDuration: 10_000, time });
  const [{ streams }] = await ended;
  return streams[0]!.streamName;
}

describe.concurrent.each(servers)('$name', ({ name, start }) => {
  test('records each segment as a file of its own', { timeout: TIMEOUT_MS }, async (context) => {
    requirePeers(context, name, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await start(folder);
    await using engine = await PushEngine.create({ maxConnections: 1, shards: 1 });
    const channel = engine.openChannel({ url: server.url('camera-$time') });
    channel.on('problem', ({ error }) => channel.abort(error));
    await channel.connected();
    const audio = await readAudioFrames(fixture('stereo-48k.aac'));
    const sources = [fixture('bframes.h264'), fixture('slices.h264')];
    const videos = await Promise.all(sources.map((source) => readAccessUnits(source, FRAME_MS)));
    const names: string[] = [];
    for (const video of videos) names.push(await sendSegment(channel, video, audio));
    expect(channel.stats().reconnects).toBe(0);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });

    const [first, second] = names;
    expect(first).not.toBe(second);
    const last = await server.recording(second!);
    // It came on the same connection, so that it is complete. nginx-rtmp writes down the last stream of a
    // connection only, and node-media-server does not take deleteStream for the end of a stream: to it, the
    // first goes on.
    const before = await waitFor('the first file', 10_000, () => server.recordingSoFar(first!));
    for (const [i, file] of [before, last].entries()) {
      await expectTrack(file, 'video', sources[i]!, videos[i]!);
      await expectTrack(file, 'audio', fixture('stereo-48k.aac'), audio);
    }
  });
});
