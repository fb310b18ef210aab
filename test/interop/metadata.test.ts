// The messages about segments and the rest of the metadata, as foreign servers record them.

import { PushEngine } from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';
import { expectTrack } from '../support/expect-track.js';
import { FfmpegServer } from '../support/ffmpeg.js';
import { scriptTags } from '../support/flv.js';
import { fixture } from '../support/media.js';
import { metadataMessages } from '../support/metadata-messages.js';
import { NginxRtmp } from '../support/nginx.js';
import { NodeMediaServerPeer } from '../support/node-media-server.js';
import { type PeerName, requirePeers } from '../support/peers.js';
import { readAccessUnits } from '../support/source.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
const FRAME_MS = 40;
const SOURCE = fixture('bframes.h264');

interface Server extends AsyncDisposable {
  url(stream: string): string;
  recording(stream: string): Promise<string>;
}

const servers: {
  name: string;
  peer: PeerName;
  keeps: boolean;
  start(folder: TempFolder): Promise<Server>;
}[] = [
  {
    name: 'ffmpeg',
    peer: 'ffmpeg',
    keeps: true,
    start: (folder) => FfmpegServer.startRaw(folder.file('recording.flv')),
  },
  {
    name: 'node-media-server',
    peer: 'node-media-server',
    keeps: true,
    start: (folder) => NodeMediaServerPeer.start(folder.path),
  },
  // It records media only.
  {
    name: 'nginx-rtmp',
    peer: 'nginx-rtmp',
    keeps: false,
    start: (folder) => NginxRtmp.start(folder.path),
  },
];

/** `onMetaData`, with or without the word in front of it that has servers keep it. */
function isStreamMetadata(body: Buffer): boolean {
  return body.includes('onMetaData');
}

describe.concurrent.each(servers)('$name', ({ peer, keeps, start }) => {
  test('records the messages with the media, which they leave alone', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    requirePeers(context, peer, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await start(folder);
    await using engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: server.url('camera') });
    await channel.connected();
    const video = await readAccessUnits(SOURCE, FRAME_MS);
    // Each follows a picture, and takes its time; the last one ends the stream.
    const places = metadataMessages.map((_, i) =>
      Math.floor((i * (video.length - 1)) / (metadataMessages.length - 1)),
    );
    for (const [i, { data, pts, dts }] of video.entries()) {
      expect(channel.sendVideo(data, { pts, dts })).toBe(true);
      const message = metadataMessages[places.indexOf(i)];
      if (message !== undefined) expect(channel.sendMetadata(message.metadata)).toBe(true);
    }
    expect(await channel.close()).toEqual({ clean: true, error: undefined });

    const file = await server.recording('camera');
    await expectTrack(file, 'video', SOURCE, video);
    const recorded = await scriptTags(file);
    const own = recorded.filter(({ body }) => !isStreamMetadata(body));
    const expected = metadataMessages.map(({ hex }, i) => ({ hex, timestamp: places[i]! * FRAME_MS }));
    expect(own.map(({ body, timestamp }) => ({ hex: body.toString('hex'), timestamp }))).toEqual(
      keeps ? expected : [],
    );
    if (keeps) expect(recorded.filter(({ body }) => isStreamMetadata(body)).length).toBe(1);
  });
});
