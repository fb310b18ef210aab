// Cameras of GStreamer, played by a worker thread: every picture arrives, with its sound in step.

import { once } from 'node:events';
import { PushEngine } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { RtspCamera } from '../support/rtsp-camera.js';
import { samples } from './expectations.js';
import { type Arrived, RecordingReceiver } from './recording-receiver.js';

const FRAME_MS = 40;

let camera: RtspCamera;

beforeAll(async () => {
  if (isPeerPresent('gst-rtsp-server')) camera = await RtspCamera.start();
}, 60_000);

afterAll(async () => {
  await camera?.[Symbol.asyncDispose]();
});

/**
 * Time at which a picture is shown: its time stamp, and its composition offset (FLV E.4.3.1, Enhanced RTMP).
 */
function shownAt({ timestamp, payload }: Arrived): number {
  const bytes = Buffer.from(payload);
  if (bytes[0]! < 0x80) return timestamp + bytes.readIntBE(2, 3);
  return (bytes[0]! & 15) === 1 ? timestamp + bytes.readIntBE(5, 3) : timestamp;
}

const cases = [
  ['h264', 'tcp', 80],
  ['h264', 'udp', 80],
  ['h265', 'tcp', 50],
] as const;

for (const [mount, transport, pictures] of cases) {
  test(`all of ${mount} over ${transport} arrives, with its sound within 10 ms`, async (context) => {
    requirePeers(context, 'gst-rtsp-server', 'ffmpeg');
    await using receiver = await RecordingReceiver.listen();
    await using engine = await PushEngine.create({ maxConnections: 1, debugPool: true });
    const channel = engine.openChannel({
      url: receiver.url('a'),
      source: { rtsp: camera.url(mount), transport, retry: false },
    });
    await once(channel, 'sourceLost');
    const { source } = channel.stats();
    await channel.close();
    const video = samples(receiver.stream('a'), MessageType.video);
    const audio = samples(receiver.stream('a'), MessageType.audio);
    expect(video).toHaveLength(pictures);
    expect(audio.length).toBeGreaterThan(80);
    for (const [index, { timestamp }] of audio.entries()) {
      const wanted = audio[0]!.timestamp + (index * 1024) / 48;
      expect(Math.abs(timestamp - wanted)).toBeLessThan(10);
    }
    const shown = video.map(shownAt).sort((a, b) => a - b);
    expect(shown).toEqual(shown.map((_, index) => shown[0]! + index * FRAME_MS));
    expect(Math.abs(audio[0]!.timestamp - shown[0]!)).toBeLessThanOrEqual(10);
    expect(source).toMatchObject({ rtpLost: 0, damagedPictures: 0, framesRefused: 0, state: 'failed' });
    expect(engine.stats().poolBlocksInUse).toBe(0);
  }, 60_000);
}
