// `cloudpush receive` as a user runs it: foreign clients publish, and what is recorded decodes to what they
// sent.

import { readdir } from 'node:fs/promises';
import { RtmpPublisher } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { cloudpush, startCloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { expectUnchanged } from '../support/expect-track.js';
import { ffmpegPublish } from '../support/ffmpeg.js';
import { gstreamerPublish } from '../support/gstreamer.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { freePort } from '../support/ports.js';
import { Stranger } from '../support/stranger.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;

describe.concurrent('streams from foreign clients are recorded unchanged', { timeout: TIMEOUT_MS }, () => {
  test.for(['plain.flv', 'bframes.flv', 'mp3.flv', 'empty-audio-config.flv'])(
    'ffmpeg, %s',
    async (name, context) => {
      requirePeers(context, 'ffmpeg');
      await using folder = await TempFolder.create();
      await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
      await ffmpegPublish(fixture(name), receiver.url('stream'));
      await expectUnchanged(await receiver.recording('stream'), fixture(name));
    },
  );

  test.for(['rtmp2sink', 'rtmpsink'] as const)('GStreamer, %s', async (sink, context) => {
    requirePeers(context, 'gstreamer', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
    await gstreamerPublish(sink, fixture('plain.flv'), receiver.url('stream'));
    await expectUnchanged(await receiver.recording('stream'), fixture('plain.flv'));
  });

  test('several at once, each in a file of its own', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
    const names = ['plain.flv', 'bframes.flv', 'mp3.flv'];
    await Promise.all(names.map((name, i) => ffmpegPublish(fixture(name), receiver.url(`s${i}`))));
    for (const [i, name] of names.entries())
      await expectUnchanged(await receiver.recording(`s${i}`), fixture(name));
  });
});

describe.concurrent('what receive says', { timeout: TIMEOUT_MS }, () => {
  test('its counts are those of the publisher, and SIGINT is its ordinary end', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
    const args = ['push', fixture('plain.h264'), fixture('stereo-48k.aac'), receiver.url('stream')];
    const push = await cloudpush([...args, '--as-fast-as-possible', '--json']);
    const end = await receiver.ended('stream');
    // Beside its frames, each track has a sequence header, which is a message and no picture.
    const { totals } = JSON.parse(push.stdout) as { totals: { videoFrames: number; audioFrames: number } };
    expect(totals).toMatchObject({ videoFrames: 50, audioFrames: 95 });
    expect(end).toMatchObject({
      clean: true,
      pictures: 50,
      audioFrames: 95,
      videoMessages: 51,
      audioMessages: 96,
    });
    expect(await receiver.stop()).toEqual({ code: 0, signal: null });
    expect(receiver.events().at(-1)).toMatchObject({
      event: 'summary',
      streams: 1,
      clean: 1,
      recordingFailures: 0,
    });
  });

  test('people get lines', async () => {
    await using receiver = startCloudpush(['receive', '--listen', '127.0.0.1:0']);
    const [, url = ''] = await receiver.waitForOutput(/^listening on (rtmp:\S+)/m);
    const { code } = await cloudpush([
      'push',
      fixture('plain.h264'),
      `${url}live/stream`,
      '--as-fast-as-possible',
    ]);
    expect(code).toBe(0);
    await receiver.waitForOutput(/^live\/stream ended after [^\n]*50 video, 0 audio/m);
    expect(await receiver.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(receiver.stdout).toMatch(/^1 stream, 1 ended cleanly: [^\n]*\n$/m);
  });

  test('it listens on this machine alone unless told otherwise', async () => {
    const { stdout } = await cloudpush(['receive', '--help']);
    expect(stdout).toMatch(/\(default:\s+127\.0\.0\.1:1935\)/);
    await using receiver = startCloudpush(['receive', '--listen', String(await freePort())]);
    await receiver.waitForOutput(/^listening on rtmp:\/\/127\.0\.0\.1:\d+\//m);
  });

  test('recordings are named by the template, in folders if it says so', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path, ['--name', '{app}/{name}-{id}']);
    const args = ['push', fixture('plain.h264'), receiver.url('front-door'), '--as-fast-as-possible'];
    expect(await cloudpush(args)).toMatchObject({ code: 0 });
    expect(await receiver.recording('front-door')).toBe(folder.file('live/front-door-1.flv'));
  });

  test.for([
    { args: ['--name', '{stream}', '--record', '.'], says: /--name \{stream\}: .*\{app\} \{name\}/ },
    { args: ['--name', '{app}'], says: /--name needs --record/ },
    { args: ['--listen', 'host:70000'], says: /0 to 65535/ },
  ])('receive $args is refused', async ({ args, says }) => {
    const { code, stderr } = await cloudpush(['receive', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });

  test('a stranger who publishes nothing over and over leaves no file, and is no failure', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const stranger = await Stranger.connect(receiver);
    stranger.publish('a');
    for (let i = 0; i < 1000; i++) {
      stranger.command(1, 'closeStream', 0, null);
      stranger.command(1, 'publish', 0, null, 'a', 'live');
    }
    await stranger.closed;
    expect(await receiver.stop()).toEqual({ code: 0, signal: null });
    expect(await readdir(folder.path)).toEqual([]);
    expect(receiver.events().filter(({ event }) => event === 'publish').length).toBeLessThan(200);
  });

  test('a port that is taken: one line, exit code 1', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const { code, stdout, stderr } = await cloudpush(['receive', '--listen', `127.0.0.1:${receiver.port}`]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^cloudpush: [^\n]*EADDRINUSE[^\n]*\n$/);
  });

  test('a publisher that breaks off is told apart from one that ends', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
    await using push = startCloudpush(['push', fixture('plain.h264'), receiver.url('stream'), '--loop']);
    await receiver.published('stream');
    await push.stop('SIGKILL');
    expect(await receiver.ended('stream')).toMatchObject({ clean: false });
  });
});

test('the longest message that RTMP has is taken, unless --max-message says otherwise', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using folder = await TempFolder.create();
  const publish = async (receiver: CloudpushReceiver) => {
    const url = receiver.url('large');
    const publisher = await RtmpPublisher.connect({ url }, { onDrain() {}, onStatus() {}, onClose() {} });
    const picture = Buffer.alloc(2 ** 24 - 1, 0x5a);
    picture.set([0x17, 1, 0, 0, 0]);
    publisher.send({ type: 9, timestamp: 0, parts: [picture], size: picture.length, headroom: 0 }, undefined);
    await publisher.close().catch(() => {});
    return receiver.ended('large');
  };
  await using large = await CloudpushReceiver.start(folder.file('large'));
  expect(await publish(large)).toMatchObject({ clean: true, videoMessages: 1 });
  await using small = await CloudpushReceiver.start(folder.file('small'), ['--max-message', '8M']);
  expect(await publish(small)).toMatchObject({ clean: false, videoMessages: 0 });
  const { code, stderr } = await cloudpush(['receive', '--max-message', '16M']);
  expect(code).toBe(2);
  expect(stderr).toContain('That is 16777216 bytes; a size from 65536 to 16777215 is needed');
});
