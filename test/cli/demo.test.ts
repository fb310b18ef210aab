// `cloudpush demo` proves that every frame arrives. A proof that cannot fail is none: here the receiver is
// spoiled in every way that the verdict is meant to find.

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
  interrupted: boolean;
  totals: { channels: number; complete: number; dropped: number };
  channels: {
    ok: boolean;
    framesSent: number;
    framesReceived: number;
    identical: number;
    file: string | null;
    differences: { kind: string; track: string; frame: number }[];
    differenceCount: number;
    problems: string[];
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
    { spoil: 'noseq', finds: { kind: 'configuration', track: 'video', frame: 1 } },
    { spoil: 'sps', finds: { kind: 'configuration', track: 'video', frame: 1 } },
    { spoil: 'asc', finds: { kind: 'configuration', track: 'audio', frame: 1 } },
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

  test.for([
    { spoil: 'prevsize', says: /PreviousTagSize/ },
    { spoil: 'flags', says: /header of the recording says that there is no audio/ },
    { spoil: 'absence', says: /there is no such file/ },
  ])('fails over a recording whose frames are all there, or none: $spoil', async ({ spoil, says }) => {
    await using folder = await TempFolder.create();
    const { code, stdout, stderr } = await demo(folder, 1, spoil);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { ok, channels } = JSON.parse(stdout) as Verdict;
    expect({ ok, channels: channels.map((channel) => channel.ok) }).toEqual({
      ok: false,
      channels: [true, false],
    });
    expect(channels[1]?.problems).toEqual([expect.stringMatching(says)]);
    const { framesSent, framesReceived, differenceCount } = channels[1]!;
    expect(framesSent).toBeGreaterThan(60);
    expect(framesReceived).toBe(spoil === 'absence' ? 0 : framesSent);
    expect(differenceCount).toBe(framesSent - framesReceived);
  });

  test('fails over a receiver that dies, and tells how each channel ended', async () => {
    await using folder = await TempFolder.create();
    const { code, stdout, stderr } = await demo(folder, 1.5, 'death');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { ok, channels } = JSON.parse(stdout) as Verdict;
    expect(ok).toBe(false);
    expect(channels).toHaveLength(2);
    for (const { ok, problems, framesSent, differenceCount } of channels) {
      expect(ok).toBe(false);
      expect(problems).toHaveLength(2);
      expect(problems).toContain('there is no recording');
      expect(differenceCount).toBe(framesSent);
    }
  });

  test('does not take what others write in the receiver for events', async () => {
    await using folder = await TempFolder.create();
    expect(await demo(folder, 0.4, 'chatter')).toMatchObject({ code: 0, stderr: '' });
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
    const { ok, interrupted, channels } = JSON.parse(program.stdout) as Verdict;
    expect({ ok, interrupted }).toEqual({ ok: false, interrupted: true });
    for (const { ok, framesSent, identical } of channels) {
      expect(ok).toBe(true);
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
