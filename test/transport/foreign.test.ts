import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ReceiverBehaviour } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { FfmpegServer, packetTimes } from '../support/ffmpeg.js';
import { gstreamerPublish } from '../support/gstreamer.js';
import { NginxRtmp } from '../support/nginx.js';
import { NodeMediaServerPeer } from '../support/node-media-server.js';
import { requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';
import { type FlvTagBytes, readFlv } from './support/flv.js';
import { Blocks, TestPublisher } from './support/publish.js';
import { type Received, TestReceiver } from './support/receive.js';

// Generous, because machines are shared: no test waits for it when all is well.
vi.setConfig({ testTimeout: 60_000 });

const fixture = new URL('../fixtures/bframes.flv', import.meta.url).pathname;
const source = readFlv(fixture);
const media = source.filter(({ type }) => type !== 18);

async function ffmpegTo(url: string, ...more: string[]): Promise<{ code: number | null; stderr: string }> {
  const args = [
    '-hide_banner',
    '-nostdin',
    '-loglevel',
    'error',
    '-i',
    fixture,
    '-c',
    'copy',
    ...more,
    '-f',
    'flv',
    url,
  ];
  return run('ffmpeg', args, { timeoutMs: 15_000 });
}

/** The media of a stream equals the file's, body for body; ffmpeg may move all times by the same amount. */
function expectMedia(received: Received | undefined, expected: readonly FlvTagBytes[]): void {
  const got = received!.messages.filter(({ type }) => type !== 18);
  expect(got.length).toBe(expected.length);
  const same = isDeepStrictEqual(
    got.map(({ payload }) => payload),
    expected.map(({ body }) => body),
  );
  expect(same, 'the bodies are the same').toBe(true);
}

describe('foreign clients publish to the receiver', () => {
  test('ffmpeg, tag for tag', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using receiver = await TestReceiver.listen();
    expect(await ffmpegTo(receiver.url('live/camera'))).toMatchObject({ code: 0, stderr: '' });
    expectMedia(receiver.received[0], media);
    expect((await receiver.received[0]!.ended).clean).toBe(true);
  });

  test.for(['rtmp2sink', 'rtmpsink'] as const)('GStreamer %s, picture for picture', async (sink, context) => {
    requirePeers(context, 'gstreamer');
    await using receiver = await TestReceiver.listen();
    await gstreamerPublish(sink, fixture, receiver.url('live/camera'));
    const [received] = receiver.received;
    const pictures = (tags: { type: number; body: Buffer }[]): Buffer[] =>
      tags.filter(({ type, body }) => type === 9 && body[1] === 1).map(({ body }) => body.subarray(5));
    const got = pictures(received!.messages.map(({ type, payload }) => ({ type, body: payload })));
    const expected = pictures(source);
    expect(got.length).toBe(expected.length);
    expect(isDeepStrictEqual(got, expected)).toBe(true);
  });
});

describe('foreign clients prove the handshakes and the authentication of the receiver', () => {
  test('ffmpeg checks our digest, and we find its own', async (context) => {
    requirePeers(context, 'ffmpeg');
    const schemes: (0 | 1 | undefined)[] = [];
    await using receiver = await TestReceiver.listen({
      handshake: 'digest',
      onConnect: ({ digestScheme }) => {
        schemes.push(digestScheme);
        return { code: 'NetConnection.Connect.Rejected', description: 'seen enough' };
      },
    });
    // As a player ffmpeg verifies the server's digests, and gives up before `connect` when they are wrong.
    const args = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-i', receiver.url(), '-f', 'null', '-'];
    const { stderr } = await run('ffmpeg', args, { timeoutMs: 10_000 });
    expect(stderr).toContain('seen enough');
    expect(schemes).toEqual([1]);
  });

  test('librtmp checks our digest, and we find its own', async (context) => {
    requirePeers(context, 'rtmpdump');
    const schemes: (0 | 1 | undefined)[] = [];
    await using receiver = await TestReceiver.listen({
      handshake: 'digest',
      onConnect: ({ digestScheme }) => {
        schemes.push(digestScheme);
        return 'close';
      },
    });
    // A SWF hash makes rtmpdump use the digest handshake.
    const verify = ['--swfhash', '0'.repeat(64), '--swfsize', '1000'];
    await run('rtmpdump', ['-r', receiver.url(), '-o', '/dev/null', '-m', '3', ...verify], {
      timeoutMs: 10_000,
    });
    expect(schemes.length).toBeGreaterThan(0);
    expect(schemes.every((scheme) => scheme !== undefined)).toBe(true);
  });

  test.for(['adobe', 'llnw'] as const)(
    'ffmpeg authenticates by %s, and fails with a wrong password',
    async (scheme, context) => {
      requirePeers(context, 'ffmpeg');
      const behaviour: ReceiverBehaviour = { auth: { scheme, user: 'me', password: 'secret' } };
      await using receiver = await TestReceiver.listen(behaviour);
      expect(await ffmpegTo(receiver.url('live/camera', 'me:secret@'))).toMatchObject({
        code: 0,
        stderr: '',
      });
      expectMedia(receiver.received[0], media);
      const wrong = await ffmpegTo(receiver.url('live/camera', 'me:wrong@'));
      expect(wrong.code).not.toBe(0);
      expect(receiver.received).toHaveLength(1);
    },
  );
});

describe('the publisher against the receiver that foreign clients have proven', () => {
  test.each(['adobe', 'llnw'] as const)('authenticates by %s', async (scheme) => {
    await using receiver = await TestReceiver.listen({
      auth: { scheme, user: 'me+you', password: 'se/cret=' },
    });
    const credentials = { user: 'me+you', password: 'se/cret=' };
    const { publisher } = await TestPublisher.connect({ url: receiver.url(), credentials });
    await publisher.close();
    const fromUrl = receiver.url('live/camera', 'me%2Byou:se%2Fcret%3D@');
    await (await TestPublisher.connect({ url: fromUrl })).publisher.close();
    expect(receiver.received).toHaveLength(2);
    const wrong = TestPublisher.connect({
      url: receiver.url(),
      credentials: { ...credentials, password: 'wrong' },
    });
    await expect(wrong).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_AUTH_FAILED',
      class: 'auth',
      stage: 'connect',
    });
    const none = TestPublisher.connect({ url: receiver.url() });
    await expect(none).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_AUTH_FAILED', class: 'auth' });
  });

  test.each([0, 1] as const)('makes the digest handshake in scheme %i', async (digestScheme) => {
    await using receiver = await TestReceiver.listen({ handshake: 'digest' });
    const { publisher } = await TestPublisher.connect({
      url: receiver.url(),
      handshake: 'digest',
      digestScheme,
    });
    expect(publisher.handshake).toEqual({ mode: 'digest', digestVerified: true });
    expect(receiver.received[0]!.stream.connectRequest.digestScheme).toBe(digestScheme);
    await publisher.close();
  });

  test('falls back to the digest handshake by itself, unless told to make the simple one', async () => {
    await using receiver = await TestReceiver.listen({ handshake: 'digest' });
    const { publisher } = await TestPublisher.connect({ url: receiver.url() });
    expect(publisher.handshake.mode).toBe('digest');
    await publisher.close();
    const simple = TestPublisher.connect({ url: receiver.url(), handshake: 'simple' });
    await expect(simple).rejects.toMatchObject({ stage: 'handshake' });
  });

  test('needs no fallback with a server that takes the simple handshake', async () => {
    await using receiver = await TestReceiver.listen();
    const { publisher } = await TestPublisher.connect({ url: receiver.url(), handshake: 'auto' });
    expect(publisher.handshake.mode).toBe('simple');
    await publisher.close();
  });
});

/** Publishes the file's tags to a foreign server, every time moved by `shift`. */
async function publish(
  url: string,
  tags: readonly FlvTagBytes[],
  shift = 0,
  chunkSize = 65_536,
): Promise<void> {
  const made = await TestPublisher.connect({ url, chunkSize });
  const blocks = new Blocks();
  await made.sendTags(tags, blocks, shift);
  await made.publisher.close();
  expect(await made.closed).toBeUndefined();
  expect(blocks.releases).toEqual(blocks.releases.map(() => 1));
}

/** nginx-rtmp writes the AAC sequence header of its own once more, before the first picture. */
function withoutAacHeaders(tags: readonly FlvTagBytes[]): string[] {
  return tags
    .filter(({ type, body }) => type !== 18 && !(type === 8 && body[1] === 0))
    .map(({ type, body }) => `${type} ${body.toString('hex')}`);
}

/** The server recorded the same audio and video bodies. */
function expectRecording(file: string): void {
  expect(isDeepStrictEqual(withoutAacHeaders(readFlv(file)), withoutAacHeaders(source))).toBe(true);
}

describe('the publisher against foreign servers', () => {
  test.for([128, 4096, 65_536])(
    'nginx-rtmp records every body, to the last, with chunks of %i',
    async (chunkSize, context) => {
      requirePeers(context, 'nginx-rtmp');
      await using folder = await TempFolder.create();
      await using nginx = await NginxRtmp.start(folder.path);
      await publish(nginx.url('camera'), source, 0, chunkSize);
      expectRecording(await nginx.recording('camera'));
    },
  );

  test('node-media-server records every body', async (context) => {
    requirePeers(context, 'node-media-server');
    await using folder = await TempFolder.create();
    await using server = await NodeMediaServerPeer.start(folder.path);
    await publish(server.url('camera'), source);
    expectRecording(await server.recording('camera'));
  });

  test('ffmpeg -listen takes every packet', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await FfmpegServer.start(folder.file('out.flv'));
    await publish(server.url('camera'), source);
    const file = await server.recording();
    expect(await packetTimes(file, 'video')).toHaveLength((await packetTimes(fixture, 'video')).length);
  });

  test.for([
    ['4 h 39 m 37 s', 0xffffff - 900],
    ['2^32 ms', 2 ** 32 - 900],
  ] as const)('nginx-rtmp’s recording of a stream past %s is read by ffmpeg', async ([, shift], context) => {
    requirePeers(context, 'nginx-rtmp', 'ffmpeg');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path);
    await publish(nginx.url('camera'), source, shift);
    const file = await nginx.recording('camera');
    expectRecording(file);
    const [expected, got] = await Promise.all([packetTimes(fixture, 'video'), packetTimes(file, 'video')]);
    const steps = (times: { dts: number }[]): number[] =>
      times.slice(1).map(({ dts }, i) => dts - times[i]!.dts);
    expect(steps(got)).toEqual(steps(expected));
  });

  test('nginx-rtmp takes several streams on one connection, each with a recording of its own', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path);
    const made = await TestPublisher.connect({ url: nginx.url('first') });
    await made.sendTags(source, new Blocks());
    await made.publisher.nextStream('second');
    await made.sendTags(source, new Blocks());
    await made.publisher.close();
    await nginx.recording('second'); // which is when the first is complete, too
    const recordings = join(folder.path, 'nginx', 'recordings');
    const files = (await readdir(recordings)).toSorted();
    expect(files.map((file) => file.split('-')[0])).toEqual(['first', 'second']);
    for (const file of files) expectRecording(join(recordings, file));
  });

  test('nginx-rtmp says BadName for a stream that is held: class busy', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path);
    const { publisher } = await TestPublisher.connect({ url: nginx.url('camera') });
    const second = TestPublisher.connect({ url: nginx.url('camera') });
    await expect(second).rejects.toMatchObject({ class: 'busy', code: 'ERR_CLOUDPUSH_STREAM_BUSY' });
    await publisher.close();
  });

  test('nginx-rtmp disconnects on a message above max_message, and the error says why', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path);
    const made = await TestPublisher.connect({ url: nginx.url('camera') });
    await made.sendTags([{ type: 9, timestamp: 0, body: Buffer.alloc(1_100_000, 0x17) }], new Blocks());
    const error = await made.closed;
    expect(String(error)).toContain("nginx-rtmp's default max_message is 1048576");
    expect(error).toMatchObject({ stage: 'publishing', class: 'retryable' });
  });

  test('nginx-rtmp refuses an app that it does not have', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path);
    const url = nginx.url('camera').replace('/live/', '/nothing/');
    await expect(TestPublisher.connect({ url })).rejects.toMatchObject({ stage: 'connect' });
  });

  test('nginx-rtmp takes the digest handshake', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path);
    for (const digestScheme of [0, 1] as const) {
      const url = nginx.url(`digest${digestScheme}`);
      const { publisher } = await TestPublisher.connect({ url, handshake: 'digest', digestScheme });
      expect(publisher.handshake).toEqual({ mode: 'digest', digestVerified: true });
      await publisher.close();
    }
  });

  test('nginx-rtmp pings an idle publisher and does not lose it', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path, {
      // The directives belong to the server, so they stand behind the end of the application.
      application: '} ping 200ms; ping_timeout 200ms; application other { live on;',
    });
    const made = await TestPublisher.connect({ url: nginx.url('camera') });
    const before = made.publisher.bytesRead;
    await waitFor('four pings', 10_000, () => made.publisher.bytesRead >= before + 4 * 18 || undefined);
    expect(made.publisher.state).toBe('publishing');
    await made.publisher.close();
  });
});
