// `cloudpush push` as a user runs it: files in, a foreign server's recording out.

import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { cloudpush, startCloudpush } from '../support/cloudpush.js';
import { expectSameFrames, expectTrack, expectUnchanged } from '../support/expect-track.js';
import { frameHashes, packetTimes } from '../support/ffmpeg.js';
import { readHevcTrack } from '../support/flv.js';
import { clip, fixture } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { freePort } from '../support/ports.js';
import { readAccessUnits, readAudioFrames } from '../support/source.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

const TIMEOUT_MS = 120_000;
const FAST = '--as-fast-as-possible';

/** The part of the JSON summary that the tests read. */
interface Summary {
  ok: boolean;
  interrupted: boolean;
  totals: { channels: number; complete: number; videoFrames: number; audioFrames: number; dropped: number };
  channels: {
    url: string;
    complete: boolean;
    framesTaken: { video: number; audio: number };
    videoFrames: number;
    audioFrames: number;
    lost: number;
    reconnects: number;
    error: unknown;
  }[];
}

function parseSummary(stdout: string): Summary {
  return JSON.parse(stdout) as Summary;
}

describe.concurrent('files that nginx-rtmp records unchanged', { timeout: TIMEOUT_MS }, () => {
  test.for<{ name: string; video?: string; audio?: string; frameMs?: number }>([
    { name: 'the bundled clip', video: clip.video, audio: clip.audio },
    { name: 'B-frames', video: fixture('bframes.h264'), audio: fixture('stereo-48k.aac') },
    { name: 'a size that changes', video: fixture('size-change.h264') },
    { name: 'several slices a picture', video: fixture('slices.h264'), audio: fixture('mono-16k.aac') },
    { name: '3-byte start codes', video: fixture('short-start-codes.h264') },
    { name: '30000/1001 pictures a second', video: fixture('ntsc.h264'), frameMs: 1001 / 30 },
    { name: 'video with MP3', video: fixture('plain.h264'), audio: fixture('stereo-44k.mp3') },
    { name: 'AAC alone', audio: fixture('stereo-48k.aac') },
    { name: 'MP3 alone', audio: fixture('mono-22k.mp3') },
  ])('$name', async ({ video, audio, frameMs = 40 }, context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const files = [video, audio].filter((file) => file !== undefined);

    const { code, stdout, stderr } = await cloudpush([
      'push',
      ...files,
      server.url('stream'),
      FAST,
      '--json',
      '--quiet',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const recording = await server.recording('stream');
    const videoPackets = video ? await readAccessUnits(video, frameMs) : [];
    const audioFrames = audio ? await readAudioFrames(audio) : [];
    // Sound and picture begin together for the viewer: with B-frames, the first picture is shown some time
    // after it has been decoded.
    const start = Math.min(...videoPackets.map(({ pts }) => pts), Number.POSITIVE_INFINITY);
    const shift = Number.isFinite(start) ? start : 0;
    const audioPackets = audioFrames.map(({ pts, dts }) => ({ pts: pts + shift, dts: dts + shift }));
    if (video) await expectTrack(recording, 'video', video, videoPackets);
    if (audio) await expectTrack(recording, 'audio', audio, audioPackets);
    const frames = { videoFrames: videoPackets.length, audioFrames: audioPackets.length };
    expect(parseSummary(stdout)).toMatchObject({
      ...{ ok: true, interrupted: false, totals: { ...frames, channels: 1, complete: 1, dropped: 0 } },
      channels: [{ ...frames, url: server.url('stream'), complete: true, error: null }],
    });
  });

  test.for(['plain.flv', 'bframes.flv', 'mp3.flv', 'empty-audio-config.flv'])('%s', async (name, context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const { code } = await cloudpush(['push', fixture(name), server.url('stream'), FAST]);
    expect(code).toBe(0);
    await expectUnchanged(await server.recording('stream'), fixture(name));
  });
});

describe.concurrent('options of push', { timeout: TIMEOUT_MS }, () => {
  test('H.265 goes out in the form that is asked for', async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const source = fixture('bframes.h265');
    const { code } = await cloudpush(['push', source, server.url('stream'), FAST, '--hevc', 'legacy']);
    expect(code).toBe(0);
    const { forms, annexB } = await readHevcTrack(await server.recording('stream'));
    expect(forms).toEqual(['legacy']);
    await expectSameFrames(await folder.write('received.h265', annexB), source, 'video');
  });

  test('--loop repeats the input without a seam in its times', async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const { code } = await cloudpush([
      'push',
      clip.video,
      clip.audio,
      server.url('stream'),
      FAST,
      '--loop',
      '3',
    ]);
    expect(code).toBe(0);
    const recording = await server.recording('stream');
    const once = await frameHashes(clip.video, 'video');
    expect(await frameHashes(recording, 'video')).toEqual([...once, ...once, ...once]);
    const times = await packetTimes(recording, 'video');
    expect(times.map(({ dts }) => dts)).toEqual(Array.from({ length: 3 * clip.frames }, (_, i) => i * 40));
    const audioTimes = await packetTimes(recording, 'audio');
    const drift = audioTimes.map(({ dts }, i) => Math.abs(dts - (i * 1024) / 48));
    expect(audioTimes).toHaveLength(3 * clip.audioFrames);
    expect(Math.max(...drift)).toBeLessThanOrEqual(1);
  });

  test('--channels makes as many streams, each under its number', async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const source = fixture('plain.h264');
    const args = ['push', source, server.url('cam{i}'), FAST, '--channels', '3', '--json'];
    const { code, stdout } = await cloudpush(args);
    expect(code).toBe(0);
    expect(parseSummary(stdout)).toMatchObject({
      ok: true,
      totals: { channels: 3, complete: 3, videoFrames: 150 },
    });
    for (const stream of ['cam1', 'cam2', 'cam3']) {
      await expectSameFrames(await server.recording(stream), source, 'video');
    }
  });

  test('--duration ends after that much media, which takes that long', async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const startedAt = performance.now();
    const args = ['push', clip.video, server.url('stream'), '--loop', '--duration', '2.4', '--json'];
    const { code, stdout, stderr } = await cloudpush(args);
    expect(performance.now() - startedAt).toBeGreaterThan(2000);
    expect(code).toBe(0);
    expect(parseSummary(stdout).totals.videoFrames).toBe(60);
    expect(await packetTimes(await server.recording('stream'), 'video')).toHaveLength(60);
    // Where no person watches, progress is plain lines.
    expect(stderr).toMatch(/^[\d.]+ s \| 1\/1 channel \| .* Mbit\/s \| /m);
    expect(stderr).not.toContain('\u001b');
    expect(stderr).not.toContain('\r');
  });
});

describe.concurrent('push --reconnect', { timeout: TIMEOUT_MS }, () => {
  test('goes on when the server is back, and accounts for every frame', async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using before = await TempFolder.create();
    await using after = await TempFolder.create();
    await using first = await NginxRtmp.start(before.path);
    const args = [
      'push',
      clip.video,
      first.url('stream'),
      '--reconnect',
      '--loop',
      '--duration',
      '5',
      '--json',
    ];
    await using push = startCloudpush(args);
    await push.waitForOutput(/1\/1 channel \| \d{2,} frames/);
    await first.stop();
    await using second = await NginxRtmp.start(after.path, { port: first.port });
    const { code } = await push.waitForExit(TIMEOUT_MS);

    const { totals, channels } = parseSummary(push.stdout);
    expect(channels[0]).toMatchObject({ reconnects: 1, framesTaken: { video: 125 } });
    // A frame that the first connection had been handed when it was lost counts as sent and as dropped.
    expect(totals.videoFrames + totals.dropped).toBeGreaterThanOrEqual(125);
    expect(totals.videoFrames + totals.dropped - channels[0]!.lost).toBeLessThanOrEqual(125);
    // Frames that the first server had taken may be lost with it, even where everything went out.
    expect(code).toBe(1);
    expect(push.stderr).toMatch(
      /^cloudpush: [^\n]*: the connection was lost on the way and made again \(1 time\): /m,
    );
    const hashes = await frameHashes(await second.recording('stream'), 'video');
    const source = await frameHashes(clip.video, 'video');
    expect(hashes.length).toBeGreaterThan(20);
    for (const hash of hashes) expect(source).toContain(hash);
  });
});

describe.concurrent('when push fails or is ended', { timeout: TIMEOUT_MS }, () => {
  test('SIGINT ends the stream cleanly: all that was counted is recorded', async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    await using push = startCloudpush([
      'push',
      clip.video,
      clip.audio,
      server.url('stream'),
      '--loop',
      '--json',
    ]);
    await push.waitForOutput(/1\/1 channel \| \d{2,} frames/);
    const { code } = await push.stop('SIGINT');
    expect(code).toBe(130);
    const { interrupted, totals } = parseSummary(push.stdout);
    expect(interrupted).toBe(true);
    expect(totals.videoFrames).toBeGreaterThan(10);
    const recording = await server.recording('stream');
    expect(await packetTimes(recording, 'video')).toHaveLength(totals.videoFrames);
    expect(await packetTimes(recording, 'audio')).toHaveLength(totals.audioFrames);
  });

  test('a server that is not there: one line, exit code 1', async () => {
    const port = await freePort();
    const { code, stdout, stderr } = await cloudpush([
      'push',
      clip.video,
      `rtmp://127.0.0.1:${port}/live/stream`,
      '--quiet',
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^cloudpush: [^\n]*ECONNREFUSED[^\n]*\n$/);
  });

  test(
    'very many channels to a server that is not there: progress counts them, and a signal ends it',
    async () => {
      const port = await freePort();
      const url = `rtmp://127.0.0.1:${port}/live/stream`;
      await using push = startCloudpush(['push', clip.video, url, '--channels', '65535']);
      await push.waitForOutput(/ 0\/65,535 channels \| [\d,]+ failed \| 0 frames/, TIMEOUT_MS);
      const { code } = await push.stop('SIGINT');
      expect(code).toBe(130);
    },
    2 * TIMEOUT_MS,
  );

  test('a server that never answers: one line in the time that was given, exit code 1', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const args = [
      'push',
      clip.video,
      `rtmp://127.0.0.1:${port}/live/stream`,
      '--connect-timeout',
      '0.5',
      '--quiet',
    ];
    const { code, stdout, stderr } = await cloudpush(args, { timeoutMs: 60_000 });
    server.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^cloudpush: [^\n]*500 ms[^\n]*\n$/);
  });

  test('a server that is lost on the way: one line, exit code 1, and the summary says so', async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    const server = await NginxRtmp.start(folder.path);
    const args = ['push', clip.video, server.url('stream'), '--loop', '--json', '--quiet'];
    await using push = startCloudpush(args);
    await waitFor('a recording', 60_000, () => server.recordingSoFar('stream'));
    await server[Symbol.asyncDispose]();
    const { code } = await push.waitForExit(60_000);
    expect(code).toBe(1);
    expect(push.stderr).toMatch(/^cloudpush: [^\n]+\n$/);
    expect(parseSummary(push.stdout)).toMatchObject({
      ok: false,
      interrupted: false,
      totals: { complete: 0 },
    });
  });

  test('a file that is no video: one line, and no stream is begun', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const file = await folder.write('noise.h264', Buffer.alloc(5000, 0x55));
    const { code, stdout, stderr } = await cloudpush(['push', file, server.url('stream'), FAST, '--quiet']);
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^cloudpush: [^\n]*noise\.h264[^\n]*\n$/);
    expect(await server.recordingSoFar('stream')).toBe(undefined);
  });
});

test.for([
  {
    what: 'with padding behind each frame',
    expected: 0,
    spoil: (frame: Buffer) => Buffer.concat([frame, Buffer.alloc(4 - (frame.length % 4))]),
  },
  {
    what: 'with stray bytes behind each frame',
    expected: 0,
    spoil: (frame: Buffer) => Buffer.concat([frame, Buffer.of(7, 8, 9)]),
  },
  {
    what: 'with damaged frames',
    expected: 1,
    spoil: (frame: Buffer, i: number) =>
      i % 20 === 10 ? Buffer.from(frame.map((byte) => byte ^ 0x55)) : frame,
  },
])(
  'sound $what goes out as far as it is whole, and the exit code says whether all of it is',
  async ({ spoil, expected }) => {
    await using folder = await TempFolder.create();
    await using receiver = await RecordingReceiver.listen();
    for (const [name, type] of [
      ['stereo-48k.aac', 'aac'],
      ['stereo-44k.mp3', 'mp3'],
    ] as const) {
      const frames = await readAudioFrames(fixture(name));
      const path = join(folder.path, `spoilt.${type}`);
      await writeFile(path, Buffer.concat(frames.map(({ data }, i) => spoil(Buffer.from(data), i))));
      const { code, stderr } = await cloudpush(['push', path, receiver.url(type), FAST, '-q']);
      expect(code, stderr).toBe(expected);
      if (expected !== 0) expect(stderr).toContain('damage has cost about');
      const lost = expected === 0 ? 0 : frames.filter((_, i) => i % 20 === 10).length;
      const sounds = receiver
        .stream(type)
        .messages.filter((one) => one.type === 8 && (type === 'mp3' || one.payload[1] === 1));
      expect(sounds).toHaveLength(frames.length - lost);
    }
  },
);
