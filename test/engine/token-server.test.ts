// The token server's protocol over real connections: what is asked and answered, and what comes of every
// fault.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import {
  CloudPushError,
  type TargetRequest,
  type TokenProviderContext,
  TokenServer,
  type TokenServerOptions,
} from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/ports.js';
import { makeCertificate } from '../transport/support/certificate.js';
import { type Fault, FaultyTokenServer, faults } from './token-faults.js';

const never = new AbortController().signal;
const device: TargetRequest = { kind: 'device', deviceSN: 'SN-1' };
const template = 'rtmp://media.example/$appname/$streamname/$time';
const quickly = { retry: { initialDelay: 1, maxDelay: 2 } };

/** Asks for a first connection, and waits for as long as it takes. */
function asked(): TokenProviderContext {
  return { signal: new AbortController().signal, reason: 'connect' };
}

/** Asks once, of a server with these options. */
async function ask(options: TokenServerOptions, request: TargetRequest = device, signal = never) {
  await using tokenServer = new TokenServer({ ...quickly, ...options });
  return await tokenServer.provide(request, { signal, reason: 'connect' });
}

/** The error of what must fail. */
async function failure(promise: Promise<unknown>): Promise<CloudPushError> {
  const error = await promise.then(
    (value) => new Error(`did not fail, but gave ${inspect(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CloudPushError);
  return error as CloudPushError;
}

describe('a token server', () => {
  test('gives a device a target that lives as long as it says', async () => {
    await using server = await FaultyTokenServer.listen({ ttl: 60 });
    const target = await ask({ url: server.url, now: () => 1_000_000 });
    expect(target).toEqual({ url: template, token: expect.any(String), expiresAt: 1_060_000 });
    expect(server.find(target.token)).toMatchObject({ deviceSN: 'SN-1' });
  });

  test('is the one that a request names, instead of the one that the asker was made with', async () => {
    await using server = await FaultyTokenServer.listen();
    await using other = await FaultyTokenServer.listen();
    const requests: TargetRequest[] = [
      { kind: 'device', deviceSN: 'SN-1', tokenUrl: other.url },
      { kind: 'device', deviceSN: 'SN-1' },
    ];
    for (const [i, request] of requests.entries()) {
      const { token } = await ask({ url: server.url }, request);
      expect([other.find(token), server.find(token)][i]).toMatchObject({ deviceSN: 'SN-1' });
    }
    expect([other.requests, server.requests]).toEqual([1, 1]);
    const nonsense = { kind: 'device', deviceSN: 'SN-1', tokenUrl: 'rtmp://a/b' } as const;
    expect((await failure(ask({ url: server.url }, nonsense))).code).toBe('ERR_CLOUDPUSH_INVALID_PARAMETER');
  });

  test('gives a target that never expires when it says nothing of its life', async () => {
    await using server = await FaultyTokenServer.listen();
    expect((await ask({ url: server.url })).expiresAt).toBeUndefined();
  });

  test.each(['3600', '3600.0', 3600])('takes numbers as texts, too: a life of %o s', async (life) => {
    await using server = await FaultyTokenServer.listen();
    const data = { url: 'rtmp://a/b/c', token: 't', expires_in: life };
    server.failNext(faults.reply({ code: '0', data }));
    const target = await ask({ url: server.url, now: () => 1000 });
    expect(target).toEqual({ url: 'rtmp://a/b/c', token: 't', expiresAt: 3_601_000 });
  });

  test('takes a refusal whose code is a text', async () => {
    await using server = await FaultyTokenServer.listen();
    server.failAlways(faults.reply({ code: '7', message: 'no such device' }));
    expect(await failure(ask({ url: server.url }))).toMatchObject({
      code: 'ERR_CLOUDPUSH_TOKEN_REJECTED',
      details: { serverCode: 7 },
    });
  });

  test('gives a target without a token', async () => {
    await using server = await FaultyTokenServer.listen();
    server.failNext(faults.reply({ code: 0, data: { url: 'rtmp://a/b/c', token: null, expires_in: null } }));
    expect(await ask({ url: server.url })).toEqual({
      url: 'rtmp://a/b/c',
      token: undefined,
      expiresAt: undefined,
    });
  });

  test('tells clients apart by id and secret', async () => {
    await using server = await FaultyTokenServer.listen({ clients: new Map([['me', 'hush']]) });
    const request = { ...device, clientId: 'me', clientSecret: 'hush' };
    expect((await ask({ url: server.url }, request)).url).toBe(template);
    const error = await failure(ask({ url: server.url }, { ...request, clientSecret: 'hash' }));
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_TOKEN_REJECTED',
      class: 'auth',
      details: { serverCode: 2, description: 'the client is unknown, or its secret is wrong' },
    });
    expect((await failure(ask({ url: server.url }))).details).toMatchObject({ serverCode: 2 });
  });

  test('tells devices apart by serial number and by device token', async () => {
    await using server = await FaultyTokenServer.listen({
      devices: new Map([
        ['SN-1', 'held'],
        ['SN-2', undefined],
      ]),
    });
    const byToken = await ask({ url: server.url }, { kind: 'deviceToken', deviceToken: 'held' });
    expect(server.find(byToken.token)).toMatchObject({ deviceSN: 'SN-1' });
    expect((await ask({ url: server.url }, { kind: 'device', deviceSN: 'SN-2' })).url).toBe(template);
    for (const request of [
      { kind: 'device', deviceSN: 'SN-3' },
      { kind: 'deviceToken', deviceToken: 'other' },
    ] as const) {
      expect((await failure(ask({ url: server.url }, request))).details).toMatchObject({ serverCode: 3 });
    }
  });

  test('is asked for a live target where the request says, without the client', async () => {
    await using server = await FaultyTokenServer.listen({ clients: new Map([['me', 'hush']]) });
    const target = await ask({}, { kind: 'live', tokenUrl: server.liveUrl, deviceSN: 'SN-1' });
    expect(server.find(target.token)).toMatchObject({ deviceSN: 'SN-1' });
  });

  test('is shown the user info of its URL as HTTP Basic credentials', async () => {
    await using server = await FaultyTokenServer.listen();
    await ask({ url: server.url.replace('//', '//us%40er:pass@') });
    expect(server.authorization).toBe(`Basic ${Buffer.from('us@er:pass').toString('base64')}`);
  });

  test('is not asked for a URL that is known', async () => {
    const request = { kind: 'url', url: 'rtmp://a/b/c', token: 't' } as const;
    expect(await ask({}, request)).toEqual({ url: 'rtmp://a/b/c', token: 't' });
    await using tokenServer = new TokenServer();
    const error = await failure(tokenServer.provide(request, { signal: never, reason: 'rejected' }));
    expect([error.code, error.class]).toEqual(['ERR_CLOUDPUSH_TOKEN_REJECTED', 'auth']);
  });

  test('is asked many times over one TCP connection', async () => {
    await using server = await FaultyTokenServer.listen();
    await using tokenServer = new TokenServer({ url: server.url, connections: 1, ...quickly });
    for (let i = 0; i < 20; i++) await tokenServer.provide(device, asked());
    server.failNext(faults.status(500));
    await tokenServer.provide(device, asked());
    expect([server.requests, server.connections]).toEqual([22, 1]);
  });

  test('is asked over no more connections than permitted', async () => {
    await using server = await FaultyTokenServer.listen();
    await using tokenServer = new TokenServer({ url: server.url, connections: 3 });
    await Promise.all(Array.from({ length: 30 }, () => tokenServer.provide(device, asked())));
    expect(server.requests).toBe(30);
    expect(server.connections).toBeLessThanOrEqual(3);
  });
});

describe('a token server is asked again', () => {
  test.for<[string, Fault]>([
    ['500', faults.status(500)],
    ['503 that asks for a pause', faults.status(503, { 'retry-after': '0' })],
    ['429', faults.status(429, { 'retry-after': '0' })],
    ['408', faults.status(408)],
    ['a connection that is reset', faults.drop],
    ['a body that is cut off', faults.cut],
  ])('after %s', async ([, fault]) => {
    await using server = await FaultyTokenServer.listen();
    server.failNext(fault, fault, fault);
    expect((await ask({ url: server.url })).url).toBe(template);
    expect(server.requests).toBe(4);
  });

  test.for<[string, Fault, object]>([
    ['headers that do not come', faults.silence, { headers: 50 }],
    ['a body that stops', faults.stall, { body: 50 }],
  ])('after %s in time', async ([, fault, timeouts]) => {
    await using server = await FaultyTokenServer.listen();
    server.failNext(fault);
    expect((await ask({ url: server.url, timeouts })).url).toBe(template);
    expect(server.requests).toBe(2);
  });

  test('as often as permitted, and then it has failed', async () => {
    await using server = await FaultyTokenServer.listen();
    server.failAlways(faults.status(502));
    const error = await failure(ask({ url: server.url, retry: { maxAttempts: 3, initialDelay: 1 } }));
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_TOKEN_SERVER_STATUS',
      class: 'retryable',
      details: { status: 502 },
    });
    expect(server.requests).toBe(3);
  });

  test('not before it wants to be, and not at all when that is too late', async () => {
    await using server = await FaultyTokenServer.listen();
    server.failAlways(faults.status(429, { 'retry-after': '3600' }));
    const error = await failure(ask({ url: server.url }));
    expect(error).toMatchObject({ class: 'retryable', details: { status: 429, retryAfter: 3_600_000 } });
    expect(server.requests).toBe(1);
  });
});

describe('a token server that fails for good is not asked again:', () => {
  test.for<[string, Fault, string, string]>([
    ['401', faults.status(401), 'ERR_CLOUDPUSH_TOKEN_REJECTED', 'auth'],
    ['403', faults.status(403), 'ERR_CLOUDPUSH_TOKEN_REJECTED', 'auth'],
    ['404', faults.status(404), 'ERR_CLOUDPUSH_TOKEN_SERVER_STATUS', 'fatal'],
    [
      'a redirect',
      faults.status(307, { location: '/elsewhere' }),
      'ERR_CLOUDPUSH_TOKEN_SERVER_STATUS',
      'fatal',
    ],
    ['a code other than 0', faults.reply({ code: 7, message: 'no' }), 'ERR_CLOUDPUSH_TOKEN_REJECTED', 'auth'],
    ['no JSON', faults.reply('<html>welcome</html>'), 'ERR_CLOUDPUSH_TOKEN_REPLY_INVALID', 'retryable'],
    ['an empty body', faults.reply(''), 'ERR_CLOUDPUSH_TOKEN_REPLY_INVALID', 'retryable'],
    ['a body without end', faults.flood, 'ERR_CLOUDPUSH_TOKEN_REPLY_INVALID', 'retryable'],
    ['another protocol', faults.noHttp, 'ERR_CLOUDPUSH_TOKEN_REPLY_INVALID', 'retryable'],
  ])('%s', async ([, fault, code, errorClass]) => {
    await using server = await FaultyTokenServer.listen();
    server.failAlways(fault);
    const error = await failure(ask({ url: server.url }));
    expect([error.code, error.class]).toEqual([code, errorClass]);
    expect(server.requests).toBe(1);
  });

  test.for<[string, unknown]>([
    ['a list', []],
    ['null', null],
    ['no code', { data: { url: 'rtmp://a/b/c' } }],
    ['a code in words', { code: 'ok', data: { url: 'rtmp://a/b/c' } }],
    ['no data', { code: 0 }],
    ['no URL', { code: 0, data: { token: 't' } }],
    ['a URL of another protocol', { code: 0, data: { url: 'http://a/b/c' } }],
    ['a URL without an app', { code: 0, data: { url: 'rtmp://a' } }],
    ['a token that is a number', { code: 0, data: { url: 'rtmp://a/b/c', token: 5 } }],
    ['a life in words', { code: 0, data: { url: 'rtmp://a/b/c', expires_in: 'soon' } }],
    ['a life below zero', { code: 0, data: { url: 'rtmp://a/b/c', expires_in: -1 } }],
    ['a life below zero, as a text', { code: 0, data: { url: 'rtmp://a/b/c', expires_in: '-1' } }],
    ['a code that is no whole number, as a text', { code: '0.5', data: { url: 'rtmp://a/b/c' } }],
    ['an empty code', { code: '', data: { url: 'rtmp://a/b/c' } }],
    ['a code in hexadecimal digits', { code: '0x0', data: { url: 'rtmp://a/b/c' } }],
    ['a life without end', { code: 0, data: { url: 'rtmp://a/b/c', expires_in: 'Infinity' } }],
  ])('a reply of the wrong shape: %s', async ([, reply]) => {
    await using server = await FaultyTokenServer.listen();
    server.failAlways(faults.reply(reply));
    const error = await failure(ask({ url: server.url }));
    expect(error.code).toBe('ERR_CLOUDPUSH_TOKEN_REPLY_INVALID');
    expect(error.message).toMatch(/^the token reply's .* is .*; permitted: /);
    expect(server.requests).toBe(1);
  });

  test('a life below zero is told with its value', async () => {
    await using server = await FaultyTokenServer.listen();
    server.failAlways(faults.reply({ code: 0, data: { url: 'rtmp://a/b/c', expires_in: -5 } }));
    const { message } = await failure(ask({ url: server.url }));
    expect(message).toBe(
      "the token reply's data.expires_in is -5; permitted: a number of seconds, 0 or more",
    );
  });

  test('the largest reply that is permitted is taken', async () => {
    await using server = await FaultyTokenServer.listen();
    const reply = JSON.stringify({ code: 0, data: { url: 'rtmp://a/b/c' } });
    server.failNext(faults.reply(reply.padEnd(65_536)), faults.reply(reply.padEnd(65_537)));
    expect((await ask({ url: server.url })).url).toBe('rtmp://a/b/c');
    expect((await failure(ask({ url: server.url }))).details).toMatchObject({
      permitted: 'at most 65536 bytes',
    });
  });
});

describe('an exchange ends', () => {
  test('when nothing listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    const error = await failure(ask({ url }));
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE', class: 'retryable' });
    expect((error.cause as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
  });

  test('when the host has no address', async () => {
    const error = await failure(ask({ url: 'http://absent.invalid/', retry: { maxAttempts: 1 } }));
    expect(error.code).toBe('ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE');
  });

  test.for<[string, Fault]>([
    ['never answers', faults.silence],
    ['answers a byte at a time', faults.trickle],
  ])('at its time limit with a server that %s', async ([, fault]) => {
    await using server = await FaultyTokenServer.listen();
    server.failAlways(fault);
    const error = await failure(ask({ url: server.url, timeouts: { total: 100 } }));
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_TOKEN_TIMEOUT',
      class: 'retryable',
      details: { step: 'total', permitted: 100 },
    });
  });

  test('at the time limit of each step when no try is left', async () => {
    await using server = await FaultyTokenServer.listen();
    const retry = { maxAttempts: 1 };
    server.failNext(faults.silence, faults.stall);
    const headers = await failure(ask({ url: server.url, retry, timeouts: { headers: 50 } }));
    expect(headers.details).toEqual({ step: 'headers', permitted: 50 });
    const body = await failure(ask({ url: server.url, retry, timeouts: { body: 50 } }));
    expect(body.details).toEqual({ step: 'body', permitted: 50 });
  });

  test('when the asker aborts, with its reason', async () => {
    await using server = await FaultyTokenServer.listen();
    const abort = new AbortController();
    const reason = new Error('no longer wanted');
    server.failAlways(() => abort.abort(reason));
    await expect(ask({ url: server.url }, device, abort.signal)).rejects.toBe(reason);
    await expect(ask({ url: server.url }, device, abort.signal)).rejects.toBe(reason);
    expect(server.requests).toBe(1);
  });

  test('when the asker aborts while it waits for the next try', async () => {
    await using server = await FaultyTokenServer.listen();
    await using tokenServer = new TokenServer({
      url: server.url,
      retry: { initialDelay: 20_000, maxDelay: 20_000 },
      random: () => 1,
    });
    const abort = new AbortController();
    const answered = new Promise<void>((resolve) => {
      server.failNext((_, response) => void response.writeHead(500).end(() => resolve()));
    });
    const target = tokenServer.provide(device, { signal: abort.signal, reason: 'connect' });
    await answered;
    abort.abort(new Error('no longer wanted'));
    await expect(target).rejects.toThrow('no longer wanted');
  });

  test('when the asking side is closed', async () => {
    await using server = await FaultyTokenServer.listen();
    const tokenServer = new TokenServer({ url: server.url });
    server.failAlways(() => void tokenServer.close());
    expect((await failure(tokenServer.provide(device, asked()))).code).toBe('ERR_CLOUDPUSH_ENGINE_CLOSED');
    expect((await failure(tokenServer.provide(device, asked()))).code).toBe('ERR_CLOUDPUSH_ENGINE_CLOSED');
  });
});

describe('over HTTPS', () => {
  const tls = makeCertificate('DNS:localhost,IP:127.0.0.1');

  test('a server with a certificate of an own authority is trusted when that is given', async () => {
    await using server = await FaultyTokenServer.listen({ tls });
    expect((await ask({ url: server.url, tls: { ca: tls.cert } })).url).toBe(template);
  });

  test('a server with an unknown certificate is not, and environment variables do not change that', async () => {
    await using server = await FaultyTokenServer.listen({ tls });
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const error = await failure(ask({ url: server.url }));
      expect([error.code, error.class]).toEqual(['ERR_CLOUDPUSH_TOKEN_SERVER_TLS', 'fatal']);
      expect((error.cause as NodeJS.ErrnoException).code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
    expect(server.requests).toBe(0);
  });

  test('a certificate for another name is refused', async () => {
    const other = makeCertificate('DNS:elsewhere.example');
    await using server = await FaultyTokenServer.listen({ tls: other });
    const error = await failure(ask({ url: server.url, tls: { ca: other.cert } }));
    expect((error.cause as NodeJS.ErrnoException).code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    const { url } = await ask({ url: server.url, tls: { ca: other.cert, servername: 'elsewhere.example' } });
    expect(url).toBe(template);
  });

  test('a server that speaks no TLS, and a certificate that is none, are told as such', async () => {
    await using server = await FaultyTokenServer.listen();
    const spokenTo = await failure(ask({ url: server.url.replace('http:', 'https:') }));
    expect(spokenTo.code).toBe('ERR_CLOUDPUSH_TOKEN_SERVER_TLS');
    const given = await failure(
      ask({ url: server.url.replace('http:', 'https:'), tls: { cert: 'none', key: 'none' } }),
    );
    expect(given.code).toBe('ERR_CLOUDPUSH_TOKEN_SERVER_TLS');
  });
});

describe('what makes no sense is refused at once:', () => {
  test.for<[string, () => unknown, RegExp]>([
    ['a URL of another protocol', () => new TokenServer({ url: 'ftp://a/' }), /^tokenServer\.url is /],
    ['a URL that is none', () => new TokenServer({ url: 'nonsense' }), /^tokenServer\.url is /],
    [
      'a time limit of 0',
      () => new TokenServer({ timeouts: { total: 0 } }),
      /^timeouts\.total is 0; permitted: /,
    ],
    ['no tries', () => new TokenServer({ retry: { maxAttempts: 0 } }), /^retry\.maxAttempts is 0/],
    ['half a connection', () => new TokenServer({ connections: 0.5 }), /^connections is 0\.5/],
    ['a device, with no server to ask', () => ask({}), /^tokenServer\.url is undefined/],
    [
      'a live target of nowhere',
      () => ask({}, { kind: 'live', tokenUrl: 'nowhere', deviceSN: '1' }),
      /^tokenUrl is /,
    ],
    ['a device without a number', () => ask({}, { kind: 'device', deviceSN: '' }), /^deviceSN is 'empty'/],
    ['a kind that is none', () => ask({}, { kind: 'guess' } as never), /^kind is /],
    [
      'a secret that is a number',
      () => ask({}, { ...device, clientSecret: 5 } as never),
      /^clientSecret is of type number/,
    ],
  ])('%s', async ([, make, says]) => {
    const error = await failure((async () => make())());
    expect(error.code).toBe('ERR_CLOUDPUSH_INVALID_PARAMETER');
    expect(error.message).toMatch(says);
  });
});

describe('no error shows a secret', () => {
  const secret = /s3cr3t|czNjcjN0/; // also in base64
  const requests: readonly TargetRequest[] = [
    { kind: 'device', deviceSN: 'SN-1', clientId: 'me', clientSecret: 's3cr3t-client' },
    { kind: 'deviceToken', deviceToken: 's3cr3t device token' },
  ];
  /** A server that says all that it knows. */
  const echo =
    (status: number): Fault =>
    (request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        const words = `${request.url} ${request.headers.authorization} ${body} ${encodeURIComponent(body)}`;
        response.writeHead(status).end(JSON.stringify({ code: 9, message: `no: ${words}` }));
      });
    };

  test.for<[string, Fault]>([
    ['an echo', echo(200)],
    ['an echo with 500', echo(500)],
    ['an echo with 401', echo(401)],
    ['a broken echo', faults.reply('{"code":0,"data":{"token":"s3cr3t-token","url":"rtmp://u:s3cr3t@a')],
    [
      'a bad URL',
      faults.reply({ code: 0, data: { token: 's3cr3t-token', url: 'http://u:s3cr3t@a/?key=s3cr3t' } }),
    ],
    [
      'a bad life',
      faults.reply({ code: 0, data: { token: 's3cr3t-token', url: 'rtmp://a/b/c', expires_in: 's3cr3t' } }),
    ],
    ['a bad token', faults.reply({ code: 0, data: { token: ['s3cr3t-token'], url: 'rtmp://a/b/c' } })],
    ['a redirect', faults.status(302, { location: 'http://u:s3cr3t@a/?key=s3cr3t' })],
    ['a reset', faults.drop],
    ['a cut', faults.cut],
    ['silence', faults.silence],
    ['a flood', faults.flood],
  ])('after %s', async ([, fault]) => {
    await using server = await FaultyTokenServer.listen();
    server.failAlways(fault);
    const bare = server.url;
    const url = `${bare.replace('//', '//s3cr3t-user:s3cr3t-word@')}?key=s3cr3t-key`;
    const timeouts = { total: 200 };
    const retry = { maxAttempts: 2, initialDelay: 1 };
    const live: TargetRequest = { kind: 'live', deviceSN: 'SN-1', tokenUrl: url };
    for (const request of [...requests, live]) {
      const error = await failure(ask({ url, timeouts, retry }, request));
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(secret);
    }
  });

  test.for<[string, string]>([
    ['a host that is down', 'http://s3cr3t-user:s3cr3t-word@127.0.0.1:1/?key=s3cr3t-key'],
    ['a host without an address', 'http://s3cr3t-user:s3cr3t-word@absent.invalid/?key=s3cr3t-key'],
    ['a bad URL', 'http://s3cr3t-user:s3cr3t-word@127.0.0.1:99999/?key=s3cr3t-key'],
    ['another protocol', 'gopher://s3cr3t-user:s3cr3t-word@127.0.0.1/?key=s3cr3t-key'],
  ])('of %s', async ([, url]) => {
    for (const request of [...requests, { kind: 'live', deviceSN: 'SN-1', tokenUrl: url } as const]) {
      const error = await failure(
        ask({ ...(request.kind === 'live' ? {} : { url }), retry: { maxAttempts: 1 } }, request),
      );
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(secret);
    }
  });
});

test('a server that takes connections and closes them is unreachable', async () => {
  const server = createServer((socket) => void socket.resume().end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const error = await failure(ask({ url: `http://127.0.0.1:${port}/` }));
  expect([error.code, error.class]).toEqual(['ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE', 'retryable']);
  server.close();
  await once(server, 'close');
});
