// Sources of a channel's URL and token: a token server, a provider, and a new token in mid-stream.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import {
  type Channel,
  type ChannelOptions,
  type CloseReport,
  PushEngine,
  ReferenceTokenServer,
  TargetCache,
  type TargetReason,
  TokenServer,
} from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait.js';
import { type CameraPacket, cameraPackets, expectedVideoMessage, sendOne } from './camera.js';
import { closeEmpty, expectWhole, samples, transcript } from './expectations.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();

function tokenOf({ query }: { readonly query: string }): string {
  return new URLSearchParams(query).get('token') ?? '';
}

/** A receiver that lets only those publish whose token `isGood`. */
function guarded(isGood: (token: string) => boolean): Promise<RecordingReceiver> {
  return RecordingReceiver.listen({
    onPublish: ({ streamName }) =>
      isGood(tokenOf({ query: streamName.split('?')[1] ?? '' }))
        ? 'accept'
        : { code: 'NetStream.Publish.Unauthorized', description: 'the token is not known' },
  });
}

/** Sends the clip in real time, again and again, until `done`. Returns what was sent. */
async function stream(channel: Channel, done: () => boolean): Promise<CameraPacket[]> {
  const sent: CameraPacket[] = [];
  const start = performance.now();
  for (let turn = 0; ; turn++) {
    for (const packet of packets) {
      const pts = packet.pts + turn * 3200;
      // At key frames only, so that what was sent last has a place of its own.
      if (packet.kind === 'video' && packet.keyFrame && done()) return sent;
      await setTimeout(Math.max(0, start + pts / 4 - performance.now()));
      await sendOne(channel, { ...packet, pts });
      sent.push({ ...packet, pts });
    }
  }
}

describe('a channel with a target', () => {
  test('publishes where the token server says, with its token, under names that are filled in', async () => {
    let find = (_: string): boolean => false;
    await using receiver = await guarded((token) => find(token));
    await using tokens = await ReferenceTokenServer.listen({
      url: receiver.url('').replace('/live/', '/$appname/$streamname/$time'),
      clients: new Map([['gateway', 'a secret']]),
    });
    find = (token) => tokens.find(token)?.deviceSN === 'SN-1';
    const engine = await PushEngine.create({ maxConnections: 1, tokenServer: tokens.url });
    const target = {
      kind: 'device',
      deviceSN: 'SN-1',
      clientId: 'gateway',
      clientSecret: 'a secret',
    } as const;
    const before = Date.now();
    const channel = engine.openChannel({ target });
    for (const packet of packets) await sendOne(channel, packet);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    const [arrived] = receiver.all;
    const [, name, time] = /^(SN-1)\/(\d+)$/.exec(arrived!.name)!;
    expect(name).toBe('SN-1');
    expect(Number(time)).toBeGreaterThanOrEqual(before);
    expect(Number(time)).toBeLessThanOrEqual(Date.now());
    expectWhole(arrived!, packets);
    await closeEmpty(engine);
  });

  test('ends with the reason when the token server refuses, and no secret in it', async () => {
    await using tokens = await ReferenceTokenServer.listen({
      url: 'rtmp://127.0.0.1:1/live/x',
      clients: new Map([['gateway', 'a secret']]),
    });
    const engine = await PushEngine.create({ maxConnections: 1, tokenServer: tokens.url });
    const target = {
      kind: 'device',
      deviceSN: 'SN-1',
      clientId: 'gateway',
      clientSecret: 'wr0ng-s3cret',
    } as const;
    const channel = engine.openChannel({ target, reconnect: true });
    const [report] = (await once(channel, 'close')) as [CloseReport];
    expect(report.error).toMatchObject({ code: 'ERR_CLOUDPUSH_TOKEN_REJECTED', class: 'auth' });
    expect(JSON.stringify([report, report.error?.message, report.error?.details])).not.toContain('wr0ng');
    await closeEmpty(engine);
  });

  test('asks once more when the media server refuses a token that was remembered', async () => {
    const reasons: TargetReason[] = [];
    let good = 'token-1';
    await using receiver = await guarded((token) => token === good);
    const provider = async (_: unknown, { reason }: { reason: TargetReason }) => {
      reasons.push(reason);
      return { url: receiver.url('a'), token: `token-${reasons.length}` };
    };
    using targets = new TargetCache(provider, { minimumInterval: 100 });
    const engine = await PushEngine.create({ maxConnections: 1, targets });
    const target = { kind: 'deviceToken', deviceToken: 'dt' } as const;
    await engine.openChannel({ target }).connected();
    for (const channel of engine.channels) await channel.close();
    good = 'token-2';
    const channel = engine.openChannel({ target });
    await channel.connected();
    expect(reasons).toEqual(['connect', 'rejected']);
    expect(receiver.all.map(tokenOf)).toEqual(['token-1', 'token-2']);
    await channel.close();
    // A token that is new and refused all the same is the last word.
    good = 'none';
    const refused = engine.openChannel({ target, reconnect: true });
    const [report] = (await once(refused, 'close')) as [CloseReport];
    expect(report.error?.class).toBe('auth');
    expect(reasons).toEqual(['connect', 'rejected', 'rejected']);
    await closeEmpty(engine);
  });

  test('moves to the new target without a gap when its token is about to expire', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using tokens = await ReferenceTokenServer.listen({
      url: receiver.url('$streamname/$time'),
      ttl: 1,
    });
    await using server = new TokenServer({ url: tokens.url });
    using targets = new TargetCache(server.provide, { minimumInterval: 100 });
    const engine = await PushEngine.create({ maxConnections: 1, targets });
    const channel = engine.openChannel({ target: { kind: 'device', deviceSN: 'SN-1' } });
    const events = transcript(channel);
    await channel.connected();
    const sent = await stream(channel, () => channel.stats().moves >= 2);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    expect(new Set(events)).toEqual(new Set(['connect', 'move', 'close']));
    const streams = receiver.all.filter(({ messages }) => messages.length > 0);
    expect(streams.length).toBeGreaterThanOrEqual(3);
    expect(new Set(streams.map(tokenOf)).size).toBe(streams.length);
    expectNoGap(streams, sent);
    await closeEmpty(engine);
  });

  test('moves on when a new token comes while it is connecting', async () => {
    let letIn = (): void => {};
    const held = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    await using slow = await SlowServer.listen(held);
    await using receiver = await RecordingReceiver.listen();
    const urls = [slow.url, receiver.url('b')];
    const provider = async () => ({ url: urls.shift()!, token: 't', expiresAt: Date.now() + 1000 });
    using targets = new TargetCache(provider, { minimumInterval: 100 });
    const engine = await PushEngine.create({ maxConnections: 1, targets });
    const channel = engine.openChannel({
      target: { kind: 'deviceToken', deviceToken: 'dt' },
      connectTimeout: 60_000,
    });
    await waitFor('the renewal', 5000, () => (urls.length === 0 ? true : undefined));
    letIn();
    await stream(channel, () => channel.stats().moves === 1);
    await channel.close();
    expect(receiver.streams('b').map(({ ended }) => ended)).toEqual(['cleanly']);
    await closeEmpty(engine);
  });

  test('asks again before it reconnects', async () => {
    await using receiver = await RecordingReceiver.listen();
    const reasons: TargetReason[] = [];
    const tokenProvider = async (_: unknown, { reason }: { reason: TargetReason }) => {
      reasons.push(reason);
      // Expired already: nothing is remembered.
      return { url: receiver.url('a'), token: `token-${reasons.length}`, expiresAt: Date.now() };
    };
    const engine = await PushEngine.create({ maxConnections: 1, tokenProvider });
    const target = { kind: 'deviceToken', deviceToken: 'dt' } as const;
    const channel = engine.openChannel({ target, reconnect: { initialDelay: 1 } });
    await channel.connected();
    const again = once(channel, 'connect');
    receiver.streams('a')[0]!.drop();
    await again;
    expect(reasons).toEqual(['connect', 'reconnect']);
    expect(receiver.streams('a').map(tokenOf)).toEqual(['token-1', 'token-2']);
    await channel.close();
    await closeEmpty(engine);
  });

  test('shares one request with 500 others of the same device', async () => {
    await using receiver = await RecordingReceiver.listen();
    let requests = 0;
    await using tokens = await ReferenceTokenServer.listen({
      url: receiver.url('$streamname/$time'),
      onRequest: () => requests++,
    });
    const engine = await PushEngine.create({ maxConnections: 500, tokenServer: tokens.url });
    const channels = Array.from({ length: 500 }, (_, i) =>
      engine.openChannel({ target: { kind: 'device', deviceSN: `SN-${i % 5}` }, connectTimeout: 60_000 }),
    );
    await Promise.all(channels.map((channel) => channel.connected()));
    expect(requests).toBe(5);
    await closeEmpty(engine);
  });

  test('can be closed and aborted while the token server is silent', async () => {
    await using tokens = await ReferenceTokenServer.listen({
      url: 'rtmp://127.0.0.1:1/live/x',
      intercept: () => true,
    });
    const engine = await PushEngine.create({ maxConnections: 2, tokenServer: tokens.url });
    const target = { kind: 'device', deviceSN: 'SN-1' } as const;
    const closed = engine.openChannel({ target, closeTimeout: 100 });
    const aborted = engine.openChannel({ target });
    await waitFor('a request', 5000, () => (tokens.connections > 0 ? true : undefined));
    aborted.abort();
    expect((await aborted.close()).error?.code).toBe('ERR_CLOUDPUSH_ABORTED');
    // It has sent nothing that could be lost.
    expect(await closed.close()).toMatchObject({ clean: true, error: undefined });
    await closeEmpty(engine);
  });

  test.each([
    {
      what: 'neither URL nor target',
      options: {} as ChannelOptions,
      said: /'neither'; permitted: one of them/,
    },
    {
      what: 'both',
      options: {
        url: 'rtmp://127.0.0.1/live/a',
        target: { kind: 'device', deviceSN: 'x' },
      } as unknown as ChannelOptions,
      said: /'both'; permitted: one of them/,
    },
  ])('is refused with $what', async ({ options, said }) => {
    const engine = await PushEngine.create({ maxConnections: 1 });
    expect(() => engine.openChannel(options)).toThrow(said);
    await closeEmpty(engine);
  });
});

/** Passes connections on to a receiver, once it is let. */
class SlowServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #receiver: RecordingReceiver;

  private constructor(server: Server, receiver: RecordingReceiver) {
    this.#server = server;
    this.#receiver = receiver;
    const { port } = server.address() as AddressInfo;
    this.url = `rtmp://127.0.0.1:${port}/live/a`;
  }

  static async listen(until: Promise<void>): Promise<SlowServer> {
    const receiver = await RecordingReceiver.listen();
    const { port } = new URL(receiver.url('a'));
    const server = createServer(async (client) => {
      client.on('error', () => {});
      await until;
      const upstream = connect(Number(port), '127.0.0.1');
      upstream.on('error', () => client.destroy());
      client.pipe(upstream).pipe(client);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new SlowServer(server, receiver);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await this.#receiver[Symbol.asyncDispose]();
  }
}

/** Every picture arrived once, in order, on one clock. */
function expectNoGap(streams: readonly ArrivedStream[], sent: readonly CameraPacket[]): void {
  const pictures = streams.flatMap((one) => samples(one, MessageType.video));
  const expected = sent.filter(({ kind }) => kind === 'video');
  expect(pictures.map(({ timestamp }) => timestamp)).toEqual(expected.map(({ pts }) => pts));
  for (const [i, { payload }] of pictures.entries())
    expect(Buffer.compare(payload, expectedVideoMessage(expected[i]!))).toBe(0);
}
