// `cloudpush bench --pull`: what is published is played back from the server, and its time on the way is
// measured.

import { describe, expect, test } from 'vitest';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { cloudpush } from '../support/cloudpush.js';
import { frameHashes } from '../support/ffmpeg.js';
import { clip, fixture } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { NodeMediaServerPeer } from '../support/node-media-server.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
/** More than Node.js lets listen to a signal without a warning. */
const CHANNELS = 12;

interface Pull {
  players: number;
  playing: number;
  latencyMs: { count: number; min: number; max: number } | null;
  firstPictureMs: { count: number } | null;
  failures: { code: string }[];
}

const bench = (...args: string[]) => cloudpush(['bench', ...args], { timeoutMs: TIMEOUT_MS });

function pullOf(stdout: string): Pull {
  return (JSON.parse(stdout) as { pull: Pull }).pull;
}

describe.concurrent('what is played back', { timeout: TIMEOUT_MS }, () => {
  test('from nginx-rtmp has its times, and decodes to the pictures of the source', async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const url = server.url('load-{i}');
    const { code, stdout, stderr } = await bench(
      url,
      '--channels',
      String(CHANNELS),
      '--duration',
      '3',
      '--overflow',
      'reject',
      '--pull',
      '--json',
      '-q',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const pull = pullOf(stdout);
    expect(pull).toMatchObject({
      players: CHANNELS,
      playing: CHANNELS,
      firstPictureMs: { count: CHANNELS },
      failures: [],
    });
    // Each player misses no more than the pictures before it has joined.
    expect(pull.latencyMs!.count).toBeGreaterThan(CHANNELS * 25);
    expect(pull.latencyMs!.count).toBeLessThanOrEqual(CHANNELS * 75);
    expect(pull.latencyMs!.min).toBeGreaterThan(0);
    const source = new Set(await frameHashes(clip.video, 'video'));
    const recorded = await frameHashes(await server.recording('load-1'), 'video');
    expect(recorded).toHaveLength(75);
    for (const hash of recorded) expect(source).toContain(hash);
  });

  test('from node-media-server has its times, of H.264 with lengths in front, too', async () => {
    await using folder = await TempFolder.create();
    await using server = await NodeMediaServerPeer.start(folder.path);
    const file = fixture('bframes.flv');
    const { code, stdout } = await bench(
      file,
      server.url('load'),
      '--duration',
      '3',
      '--pull',
      '--json',
      '-q',
    );
    expect(code).toBe(0);
    expect(pullOf(stdout)).toMatchObject({ players: 1, playing: 1, failures: [] });
  });

  test('nothing comes from a server that plays nothing: exit code 1, and the reason', async () => {
    await using server = await RecordingReceiver.listen();
    const { code, stdout } = await bench(server.url('load'), '--duration', '2', '--pull', '--json', '-q');
    expect(code).toBe(1);
    expect(pullOf(stdout)).toMatchObject({ players: 1, playing: 0, latencyMs: null });
    expect(pullOf(stdout).failures[0]).toMatchObject({ code: 'ERR_CLOUDPUSH_PLAY_FAILED' });
  });

  test('may come from another URL than it goes to', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const args = ['--pull-from', `${server.url('load')}?viewer=secret`, '--duration', '2'];
    const { code, stdout } = await bench(`${server.url('load')}?publisher=secret`, ...args, '-q');
    expect(code).toBe(0);
    expect(stdout).toContain('1 of 1 had pictures');
    expect(stdout).not.toContain('secret');
  });
});

test.each([
  [['--encrypt', 'all', '--key', 'secret'], '--encrypt hides'],
  [[fixture('stereo-48k.aac')], 'no pictures'],
  [[fixture('pictures-av1.ivf')], 'has av1'],
])('what cannot be measured is refused: %j', async (args, reason) => {
  const { code, stderr } = await bench(...args, 'rtmp://127.0.0.1:1/live/load', '--pull', '-q');
  expect(code).toBe(2);
  expect(stderr).toContain(reason);
});
