// RTSP servers that speak UDP alone, and refuse TCP each in a way of its own: VLC, and Debian's
// rtsp-server-perl, into which ffmpeg publishes.

import { chown, readFile } from 'node:fs/promises';
import { PushEngine } from '@cloudpush/engine';
import { FlvReader, TagType } from '@cloudpush/muxer';
import { MessageType } from '@cloudpush/transport';
import { expect, test, vi } from 'vitest';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { freePort, waitUntilListening } from '../support/ports.js';
import { ChildProgram, run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { samples } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const CLIP = 'plain.flv';
const NOBODY = 65_534;
const PICTURES = 40;

/** The end of a picture: parameter sets come and go in front of it. */
const endOf = (payload: Uint8Array): string => Buffer.from(payload).subarray(-32).toString('hex');

async function clipPictures(): Promise<string[]> {
  return new FlvReader()
    .push(await readFile(fixture(CLIP)))
    .filter(({ type, payload }) => type === TagType.video && payload[1] === 1)
    .map(({ payload }) => endOf(payload));
}

/** Expects the clip's pictures in their order, over and over; a few are lost where it begins anew. */
async function expectClip(url: string): Promise<void> {
  const expected = await clipPictures();
  await using receiver = await RecordingReceiver.listen();
  await using engine = await PushEngine.create({ maxConnections: 1, debugPool: true });
  const retry = { initialDelay: 100, maxDelay: 500 };
  const channel = engine.openChannel({
    url: receiver.url('a'),
    source: { rtsp: url, transport: 'auto', retry },
  });
  const arrived = (): string[] =>
    receiver
      .streams('a')
      .flatMap((stream) => samples(stream, MessageType.video).map(({ payload }) => endOf(payload)));
  await vi.waitUntil(() => arrived().length >= PICTURES, { timeout: 40_000 });
  const places = arrived().map((picture) => expected.indexOf(picture));
  expect(places).not.toContain(-1);
  const follows = places.filter((place, i) => i > 0 && place === (places[i - 1]! + 1) % expected.length);
  expect(follows.length).toBeGreaterThanOrEqual(PICTURES - 4);
  expect((await channel.close()).clean).toBe(true);
  expect(engine.stats().poolBlocksInUse).toBe(0);
}

test('VLC', async (context) => {
  requirePeers(context, 'vlc', 'ffmpeg');
  await using folder = await TempFolder.create();
  const port = await freePort();
  const file = folder.file('minute.ts');
  const loop = ['-v', 'error', '-nostdin', '-stream_loop', '30', '-i', fixture(CLIP), '-c', 'copy', file];
  expect(await run('ffmpeg', loop)).toMatchObject({ code: 0 });
  // VLC does not run as root.
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined;
  if (user !== undefined) await chown(folder.path, user.uid, user.gid);
  const output = `#rtp{sdp=rtsp://127.0.0.1:${port}/camera}`;
  const args = ['-I', 'dummy', '--no-dbus', file, '--sout', output, '--sout-keep'];
  const env = { ...process.env, HOME: folder.path };
  await using vlc = new ChildProgram('cvlc', args, { stdio: ['ignore', 'pipe', 'pipe'], env, ...user });
  await vlc.whenReady(() => waitUntilListening(port));
  await expectClip(`rtsp://127.0.0.1:${port}/camera`);
});

test('rtsp-server-perl, with ffmpeg as the camera behind it', async (context) => {
  requirePeers(context, 'rtsp-server-perl', 'ffmpeg');
  const [clients, sources] = [await freePort(), await freePort()];
  const local = ['--client_listen_address', '127.0.0.1', '--source_listen_address', '127.0.0.1'];
  const ports = ['--clientport', String(clients), '--serverport', String(sources)];
  await using server = new ChildProgram('rtsp-server-perl', [
    ...ports,
    ...local,
    '--rtp_start_port',
    '27000',
  ]);
  await server.whenReady(() => Promise.all([waitUntilListening(clients), waitUntilListening(sources)]));
  const target = `rtsp://127.0.0.1:${sources}/camera`;
  const input = ['-v', 'error', '-nostdin', '-re', '-stream_loop', '-1', '-i', fixture(CLIP)];
  await using ffmpeg = new ChildProgram('ffmpeg', [
    ...[...input, '-c', 'copy', '-f', 'rtsp', '-rtsp_transport', 'udp', target],
  ]);
  await expectClip(`rtsp://127.0.0.1:${clients}/camera`);
  expect(ffmpeg.running).toBe(true);
});
