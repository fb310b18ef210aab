// Events of a channel whose connection cannot be made: the reason, once, with its end.

import type { Socket } from 'node:net';
import { PushEngine } from '@cloudpush/engine';
import { type ReceiverBehaviour, RtmpReceiver } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { freePort } from '../support/ports.js';
import { makeCertificate } from '../transport/support/certificate.js';
import { closeEmpty, transcript } from './expectations.js';
import { failure } from './failure.js';
import { RecordingReceiver } from './recording-receiver.js';
import { UnrulyServer } from './unruly-server.js';

const certificate = makeCertificate('DNS:somewhere.example');
/** Long enough for every stage that is answered, on a machine with much else to do. */
const connectTimeout = 3000;

vi.setConfig({ testTimeout: 30_000 });

const invalidUrls = [
  '',
  'no URL',
  'http://127.0.0.1/live/a',
  'rtmp://',
  'rtmp:///live/a',
  'rtmp://127.0.0.1',
  'rtmp://127.0.0.1/live',
  'rtmp://127.0.0.1/live/',
  'rtmp://127.0.0.1:0/live/a',
  'rtmp://127.0.0.1:65536/live/a',
  'rtmp://[::1/live/a',
  'rtmp://127.0.0.1/live/a b',
];

describe('a URL at which nothing can be published', () => {
  test('is refused at once, wherever it is given, and the channel that stands hears of nothing', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    const events = transcript(channel);
    await channel.connected();
    for (const url of invalidUrls) {
      const error = expect.objectContaining({
        code: 'ERR_CLOUDPUSH_INVALID_URL',
        class: 'fatal',
        details: { stage: 'url' },
      });
      expect(() => engine.openChannel({ url }), url).toThrow(error);
      expect(() => channel.addDestination({ url }), url).toThrow(error);
      expect(() => channel.destinations[0]!.moveTo({ url }), url).toThrow(error);
      expect(engine.stats()).toMatchObject({ channels: 1, destinations: 1 });
    }
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    await closeEmpty(engine);
    expect(events).toEqual(['connect', 'close']);
  });

  test('that only fails with the app that is wanted is refused at once, too', async () => {
    const url = 'rtmp://127.0.0.1/live/a';
    const engine = await PushEngine.create({ maxConnections: 1 });
    expect(() => engine.openChannel({ url, connection: { app: 'other' } })).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_INVALID_URL',
        class: 'fatal',
        details: { stage: 'url' },
      }),
    );
    await closeEmpty(engine);
  });

  test('that names no stream is taken when the connection names it', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const url = `rtmp://127.0.0.1:${receiver.port}/live`;
    const channel = engine.openChannel({ url, connection: { streamName: 'camera' } });
    await channel.connected();
    await channel.close();
    expect(receiver.all.map(({ name }) => name)).toEqual(['camera']);
    await closeEmpty(engine);
  });
});

describe('a connection that cannot be made ends its channel with the reason:', () => {
  test('a host name that does not resolve', async () => {
    // No name may have so long a label (RFC 1035 §2.3.4): the resolver asks nobody.
    const error = await failure({ url: `rtmp://${'x'.repeat(64)}.invalid/live/a` });
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_DNS',
      class: 'retryable',
      details: { stage: 'dns' },
      cause: { code: expect.stringMatching(/^E/), message: expect.stringContaining('getaddrinfo') },
    });
  });

  test.each(['127.0.0.1', '[::1]', 'localhost'])('a port at %s where nobody listens', async (host) => {
    const error = await failure({ url: `rtmp://${host}:${await freePort()}/live/a` });
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_SOCKET_CONNECT',
      class: 'retryable',
      details: { stage: 'socket' },
      cause: {
        code: expect.stringMatching(/^(ECONNREFUSED|EADDRNOTAVAIL)$/),
        message: expect.stringContaining('connect'),
      },
    });
  });

  test.each([500, 40_000_000, Number.NaN])(
    'a keep-alive time of %d ms, which no socket can be set to',
    async (keepAlive) => {
      await using receiver = await RecordingReceiver.listen();
      expect(await failure({ url: receiver.url('a'), connection: { keepAlive } })).toMatchObject({
        code: 'ERR_CLOUDPUSH_SET_TIMEOUT',
        class: 'fatal',
        details: { stage: 'socket', actual: keepAlive, permitted: '0, or 1000 to 32767000' },
      });
      expect(receiver.connections).toBe(0);
    },
  );

  test('an option that only the connection knows', async () => {
    const connection = { localAddress: 'eth0' };
    expect(await failure({ url: 'rtmp://127.0.0.1/live/a', connection })).toMatchObject({
      code: 'ERR_CLOUDPUSH_INVALID_OPTION',
      class: 'fatal',
      details: { actual: 'eth0', permitted: 'an IP address' },
    });
  });

  const unruly: [what: string, scheme: string, server: (socket: Socket) => void, error: object][] = [
    [
      'a server that answers TLS in the clear',
      'rtmps',
      (socket) => socket.once('data', () => socket.end('what?')),
      {
        code: 'ERR_CLOUDPUSH_TLS',
        class: 'fatal',
        details: { stage: 'tls' },
        cause: { code: expect.stringMatching(/^ERR_SSL_/) },
      },
    ],
    [
      'a server that closes in the TLS handshake',
      'rtmps',
      (socket) => socket.once('data', () => socket.end()),
      {
        code: 'ERR_CLOUDPUSH_TLS',
        class: 'retryable',
        details: { stage: 'tls' },
        cause: { code: 'ECONNRESET' },
      },
    ],
    [
      'a server that is silent in the TLS handshake',
      'rtmps',
      () => {},
      {
        code: 'ERR_CLOUDPUSH_TIMEOUT',
        class: 'retryable',
        details: { stage: 'tls', permitted: connectTimeout },
      },
    ],
    [
      'a server of another protocol',
      'rtmp',
      (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      {
        code: 'ERR_CLOUDPUSH_HANDSHAKE',
        class: 'retryable',
        details: { stage: 'handshake', actual: 'H'.charCodeAt(0), permitted: 3 },
      },
    ],
    [
      'a server of another version of the protocol',
      'rtmp',
      (socket) => socket.write(new Uint8Array([6])),
      { code: 'ERR_CLOUDPUSH_HANDSHAKE', details: { stage: 'handshake', actual: 6, permitted: 3 } },
    ],
    [
      'a server that is silent in the handshake',
      'rtmp',
      () => {},
      {
        code: 'ERR_CLOUDPUSH_TIMEOUT',
        class: 'retryable',
        details: { stage: 'handshake', permitted: connectTimeout },
      },
    ],
    [
      'a server that stops in the middle of the handshake',
      'rtmp',
      (socket) => socket.write(Buffer.alloc(1000, 3)),
      {
        code: 'ERR_CLOUDPUSH_TIMEOUT',
        class: 'retryable',
        details: { stage: 'handshake', permitted: connectTimeout },
      },
    ],
    [
      'a server that closes in the handshake',
      'rtmp',
      (socket) => socket.once('data', () => socket.end()),
      { code: 'ERR_CLOUDPUSH_PEER_CLOSED', class: 'retryable', details: { stage: 'handshake' } },
    ],
    [
      'a server that resets in the handshake',
      'rtmp',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      {
        code: 'ERR_CLOUDPUSH_SOCKET',
        class: 'retryable',
        details: { stage: 'handshake' },
        cause: { code: 'ECONNRESET' },
      },
    ],
  ];
  test.each(unruly)('%s (%s)', async (_what, scheme, onConnection, error) => {
    await using server = await UnrulyServer.listen(onConnection);
    const url = `${scheme}://127.0.0.1:${server.port}/live/a`;
    expect(await failure({ url, connectTimeout })).toMatchObject(error);
  });

  test.each([
    ['signed by nobody', {}, { code: 'ERR_CLOUDPUSH_TLS', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } }],
    [
      'of another host',
      { ca: certificate.cert },
      { code: 'ERR_CLOUDPUSH_TLS', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } },
    ],
    [
      'that is not the pinned one',
      { verify: false, pins: ['00'.repeat(32)] },
      { code: 'ERR_CLOUDPUSH_TLS_PIN' },
    ],
  ])('a certificate %s', async (_what, tls, error) => {
    await using receiver = await RtmpReceiver.listen({ port: 0, tls: certificate }, {});
    const url = `rtmps://127.0.0.1:${receiver.address.port}/live/a`;
    expect(await failure({ url, connection: { tls } })).toMatchObject({
      ...error,
      class: 'fatal',
      details: { stage: 'tls' },
    });
  });

  const description = 'not today';
  const says = (code: string) => () => ({ code, description });
  const rejection = { code: 'ERR_CLOUDPUSH_CONNECT_REJECTED', class: 'auth' };
  const refusal = { code: 'ERR_CLOUDPUSH_PUBLISH_REJECTED', class: 'auth' };
  const refusals: [stage: string, serverCode: string, behaviour: ReceiverBehaviour, error: object][] = (
    [
      ['connect', 'NetConnection.Connect.Rejected', 'onConnect', rejection],
      ['connect', 'NetConnection.Connect.InvalidApp', 'onConnect', rejection],
      [
        'connect',
        'NetConnection.Connect.Failed',
        'onConnect',
        { code: 'ERR_CLOUDPUSH_CONNECT_FAILED', class: 'retryable' },
      ],
      [
        'create-stream',
        'NetConnection.Call.Failed',
        'onCreateStream',
        { code: 'ERR_CLOUDPUSH_CREATE_STREAM_FAILED', class: 'retryable' },
      ],
      [
        'publish',
        'NetStream.Publish.BadName',
        'onPublish',
        { code: 'ERR_CLOUDPUSH_STREAM_BUSY', class: 'busy' },
      ],
      ['publish', 'NetStream.Publish.Denied', 'onPublish', refusal],
      ['publish', 'NetStream.Publish.Rejected', 'onPublish', refusal],
      ['publish', 'NetStream.Publish.Unauthorized', 'onPublish', refusal],
      [
        'publish',
        'NetStream.Publish.Failed',
        'onPublish',
        { code: 'ERR_CLOUDPUSH_PUBLISH_FAILED', class: 'retryable' },
      ],
    ] as const
  ).map(([stage, code, hook, error]) => [stage, code, { [hook]: says(code) }, error]);
  test.each(refusals)('a server that refuses %s with %s', async (stage, serverCode, behaviour, error) => {
    await using receiver = await RecordingReceiver.listen(behaviour);
    expect(await failure({ url: receiver.url('a') })).toMatchObject({
      ...error,
      details: { stage, serverCode, description },
    });
  });

  test.each([
    ['connect', 'onConnect'],
    ['create-stream', 'onCreateStream'],
    ['publish', 'onPublish'],
  ])('a server that closes, or says nothing, at %s', async (stage, hook) => {
    await using closing = await RecordingReceiver.listen({ [hook]: () => 'close' });
    expect(await failure({ url: closing.url('a') })).toMatchObject({
      code: 'ERR_CLOUDPUSH_PEER_CLOSED',
      class: 'retryable',
      details: { stage },
    });
    await using silent = await RecordingReceiver.listen({ [hook]: () => 'ignore' });
    expect(await failure({ url: silent.url('a'), connectTimeout })).toMatchObject({
      code: 'ERR_CLOUDPUSH_TIMEOUT',
      class: 'retryable',
      details: { stage, permitted: connectTimeout },
    });
  });

  test('a server that demands a password, or leads nowhere', async () => {
    const auth = { scheme: 'adobe', user: 'me', password: 'right' } as const;
    await using strict = await RecordingReceiver.listen({ auth });
    for (const credentials of [undefined, { user: 'me', password: 'wrong' }]) {
      const error = await failure({ url: strict.url('a'), connection: { credentials } });
      expect(error).toMatchObject({
        code: 'ERR_CLOUDPUSH_AUTH_FAILED',
        class: 'auth',
        details: { stage: 'connect', serverCode: 'NetConnection.Connect.Rejected' },
      });
    }
    const moved = { code: 'NetConnection.Connect.Rejected', description: 'moved' };
    await using circle: RecordingReceiver = await RecordingReceiver.listen({
      onConnect: () => ({ ...moved, redirect: circle.url('a') }),
    });
    expect(await failure({ url: circle.url('a') })).toMatchObject({
      code: 'ERR_CLOUDPUSH_REDIRECT_LIMIT',
      class: 'fatal',
      details: { stage: 'connect', actual: 4, permitted: 3 },
    });
  });
});
