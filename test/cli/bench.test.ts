// `cloudpush bench` as a user runs it, against servers that take everything, refuse, are not there, or do not
// read.

import { createReadStream, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { COMMAND, cloudpush, startCloudpush } from '../support/cloudpush.js';
import { frameHashes } from '../support/ffmpeg.js';
import { fixture } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { freePort } from '../support/ports.js';
import { ChildProgram, run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

const TIMEOUT_MS = 120_000;
const DOCUMENTATION = readFileSync(
  fileURLToPath(new URL('../../packages/cloudpush/docs/bench.md', import.meta.url)),
  'utf8',
);

const CLIP = fileURLToPath(new URL('../../packages/cloudpush/assets/clip.h264', import.meta.url));

/** The part of the JSON report that the tests read. */
interface Report {
  ok: boolean;
  interrupted: boolean;
  url: string;
  media: { name: string };
  channels: { planned: number; begun: number; connected: number; publishedToEnd: number; failed: number };
  connectMs: { count: number } | null;
  publishMs: { count: number } | null;
  firstMediaMs: { count: number; min: number; p50: number; max: number } | null;
  failures: { code: string | null; system: string | null; count: number; message: string }[];
  retries: { count: number; causes: { code: string; count: number }[] };
  sent: { bytes: number; videoFrames: number; audioFrames: number };
  server: { keptUp: boolean | null; dropped: number };
}

function parseReport(stdout: string): Report {
  return JSON.parse(stdout) as Report;
}

const bench = (...args: string[]) => cloudpush(['bench', ...args], { timeoutMs: TIMEOUT_MS });

describe.concurrent('a server that takes everything', { timeout: TIMEOUT_MS }, () => {
  test('--json: every channel is published to the end, and all that was counted arrives', async () => {
    await using server = await RecordingReceiver.listen();
    const url = `${server.url('load-{i}')}?token=secret`;
    const { code, stdout, stderr } = await bench(url, '--channels', '4', '--duration', '1', '--json', '-q');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = parseReport(stdout);
    expect(report).toMatchObject({
      ...{ ok: true, interrupted: false, url: server.url('load-1') },
      media: { name: 'clip.h264 + clip.aac', video: 'h264', audio: 'aac' },
      channels: { planned: 4, begun: 4, connected: 4, publishedToEnd: 4, stopped: 0, failed: 0 },
      connectMs: { count: 4 },
      publishMs: { count: 4 },
      firstMediaMs: { count: 4 },
      ...{ failures: [], retries: { count: 0, causes: [] } },
      sent: { videoFrames: 4 * 25 },
    });
    const { min, p50, max } = report.firstMediaMs!;
    expect([min, p50, max]).toEqual([min, p50, max].toSorted((a, b) => a - b));
    expect(stdout).not.toContain('secret');

    await waitFor(
      'the ends of the streams',
      30_000,
      () => server.all.every(({ ended }) => ended) || undefined,
    );
    expect(server.all.map(({ name }) => name).sort()).toEqual(['load-1', 'load-2', 'load-3', 'load-4']);
    const messages = server.all.flatMap((stream) => stream.messages);
    // The decoder configuration goes in front of the pictures of each channel.
    expect(messages.filter(({ type }) => type === 9)).toHaveLength(report.sent.videoFrames + 4);
  });

  test('channels on a ramp begin one after the other, and end together', async () => {
    await using server = await RecordingReceiver.listen();
    const args = ['--channels', '3', '--ramp', '2', '--duration', '0.5', '--json', '-q'];
    const { code, stdout } = await bench(server.url('load'), ...args);
    expect(code).toBe(0);
    // 1.5 s, 1 s and 0.5 s of 25 pictures a second.
    expect(parseReport(stdout)).toMatchObject({
      channels: { publishedToEnd: 3 },
      sent: { videoFrames: 38 + 25 + 13 },
    });
    expect(server.all.map(({ name }) => name)).toEqual(['load-1', 'load-2', 'load-3']);
  });

  test('synthetic pictures have the rate that is asked for', async () => {
    await using server = await RecordingReceiver.listen();
    const media = ['--bitrate', '4M', '--fps', '50', '--key-interval', '0.5'];
    const { code } = await bench(server.url('load'), ...media, '--duration', '1', '--json', '-q');
    expect(code).toBe(0);
    const pictures = server
      .stream('load')
      .messages.filter(({ type, payload }) => type === 9 && payload[1] === 1);
    expect(pictures).toHaveLength(50);
    expect(pictures.filter(({ payload }) => payload[0] === 0x17)).toHaveLength(2);
    const bytes = pictures.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(Math.round(bytes / 10_000)).toBe(50);
  });

  test('files are sent over and over, and the report for people is on stdout', async () => {
    await using server = await RecordingReceiver.listen();
    const { code, stdout, stderr } = await bench(fixture('plain.flv'), server.url('load'), '--duration', '4');
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ first media +│ +1 │/);
    expect(stdout).toContain('channels      1 of 1 published to the end');
    expect(stdout).toContain('plain.flv');
    expect(stderr).toMatch(/^ +s +connected +publishing +failed/);
    expect(stderr).toMatch(/^ +\d\.\d +1\/1 +1 +0 /m);
  });

  test('SIGINT ends it early, with the report of what there was', async () => {
    await using server = await RecordingReceiver.listen();
    await using program = startCloudpush([
      ...['bench', server.url('load'), '--channels', '2', '--duration', '600', '--json'],
    ]);
    await program.waitForOutput(/^ +\S+ +2\/2 +2 +0 /m);
    expect(await program.stop('SIGINT')).toEqual({ code: 130, signal: null });
    const report = parseReport(program.stdout);
    expect(report).toMatchObject({
      ...{ ok: false, interrupted: true, failures: [] },
      channels: { begun: 2, connected: 2, publishedToEnd: 0, stopped: 2, failed: 0 },
    });
    expect(report.sent.videoFrames).toBeGreaterThan(0);
    await waitFor(
      'the ends of the streams',
      30_000,
      () => server.all.every(({ ended }) => ended) || undefined,
    );
    expect(server.all.map(({ ended }) => ended)).toEqual(['cleanly', 'cleanly']);
  });

  test('SIGINT on the ramp: channels that had not begun are not counted as failures', async () => {
    await using server = await RecordingReceiver.listen();
    const ramp = ['--channels', '1000', '--ramp', '1'];
    await using program = startCloudpush(['bench', server.url('load'), ...ramp, '--json']);
    await program.waitForOutput(/^ +\S+ +\d+\/\d+ +[1-9]/m);
    expect(await program.stop('SIGINT')).toEqual({ code: 130, signal: null });
    const { channels } = parseReport(program.stdout);
    expect(channels).toMatchObject({ planned: 1000, failed: 0 });
    expect(channels.begun).toBeLessThan(1000);
  });
});

describe.concurrent('servers that fail', { timeout: TIMEOUT_MS }, () => {
  test('a server that refuses: one cause for all channels, without secrets, exit code 1', async () => {
    await using server = await RecordingReceiver.listen({
      onPublish: ({ streamName }) => ({
        code: 'NetStream.Publish.Denied',
        description: `${streamName}: not with token secret`,
      }),
    });
    const url = `${server.url('load-{i}')}?token=secret`;
    const { code, stdout, stderr } = await bench(url, '--channels', '3', '--duration', '1', '--json', '-q');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'cloudpush: 3 of 3 channels did not publish to the end\n',
    });
    const report = parseReport(stdout);
    expect(report).toMatchObject({
      ...{ ok: false, firstMediaMs: null, server: { keptUp: null } },
      channels: { connected: 0, publishedToEnd: 0, failed: 3 },
    });
    expect(report.failures).toEqual([
      { code: expect.stringMatching(/^ERR_/), system: null, count: 3, message: expect.any(String) },
    ]);
    expect(report.failures[0]!.message).toContain('not with token');
    expect(stdout).not.toContain('secret');
  });

  test('some are refused: the others are published to the end all the same', async () => {
    await using server = await RecordingReceiver.listen({
      onPublish: ({ streamName }) => (streamName === 'load-2' ? 'close' : 'accept'),
    });
    const args = ['--channels', '3', '--duration', '1', '--json', '-q'];
    const { code, stdout } = await bench(server.url('load'), ...args);
    expect(code).toBe(1);
    expect(parseReport(stdout)).toMatchObject({
      channels: { connected: 2, publishedToEnd: 2, failed: 1 },
      failures: [{ count: 1 }],
    });
  });

  test('a server that is not there: the word of the system, and no durations', async () => {
    const url = `rtmp://127.0.0.1:${await freePort()}/live/load`;
    const { code, stdout } = await bench(url, '--channels', '5', '--json', '-q');
    expect(code).toBe(1);
    expect(parseReport(stdout)).toMatchObject({
      ...{ connectMs: null, publishMs: null, firstMediaMs: null, stagesMs: {} },
      channels: { begun: 5, connected: 0, failed: 5 },
      failures: [{ code: 'ERR_CLOUDPUSH_SOCKET_CONNECT', system: 'ECONNREFUSED', count: 5 }],
      sent: { bytes: 0 },
    });
  });

  test('--reconnect: attempts that fail before the first connection are retries, not failures', async () => {
    let refusals = 2;
    await using server = await RecordingReceiver.listen({
      onPublish: () => (refusals-- > 0 ? 'close' : 'accept'),
    });
    const args = ['--duration', '1', '--reconnect', '--json', '-q'];
    const { code, stdout } = await bench(server.url('load'), ...args);
    expect(code).toBe(0);
    const { retries, failures, channels } = parseReport(stdout);
    expect(channels.publishedToEnd).toBe(1);
    expect(failures).toEqual([]);
    expect(retries).toMatchObject({ count: 2, causes: [{ count: 2 }] });
  });

  test('a connection that is lost on the way is a failure, and ends a benchmark that has no other', async () => {
    await using server = await RecordingReceiver.listen();
    await using program = startCloudpush(['bench', server.url('load'), '--duration', '600', '--json', '-q']);
    const stream = await waitFor('media', TIMEOUT_MS, () =>
      server.all.find(({ messages }) => messages.length > 0),
    );
    stream.drop();
    expect(await program.waitForExit(TIMEOUT_MS)).toEqual({ code: 1, signal: null });
    expect(parseReport(program.stdout)).toMatchObject({
      ...{ ok: false, interrupted: false, connectMs: { count: 1 } },
      channels: { connected: 1, publishedToEnd: 0, stopped: 0, failed: 1 },
      failures: [{ code: expect.stringMatching(/^ERR_/), count: 1 }],
      retries: { count: 0 },
    });
  });

  test('--reconnect: a connection that is made again was lost all the same', async () => {
    await using server = await RecordingReceiver.listen();
    const args = [server.url('load'), '--duration', '600', '--reconnect', '--json'];
    await using program = startCloudpush(['bench', ...args]);
    const stream = await waitFor('media', TIMEOUT_MS, () =>
      server.all.find(({ messages }) => messages.length > 0),
    );
    stream.drop();
    await waitFor(
      'the next connection',
      TIMEOUT_MS,
      () => (server.all[1]?.messages.length ?? 0) > 0 || undefined,
    );
    expect(await program.stop('SIGINT')).toEqual({ code: 130, signal: null });
    expect(parseReport(program.stdout)).toMatchObject({
      ...{ ok: false, interrupted: true, connectMs: { count: 2 } },
      channels: { connected: 1, publishedToEnd: 0 },
      retries: { count: 1, causes: [{ count: 1 }] },
    });
  });

  test('a server that does not read has not kept up', async () => {
    await using server = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
    const args = ['--bitrate', '80M', '--duration', '4', '--close-timeout', '0.5', '--json', '-q'];
    const { code, stdout } = await bench(server.url('load'), ...args);
    expect(code).toBe(1);
    expect(parseReport(stdout)).toMatchObject({
      server: { keptUp: false },
      channels: { connected: 1, publishedToEnd: 0, failed: 1 },
    });
  });
});

/** The names of all fields, also of those that are objects. */
function fieldNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const names = Array.isArray(value) ? [] : Object.keys(value);
  return [...names, ...Object.values(value).flatMap(fieldNames)];
}

test('every field of the report is documented', { timeout: TIMEOUT_MS }, async () => {
  await using server = await RecordingReceiver.listen({
    onPublish: ({ streamName }) => (streamName === 'load-2' ? 'close' : 'accept'),
  });
  const args = ['--channels', '2', '--duration', '0.5', '--json', '-q'];
  const { stdout } = await bench(server.url('load'), ...args);
  const names = new Set(fieldNames(parseReport(stdout)));
  expect(names).toContain('histogram');
  expect(names).toContain('system');
  const missing = [...names].filter((name) => !new RegExp(`[\`.]${name}[\`.]`).test(DOCUMENTATION));
  expect(missing).toEqual([]);
});

describe.concurrent('arguments of bench', () => {
  test.for<[string, string[], string]>([
    ['an input without a URL', ['clip.flv'], 'the last argument must be the URL'],
    [
      'a bit rate for files',
      [fixture('plain.flv'), 'rtmp://h/a/b', '--bitrate', '1M'],
      'leave the files out',
    ],
    ['a format without files', ['rtmp://h/a/b', '--format', 'flv'], '--format is for files'],
    ['a bit rate that is too low', ['rtmp://h/a/b', '--bitrate', '9k'], 'a key frame has at least'],
    ['a ramp of nothing', ['rtmp://h/a/b', '--ramp', '0'], 'above 0'],
  ])('%s is refused with exit code 2', { timeout: TIMEOUT_MS }, async ([, args, text]) => {
    const { code, stdout, stderr } = await bench(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(text);
  });

  test('a pipe is refused: it can be read only once', { timeout: TIMEOUT_MS }, async () => {
    const command = [COMMAND, 'bench', '-', 'rtmp://127.0.0.1:9/live/load'];
    await using program = new ChildProgram(process.execPath, command, { stdio: 'pipe' });
    createReadStream(fixture('plain.flv')).pipe(program.child.stdin!.on('error', () => {}));
    expect(await program.waitForExit(60_000)).toEqual({ code: 2, signal: null });
    expect(program.stderr).toContain('bench needs files: a pipe can be read only once');
  });
});

test('ffmpeg decodes synthetic pictures of grey, all alike', { timeout: TIMEOUT_MS }, async (context) => {
  requirePeers(context, 'nginx-rtmp', 'ffmpeg');
  await using folder = await TempFolder.create();
  await using server = await NginxRtmp.start(folder.path);
  const media = ['--bitrate', '1M', '--fps', '50', '--key-interval', '0.5'];
  const { code } = await bench(server.url('load'), ...media, '--duration', '1', '-q');
  expect(code).toBe(0);
  const recording = await server.recording('load');
  const hashes = await frameHashes(recording, 'video');
  expect(hashes).toHaveLength(50);
  expect(new Set(hashes).size).toBe(1);
  const { code: exit, stderr } = await run('ffmpeg', [
    '-v',
    'warning',
    '-xerror',
    '-i',
    recording,
    '-f',
    'null',
    '-',
  ]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
});

test.each([
  ['--bitrate 200M --fps 1', '--bitrate 200000000: too many for 1 pictures a second'],
  ['--fps 0.01', '--bitrate 2000000: too many for 0.01 pictures a second'],
  ['--pool 100000 --channels 3', '--pool 100000: too small for 3 channels'],
])('what this machine cannot send is refused before anything is begun: %s', async (args, reason) => {
  const { code, stdout, stderr } = await bench('rtmp://127.0.0.1:1/live/x', ...args.split(' '));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(reason);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('frames of files that have no room in the pool are not told as the server’s', async () => {
  await using server = await RecordingReceiver.listen();
  const media = [CLIP, server.url('load-{i}')];
  const { code, stdout, stderr } = await bench(
    ...media,
    ...['--pool', '100000', '--channels', '12', '--duration', '2', '--json', '-q'],
  );
  expect(code).toBe(1);
  expect(parseReport(stdout)).toMatchObject({
    ok: false,
    server: { keptUp: null, dropped: 0 },
    client: { limits: [{ code: 'ERR_CLOUDPUSH_POOL_TOO_SMALL' }] },
  });
  expect(stderr).toContain('cloudpush: this machine was the limit, and says nothing of the server');
});

test('nginx-rtmp takes fifty channels for three seconds', { timeout: TIMEOUT_MS }, async (context) => {
  requirePeers(context, 'nginx-rtmp');
  await using folder = await TempFolder.create();
  await using server = await NginxRtmp.start(folder.path);
  const args = ['--channels', '50', '--ramp', '50', '--duration', '3', '--bitrate', '300k', '--json', '-q'];
  const { code, stdout, stderr } = await bench(server.url('load-{i}'), ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(parseReport(stdout)).toMatchObject({
    ok: true,
    channels: { begun: 50, connected: 50, publishedToEnd: 50, failed: 0 },
    firstMediaMs: { count: 50 },
  });
  for (const number of [1, 50]) expect(await server.recording(`load-${number}`)).toContain(`load-${number}`);
});
