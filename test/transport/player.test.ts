import { RtmpPlayer, RtmpPublisher } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { NginxRtmp } from '../support/nginx.js';
import { NodeMediaServerPeer } from '../support/node-media-server.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';
import { type FlvTagBytes, readFlv } from './support/flv.js';
import { TestReceiver } from './support/receive.js';

// Generous, because machines are shared: no test waits for it when all is well.
vi.setConfig({ testTimeout: 60_000 });

/** The packet type of AVC and AAC sequence headers (FLV 10.1, E.4.2.2, E.4.3.1). */
const SEQUENCE_HEADER = 0;

const media = readFlv(new URL('../fixtures/bframes.flv', import.meta.url).pathname).filter(
  ({ type }) => type !== 18,
);

/** Pictures and sound, each in their order: servers send headers when they see fit. */
function framesOf(tags: readonly Pick<FlvTagBytes, 'type' | 'body'>[]): Record<'audio' | 'video', Buffer[]> {
  const bodies = (wanted: number) =>
    tags.filter(({ type, body }) => type === wanted && body[1] !== SEQUENCE_HEADER).map(({ body }) => body);
  return { audio: bodies(8), video: bodies(9) };
}

/** Publishes and plays at the same time. Returns the media that the player was given. */
async function playWhilePublishing(url: string): Promise<ReturnType<typeof framesOf>> {
  const played: Pick<FlvTagBytes, 'type' | 'body'>[] = [];
  const wanted = framesOf(media);
  const publisher = await RtmpPublisher.connect({ url });
  const player = await RtmpPlayer.connect(
    { url },
    {
      onMedia: (type, _timestamp, payload) => {
        if (type !== 18 && type !== 15) played.push({ type, body: Buffer.from(payload) });
      },
    },
  );
  for (const { type, timestamp, body } of media)
    publisher.send({ type, timestamp, parts: [body], size: body.length, headroom: 0 }, undefined);
  publisher.flush();
  await waitFor('all of the stream', 30_000, () => {
    const { audio, video } = framesOf(played);
    return (audio.length >= wanted.audio.length && video.length >= wanted.video.length) || undefined;
  });
  player.close();
  await publisher.close();
  return framesOf(played);
}

describe('a player', () => {
  test('is given by nginx-rtmp what was published, byte for byte', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    const played = await playWhilePublishing(server.url('stream'));
    expect(played).toEqual(framesOf(media));
  });

  test('is given by node-media-server what was published, byte for byte', async () => {
    await using folder = await TempFolder.create();
    await using server = await NodeMediaServerPeer.start(folder.path);
    const played = await playWhilePublishing(server.url('stream'));
    expect(played).toEqual(framesOf(media));
  });

  test('of a stream that ends hears why', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path, { application: 'publish_notify on;' });
    const url = server.url('stream');
    const publisher = await RtmpPublisher.connect({ url });
    let closed: { error: Error | undefined } | undefined;
    let began: true | undefined;
    await RtmpPlayer.connect(
      { url },
      {
        onStatus: ({ code }) => {
          if (code === 'NetStream.Play.PublishNotify') began = true;
        },
        onClose: (error) => {
          closed = { error };
        },
      },
    );
    const [first] = media;
    publisher.send(
      { type: 9, timestamp: 0, parts: [first!.body], size: first!.body.length, headroom: 0 },
      undefined,
    );
    await waitFor('the beginning', 30_000, () => began);
    await publisher.close();
    const { error } = await waitFor('the end', 30_000, () => closed);
    expect(error).toMatchObject({ class: 'retryable' });
  });

  test('that is closed by its caller hears of no error', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    let closed: { error: Error | undefined } | undefined;
    const player = await RtmpPlayer.connect(
      { url: server.url('nobody-publishes') },
      { onClose: (error) => (closed = { error }) },
    );
    player.close();
    expect(await waitFor('the end', 30_000, () => closed)).toEqual({ error: undefined });
  });

  test('is refused by a server that plays nothing', async () => {
    await using receiver = await TestReceiver.listen();
    await expect(RtmpPlayer.connect({ url: receiver.url() })).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_PLAY_FAILED',
      stage: 'play',
    });
  });

  test('is given up by a signal while it waits for a server that says nothing', async () => {
    await using receiver = await TestReceiver.listen({ handshake: 'silent' });
    const controller = new AbortController();
    const attempt = RtmpPlayer.connect({ url: receiver.url(), signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED' });
  });
});
