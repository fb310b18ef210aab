// Codecs beyond FLV 10.1, pushed to servers that announce nothing, as nearly all do, and to some that cannot
// read them.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Channel, type ChannelOptions, PushEngine } from '@cloudpush/engine';
import { MessageType, RtmpReceiver } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait.js';
import { closeEmpty, transcript, warningsTo } from './expectations.js';
import { hevcPacket } from './hevc.js';
import type { Arrived } from './recording-receiver.js';
import { Relay } from './unruly-server.js';

/** Codec id 12, no composition time. */
const LEGACY = [0x1c, 1, 0, 0, 0];
const ENHANCED = [0x93, 0x68, 0x76, 0x63, 0x31];

/** Ways in which a server ends a stream that it cannot read. */
type Close = 'with a reset' | 'in an orderly way' | 'with a status';
const closes: Close[] = ['with a reset', 'in an orderly way', 'with a status'];

/** A server that announces nothing, and closes on the first header of Enhanced RTMP. */
class OldServer implements AsyncDisposable {
  /** The messages of each connection that has published, media only. */
  readonly streams: Arrived[][] = [];
  readonly #receiver: RtmpReceiver;
  readonly #relay: Relay;

  private constructor(receiver: RtmpReceiver, relay: Relay) {
    this.#receiver = receiver;
    this.#relay = relay;
  }

  static async listen(close: Close): Promise<OldServer> {
    const receiver = await RtmpReceiver.listen(
      { port: 0, behaviour: { enhanced: false } },
      {
        onPublish: (published) => {
          const messages: Arrived[] = [];
          server.streams.push(messages);
          return {
            onMessage: (message) => {
              if (message.type === MessageType.dataAmf0) return;
              messages.push(message);
              if (!isEnhanced(message) || messages.filter(isEnhanced).length > 1) return;
              if (close === 'in an orderly way') server.#relay.end();
              else if (close === 'with a reset') server.#relay.reset();
              else published.sendStatus('error', 'NetStream.Publish.Rejected', 'unknown codec');
            },
          };
        },
      },
    );
    const server = new OldServer(receiver, await Relay.listen(receiver.address.port));
    return server;
  }

  url(name: string): string {
    return this.#relay.url(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay[Symbol.asyncDispose]();
    await this.#receiver.close();
  }
}

function isEnhanced({ type, payload }: Arrived): boolean {
  return type === MessageType.video ? (payload[0]! & 0x80) !== 0 : payload[0]! >> 4 === 9;
}

/** Sends pictures until something has happened. */
async function sendUntil(channel: Channel, happened: () => boolean): Promise<number> {
  let sent = 0;
  await waitFor('it', 30_000, async () => {
    if (channel.sendVideo(hevcPacket, { pts: sent * 40 })) sent++;
    await setTimeout(2);
    return happened() || undefined;
  });
  return sent;
}

describe('H.265, to a server that closes on its enhanced form', () => {
  test.each(closes)('goes on in the older one, at once and once: %s', async (close) => {
    await using server = await OldServer.listen(close);
    const warnings: string[] = [];
    const engine = await PushEngine.create({ maxConnections: 1, logger: warningsTo(warnings) });
    // No `reconnect`: this is no loss.
    const channel = engine.openChannel({ url: server.url('a'), video: 'h265', audio: 'none' });
    const events = transcript(channel);
    await sendUntil(channel, () => (server.streams[1]?.length ?? 0) > 5);
    await channel.close();
    expect(events).toEqual(['connect', 'disconnect', 'connect', 'close']);
    expect(server.streams).toHaveLength(2);
    const [header, ...pictures] = server.streams[1]!;
    expect([...header!.payload.subarray(0, 5)]).toEqual([0x1c, 0, 0, 0, 0]);
    const enhanced = server.streams[0]!.find(({ payload }) => payload[0] === ENHANCED[0]);
    for (const { payload } of pictures) {
      expect([...payload.subarray(0, 5)]).toEqual(LEGACY);
      if (enhanced !== undefined)
        expect(Buffer.compare(payload.subarray(5), enhanced.payload.subarray(5))).toBe(0);
    }
    expect(warnings).toContainEqual(expect.stringMatching(/older form \(codec id 12\)/));
    await closeEmpty(engine);
  });

  test.each([
    ['the caller wants no other', { hevc: 'enhanced' }],
    ['the server is known to take no other', { connection: { profile: 'mediamtx' } }],
  ] satisfies [string, Partial<ChannelOptions>][])('ends with a clear error when %s', async (_, options) => {
    await using server = await OldServer.listen('with a reset');
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: server.url('a'), video: 'h265', audio: 'none', ...options });
    const closed = once(channel, 'close');
    channel.sendVideo(hevcPacket, { pts: 0 });
    const [{ clean, error }] = await closed;
    expect([clean, error.code]).toEqual([false, 'ERR_CLOUDPUSH_CODEC_REFUSED']);
    expect(error.message).toMatch(/closed the connection on the first header of hvc1/);
    expect(server.streams).toHaveLength(1);
    await closeEmpty(engine);
  });
});

describe('a codec that has one form only, to a server that closes on it', () => {
  const vp9 = Buffer.from('824983420003f00038', 'hex');
  const opusHead = Buffer.from('4f707573486561640102380180bb0000000000', 'hex');
  const sendVp9 = (channel: Channel): boolean => channel.sendVideo(vp9, { pts: 0 });
  const sendOpus = (channel: Channel): boolean => {
    channel.sendAudio(opusHead, { pts: 0 });
    return channel.sendAudio(new Uint8Array([0xfc, 0xff, 0xfe]), { pts: 0 });
  };
  const codecs = [
    { name: 'vp09', options: { video: 'vp9', audio: 'none' }, send: sendVp9 },
    { name: 'Opus', options: { video: 'none', audio: 'opus' }, send: sendOpus },
  ] as const;

  test.each(codecs)('ends with a clear error: $name', async ({ name, options, send }) => {
    await using server = await OldServer.listen('in an orderly way');
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: server.url('a'), ...options });
    const closed = once(channel, 'close');
    send(channel);
    const [{ error }] = await closed;
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_CODEC_REFUSED',
      message: expect.stringContaining(name),
    });
    await closeEmpty(engine);
  });

  test('is tried once more where a lost connection is made again, and no more', async () => {
    await using server = await OldServer.listen('with a reset');
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({
      url: server.url('a'),
      video: 'vp9',
      audio: 'none',
      reconnect: { initialDelay: 1, maxDelay: 1 },
    });
    const events = transcript(channel);
    const closed = once(channel, 'close');
    channel.on('connect', () => sendVp9(channel));
    const [{ error }] = await closed;
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_CODEC_REFUSED', class: 'fatal' });
    expect(events).toEqual(['connect', 'disconnect', 'connect', 'close']);
    await closeEmpty(engine);
  });
});
