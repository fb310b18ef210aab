// `cloudpush demo` proves that every frame arrives. A proof that cannot fail is none: here the receiver is spoiled in
// every way that the verdict is meant to find.

import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { cloudpush, startCloudpush } from '../support/cloudpush.js';
import { expectSameFrames } from '../support/expect-track.js';
import { frameHashes } from '../support/ffmpeg.js';
import { clip } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
const SPOILER = new URL('spoil-recordings.mjs', import.meta.url).href;

/** The part of the JSON verdict that the tests read. */
interface Verdict {
  ok: boolean;
  totals: { channels: number; complete: number; dropped: number };
  channels: {
    ok: boolean;
    framesSent: number;
    framesReceived: number;
    identical: number;
    file: string | null;
    differences: { kind: string; track: string; frame: number }[];
    differenceCount: number;
  }[];
}

function demo(folder: TempFolder, seconds: number, spoil?: string) {
  const args = [
    'demo',
    '--channels',
    '2',
    '--duration',
    String(seconds),
    '--record',
    folder.file('recordings'),
  ];
  const env = spoil === undefined ? {} : { SPOIL: spoil, NODE_OPTIONS: `--import ${SPOILER}` };
  return cloudpush([...args, '--json', '--quiet'], { env: { ...process.env, ...env } });
}

describe.concurrent('the demo', { timeout: TIMEOUT_MS }, () => {
  test('finds every frame of every channel as it was sent', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    // One round of the clip, whole.
    const { code, stdout } = await demo(folder, 3.2);
    expect(code).toBe(0);
    const verdict = JSON.parse(stdout) as Verdict;
    const frames = clip.frames + clip.audioFrames;
    expect(verdict).toMatchObject({ ok: true, totals: { channels: 2, complete: 2, dropped: 0 } });
    expect(verdict.channels).toHaveLength(2);
    for (const { file, ...channel } of verdict.channels) {
      expect(channel).toMatchObject({ framesSent: frames, framesReceived: frames, identical: frames });
      // The verdict itself, by a program that is not ours.
      await expectSameFrames(file ?? '', clip.video, 'video');
      await expectSameFrames(file ?? '', clip.audio, 'audio');
    }
  });

  test.for([
    { spoil: 'bit', finds: { kind: 'changed', track: 'video', frame: 10 } },
    { spoil: 'time', finds: { kind: 'timestamp', track: 'audio', frame: 10 } },
    { spoil: 'loss', finds: { kind: 'lost', track: 'audio', frame: 10 } },
    { spoil: 'repetition', finds: { kind: 'duplicated', track: 'video' } },
    { spoil: 'cut', finds: { kind: 'lost' } },
  ])('fails over a receiver that spoils one recording: $spoil', async ({ spoil, finds }) => {
    await using folder = await TempFolder.create();
    const { code, stdout } = await demo(folder, 1, spoil);
    expect(code).toBe(1);
    const { ok, channels } = JSON.parse(stdout) as Verdict;
    expect({ ok, channels: channels.map((channel) => channel.ok) }).toEqual({
      ok: false,
      channels: [true, false],
    });
    expect(channels[1]?.differences[0]).toMatchObject(finds);
    expect(channels[1]?.differenceCount).toBeGreaterThan(0);
  });

  test.for(['absence', 'death'])('fails over a receiver without recordings: %s', async (spoil) => {
    await using folder = await TempFolder.create();
    const { code, stderr } = await demo(folder, 1.5, spoil);
    expect(code).toBeGreaterThan(0);
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  });

  test('tells people its verdict in a table and one last sentence', async () => {
    await using folder = await TempFolder.create();
    const args = ['demo', '--channels', '3', '--duration', '1', '--record', folder.file('recordings')];
    const { code, stdout } = await cloudpush(args);
    expect(code).toBe(0);
    expect(stdout.match(/identical/g)).toHaveLength(4);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^Every frame arrived as it was sent: \d+ frames on 3 channels/,
    );
    expect(stdout).toContain(folder.file('recordings'));
    expect(await readdir(folder.file('recordings'))).toHaveLength(3);
  });

  test('SIGINT ends it early, with a verdict on what was sent', async () => {
    await using folder = await TempFolder.create();
    const args = [
      'demo',
      '--channels',
      '2',
      '--duration',
      '30',
      '--record',
      folder.file('recordings'),
      '--json',
    ];
    await using program = startCloudpush(args);
    await program.waitForOutput(/2\/2 channels \| \d{2,} frames/);
    const { code } = await program.stop('SIGINT');
    expect(code).toBe(130);
    const { ok, channels } = JSON.parse(program.stdout) as Verdict;
    expect(ok).toBe(true);
    for (const { framesSent, identical } of channels) {
      expect(framesSent).toBeGreaterThan(10);
      expect(identical).toBe(framesSent);
    }
  });

  test('pushes to a server that is given', async (context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const { code } = await cloudpush([
      'demo',
      server.url('demo'),
      '--channels',
      '2',
      '--duration',
      '1',
      '--quiet',
    ]);
    expect(code).toBe(0);
    for (const stream of ['demo-1', 'demo-2']) {
      expect(await frameHashes(await server.recording(stream), 'video')).toHaveLength(25);
    }
  });
});
