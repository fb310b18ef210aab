// MP4, QuickTime, Matroska, WebM and MPEG-TS files of ffmpeg, pushed from the command line and by a shard:
// what arrives decodes to the same pictures and samples, at the same times.

import { once } from 'node:events';
import { copyFile, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { PushEngine } from '@cloudpush/engine';
import { describe, expect, test, vi } from 'vitest';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { demuxFile } from '../muxer/mux-file.js';
import { encode } from '../muxer/probe.js';
import { COMMAND, cloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { frameHashes, packetTimes, type Track } from '../support/ffmpeg.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';

vi.setConfig({ testTimeout: 60_000 });

const FAST = ['--as-fast-as-possible', '--quiet'];
const SECONDS = 2;
const pictures = ['-f', 'lavfi', '-i', `testsrc2=s=176x144:r=25:d=${SECONDS}`, '-pix_fmt', 'yuv420p'];
const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:d=${SECONDS}`];
const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '3'];

async function make(path: string, ...codecs: string[]): Promise<void> {
  await encode([...pictures.slice(0, 4), ...sound, ...pictures.slice(4), ...codecs, path]);
}

const CLUSTER = Buffer.from('1f43b675', 'hex');

/** The third cluster has a size that cannot be (RFC 8794 §4). */
function spoiledSize(bytes: Buffer): Buffer {
  let at = -1;
  for (let i = 0; i < 3; i++) at = bytes.indexOf(CLUSTER, at + 1);
  bytes[at + CLUSTER.length] = 0;
  return bytes;
}

/** In the first cluster, behind its time, stands what is no element, and then what looks like a cluster. */
function spoiledCluster(bytes: Buffer): Buffer {
  const time = bytes.indexOf(0xe7, bytes.indexOf(CLUSTER));
  Buffer.concat([Buffer.alloc(1), CLUSTER, Buffer.alloc(1)]).copy(
    bytes,
    time + 2 + (bytes[time + 1]! & 0x7f),
  );
  return bytes;
}

/** From 0 on, as every stream begins. */
async function timesOf(file: string, track: Track): Promise<unknown[]> {
  const times = await packetTimes(file, track);
  const first = times[0]!.pts;
  return times.map(({ pts, key }) => ({ pts: pts - first, key }));
}

describe.concurrent('a container that is pushed', () => {
  test.for([
    ['source.mp4', 'aac'],
    ['source.mov', 'aac'],
    ['source.mkv', 'aac'],
    ['source.ts', 'aac'],
    ['source.mp4', 'libmp3lame'],
    ['source.ts', 'libmp3lame'],
  ] as const)('%s with %s', async ([name, codec], context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const source = folder.file(name);
    await make(source, ...x264, '-c:a', codec);
    const { code, stderr } = await cloudpush(['push', source, receiver.url('a'), ...FAST, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { file } = await receiver.ended('a');
    expect(await frameHashes(file!, 'video')).toEqual(await frameHashes(source, 'video'));
    expect(await timesOf(file!, 'video')).toEqual(await timesOf(source, 'video'));
    expect((await packetTimes(file!, 'audio')).length).toBe((await packetTimes(source, 'audio')).length);
  });

  test('a name that tells nothing: its content does', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    await make(folder.file('source.mkv'), ...x264, '-c:a', 'aac');
    await copyFile(folder.file('source.mkv'), folder.file('source'));
    const { code } = await cloudpush(['push', folder.file('source'), receiver.url('a'), ...FAST]);
    expect(code).toBe(0);
    expect(await receiver.ended('a')).toMatchObject({ clean: true, pictures: 25 * SECONDS });
  });

  test('H.265 keeps every byte of its pictures', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const source = fixture('bframes-h265.mp4');
    const { code } = await cloudpush(['push', source, receiver.url('a'), ...FAST]);
    expect(code).toBe(0);
    const { file } = await receiver.ended('a');
    const arrived = Buffer.concat(demuxFile(await readFile(file!)).map(({ data }) => Buffer.from(data)));
    const decodable = await folder.write('arrived.h265', arrived);
    expect(await frameHashes(decodable, 'video')).toEqual(await frameHashes(source, 'video'));
  });

  test('sound that RTMP has no form for is left out, with a word', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const source = folder.file('source.mkv');
    await make(source, ...x264, '-c:a', 'pcm_s16le');
    const { code, stderr } = await cloudpush(['push', source, receiver.url('a'), ...FAST]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'source.mkv: the audio track is left out: its codec, pcm-s16, does not go over RTMP',
    );
    expect(await receiver.ended('a')).toMatchObject({ clean: true, pictures: 25 * SECONDS, audioFrames: 0 });
  });

  test.for<
    [what: string, name: string, prepare: (path: string) => Promise<void>, says: RegExp, code: number]
  >([
    ['is not there', 'none.mp4', async () => {}, /none\.mp4: there is no such file/, 2],
    [
      'is something else',
      'text.mkv',
      async (path) => await copyFile(fixture('make-fixtures.sh'), path),
      /text\.mkv: the file is damaged, or not what its name says/,
      1,
    ],
    [
      'has lost its end, where MP4 has its index',
      'cut.mp4',
      async (path) => {
        await copyFile(fixture('bframes-h265.mp4'), path);
        await truncate(path, 500);
      },
      /cut\.mp4: /,
      1,
    ],
  ])('a file that %s', async ([, name, prepare, says, expected]) => {
    await using folder = await TempFolder.create();
    await prepare(folder.file(name));
    const { code, stderr } = await cloudpush([
      'push',
      folder.file(name),
      'rtmp://127.0.0.1:9/live/a',
      ...FAST,
    ]);
    expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringMatching(says) });
  });

  test.for([
    ['source.mp4', /source\.mp4: the file is cut off: it has not all of its 2\.0 s/],
    ['source.mkv', /source\.mkv: the file is cut off: it has 1\.0 s of 2\.0 s/],
  ] as const)('the first part of %s is sent, and the rest is missed', async ([name, says], context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const source = folder.file(name);
    await make(source, ...x264, '-c:a', 'aac', '-movflags', '+faststart', '-cluster_time_limit', '1000');
    await truncate(source, Math.round((await stat(source)).size * 0.7));
    const { code, stderr } = await cloudpush(['push', source, receiver.url('a'), ...FAST]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(says) });
    const { pictures } = await receiver.ended('a');
    expect(pictures).toBeGreaterThanOrEqual(25);
  });

  test.for([
    ['behind a cluster of unknown size, as live recordings have them', ['-live', '1'], spoiledSize],
    ['among others', [], spoiledSize],
    ['within a cluster, behind damage', [], spoiledCluster],
  ] as const)(
    'a Matroska file with an element of impossible size %s comes to an end',
    async ([, options, spoil], context) => {
      requirePeers(context, 'ffmpeg');
      await using folder = await TempFolder.create();
      const source = folder.file('source.mkv');
      await make(source, ...x264, '-c:a', 'aac', '-cluster_time_limit', '500', ...options);
      const bytes = await readFile(source);
      await writeFile(source, spoil(bytes));
      const { code, stderr } = await cloudpush(['push', source, 'rtmp://127.0.0.1:9/live/a', ...FAST]);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(
          /source\.mkv: .*what is at byte \d+ can neither be read nor passed over/,
        ),
      });
    },
  );

  test('a file with a hole is sent up to it, which is an error', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const source = folder.file('hole.mp4');
    await make(source, ...x264, '-c:a', 'aac');
    const bytes = await readFile(source);
    // The size of the 31st picture: 2 GiB (ISO/IEC 14496-12 §8.7.3.2).
    bytes.writeUInt32BE(0x7fff_ffff, bytes.indexOf('stsz') + 16 + 30 * 4);
    await writeFile(source, bytes);
    const { code, stderr } = await cloudpush(['push', source, receiver.url('a'), ...FAST]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/its video is missing from 1\.\d+ s on, up to 1\.96 s/),
    });
    expect((await receiver.ended('a')).pictures).toBe(30);
  });

  test('an MP4 file without the table at its end is said to be cut off', async () => {
    await using folder = await TempFolder.create();
    const source = folder.file('source.mp4');
    await copyFile(fixture('bframes-h265.mp4'), source);
    await truncate(source, 20_000);
    const { code, stderr } = await cloudpush(['push', source, 'rtmp://127.0.0.1:9/live/a', ...FAST]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'source.mp4: it names no tracks: it is cut off, or its recording was not finished',
    );
  });

  test('beside another input it makes no sense, nor does a frame rate', async () => {
    const url = 'rtmp://127.0.0.1:9/live/a';
    const file = fixture('bframes-h265.mp4');
    const two = await cloudpush(['push', file, fixture('stereo-48k.aac'), url]);
    expect(two.stderr).toContain('a container is the only input');
    const rate = await cloudpush(['push', file, url, '--fps', '25']);
    expect(rate.stderr).toContain('a frame rate can be set for raw video only');
  });
});

test('a shard plays one in a loop: two passes without a seam', async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  const path = folder.file('source.mkv');
  await make(path, ...x264, '-c:a', 'aac');
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1, debugPool: true });
  const module = new URL('../dist/containers/container-module.js', pathToFileURL(COMMAND)).href;
  const channel = engine.openChannel({
    url: receiver.url('a'),
    source: { module, options: { path, loop: true } },
  });
  const pictureTimes = (): number[] =>
    receiver
      .streams('a')
      .flatMap(({ messages }) => messages)
      .filter(({ type, payload }) => type === 9 && payload[1] === 1)
      .map(({ timestamp }) => timestamp);
  await vi.waitUntil(() => pictureTimes().length > 25 * SECONDS + 10, { timeout: 20_000 });
  const closing = once(channel, 'close');
  await channel.close();
  await closing;
  const times = pictureTimes();
  expect(times).toEqual(times.map((_, i) => 40 * i));
  expect(engine.stats().poolBlocksInUse).toBe(0);
  await engine.close();
});
