import dns, { lookup as systemLookup } from 'node:dns';
import { EventEmitter, once } from 'node:events';
import type { LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import { inspect } from 'node:util';
import { type ConnectTimings, type PublisherOptions, RtmpError, RtmpPublisher } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { waitFor } from '../support/wait.js';
import { makeCertificate } from './support/certificate.js';
import { readFlv } from './support/flv.js';
import { httpProxy, silentProxy, socksProxy } from './support/proxies.js';
import { Blocks, message, TestPublisher } from './support/publish.js';
import { TestReceiver } from './support/receive.js';

// Generous, because machines are shared: no test waits for it when all is well.
vi.setConfig({ testTimeout: 60_000 });

const localhost = makeCertificate('DNS:localhost,IP:127.0.0.1');
const other = makeCertificate('DNS:other.example');
const fixture = new URL('../fixtures/bframes.flv', import.meta.url).pathname;
const source = readFlv(fixture);

function secureUrl(receiver: TestReceiver, host = 'localhost'): string {
  return `rtmps://${host}:${receiver.receiver.address.port}/live/camera`;
}

async function push(made: TestPublisher): Promise<void> {
  const blocks = new Blocks();
  await made.sendTags(source, blocks);
  await made.publisher.close();
  expect(blocks.releases).toEqual(blocks.releases.map(() => 1));
}

describe('rtmps', () => {
  test('carries every byte, in place and in chunks, from shared memory', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, tls: localhost });
    for (const chunkSize of [4096, 65_536]) {
      await push(
        await TestPublisher.connect({ url: secureUrl(receiver), chunkSize, tls: { ca: localhost.cert } }),
      );
      const { messages, ended } = receiver.received.at(-1)!;
      expect((await ended).clean).toBe(true);
      expect(Buffer.concat(messages.map(({ payload }) => payload))).toEqual(
        Buffer.concat(source.map(({ body }) => body)),
      );
    }
  });

  test('takes ffmpeg’s, so that the receiver is proven', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using receiver = await TestReceiver.listen({}, { port: 0, tls: localhost });
    const args = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-i', fixture, '-c', 'copy', '-f', 'flv'];
    const { code } = await run('ffmpeg', [...args, secureUrl(receiver)], { timeoutMs: 10_000 });
    expect(code).toBe(0);
    expect(receiver.received[0]!.messages.length).toBeGreaterThanOrEqual(source.length - 1);
  });

  test('refuses a certificate that nobody vouches for, and one for another name', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, tls: localhost });
    const untrusted = RtmpPublisher.connect({ url: secureUrl(receiver) });
    await expect(untrusted).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_TLS',
      stage: 'tls',
      class: 'fatal',
    });
    await using strange = await TestReceiver.listen({}, { port: 0, tls: other });
    const misnamed = RtmpPublisher.connect({ url: secureUrl(strange), tls: { ca: other.cert } });
    await expect(misnamed).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_TLS',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    const named = { ca: other.cert, servername: 'other.example' };
    await push(await TestPublisher.connect({ url: secureUrl(strange), tls: named }));
  });

  test('checks an address in the certificate, too', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, tls: localhost });
    await push(
      await TestPublisher.connect({ url: secureUrl(receiver, '127.0.0.1'), tls: { ca: localhost.cert } }),
    );
  });

  test('takes a pinned certificate and no other', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, tls: localhost });
    const pins = [localhost.fingerprint.replaceAll(':', '').toLowerCase()];
    const tls = { ca: localhost.cert, pins: [other.fingerprint, ...pins] };
    await push(await TestPublisher.connect({ url: secureUrl(receiver), tls }));
    const wrong = RtmpPublisher.connect({
      url: secureUrl(receiver),
      tls: { ca: localhost.cert, pins: [other.fingerprint] },
    });
    await expect(wrong).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_TLS_PIN',
      class: 'fatal',
      stage: 'tls',
    });
  });

  test('verifies nothing when told so, and warns', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, tls: other });
    const made = await TestPublisher.connect({ url: secureUrl(receiver), tls: { verify: false } });
    expect(made.warnings).toHaveLength(1);
    await made.publisher.close();
    const warnings: string[] = [];
    const again = await TestPublisher.connect(
      { url: secureUrl(receiver), tls: { verify: false } },
      { onWarning: (text) => void warnings.push(text) },
    );
    expect(warnings).toEqual(['TLS certificate verification is off for localhost: anyone may answer']);
    await again.publisher.close();
  });

  test('refuses a client certificate and key that are none', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, tls: localhost });
    const made = RtmpPublisher.connect({ url: secureUrl(receiver), tls: { cert: 'x', key: 'y' } });
    await expect(made).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_INVALID_OPTION',
      stage: 'tls',
      class: 'fatal',
    });
  });

  test('is reset, not closed, by destroy', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, tls: localhost });
    const made = await TestPublisher.connect({ url: secureUrl(receiver), tls: { ca: localhost.cert } });
    const blocks = new Blocks();
    for (let i = 0; i < 50; i++) made.publisher.send(message(Buffer.alloc(50_000), i), blocks.next());
    await waitFor('media', 10_000, () => (receiver.received[0]?.messages.length ?? 0) > 0 || undefined);
    made.publisher.destroy(new RtmpError('ERR_CLOUDPUSH_SOCKET', 'publishing', 'stalled'));
    await made.closed;
    expect(blocks.releases).toEqual(blocks.releases.map(() => 1));
    const end = await receiver.received[0]!.ended;
    expect(end.clean).toBe(false);
    expect(end.error?.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  test('ends the wait for a server that does not answer, and fails with one that speaks no TLS', async () => {
    await using silent = await silentProxy();
    const url = `rtmps://127.0.0.1:${silent.port}/live/x`;
    await expect(RtmpPublisher.connect({ url, timeouts: { tls: 60 } })).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_TIMEOUT',
      stage: 'tls',
    });
    await expect(RtmpPublisher.connect({ url, signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_ABORTED',
      stage: 'tls',
    });
    await using plain = await TestReceiver.listen();
    const wrong = RtmpPublisher.connect({ url: secureUrl(plain, '127.0.0.1'), timeouts: { tls: 500 } });
    await expect(wrong).rejects.toMatchObject({ stage: 'tls' });
  });
});

describe('proxies', () => {
  test.each([
    ['HTTP', () => httpProxy('me:p@ss'), 'http://me:p%40ss@'],
    ['SOCKS5', () => socksProxy({ user: 'me', password: 'p@ss' }), 'socks5://me:p%40ss@'],
    ['HTTP without login', () => httpProxy(), 'http://'],
    ['SOCKS5 without login', () => socksProxy(), 'socks5://'],
  ])('%s carries rtmp and rtmps', async (_, start, scheme) => {
    await using proxy = await start();
    const url = `${scheme}127.0.0.1:${proxy.port}`;
    await using plain = await TestReceiver.listen();
    await push(await TestPublisher.connect({ url: plain.url(), proxy: url }));
    await using secure = await TestReceiver.listen({}, { port: 0, tls: localhost });
    await push(
      await TestPublisher.connect({ url: secureUrl(secure), proxy: url, tls: { ca: localhost.cert } }),
    );
    expect(proxy.targets).toEqual([
      `127.0.0.1:${plain.receiver.address.port}`,
      `localhost:${secure.receiver.address.port}`,
    ]);
    expect(secure.received[0]!.messages).toHaveLength(source.length);
  });

  test.each([
    ['HTTP', () => httpProxy('me:right'), 'http://me:wr0ng@'],
    ['SOCKS5', () => socksProxy({ user: 'me', password: 'right' }), 'socks5://me:wr0ng@'],
  ])('%s refuses a wrong login, and no secret is in the error', async (_, start, scheme) => {
    await using proxy = await start();
    const made = RtmpPublisher.connect({ url: 'rtmp://h/live/x', proxy: `${scheme}127.0.0.1:${proxy.port}` });
    const error = await made.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_PROXY', stage: 'proxy', class: 'auth' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('wr0ng');
  });

  test.each([
    ['HTTP', () => httpProxy(), 'http'],
    ['SOCKS5', () => socksProxy(), 'socks5'],
  ])('%s reports a target that it cannot reach', async (_, start, scheme) => {
    await using proxy = await start();
    const made = RtmpPublisher.connect({
      url: 'rtmp://127.0.0.1:1/live/x',
      proxy: `${scheme}://127.0.0.1:${proxy.port}`,
    });
    await expect(made).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_PROXY', stage: 'proxy' });
  });

  test.each(['http', 'socks5'])(
    'a %s proxy that does not answer is waited for no longer than told',
    async (scheme) => {
      await using proxy = await silentProxy();
      const options = { url: 'rtmp://h/live/x', proxy: `${scheme}://127.0.0.1:${proxy.port}` };
      await expect(RtmpPublisher.connect({ ...options, timeouts: { dial: 60 } })).rejects.toMatchObject({
        stage: 'proxy',
      });
      await expect(
        RtmpPublisher.connect({ ...options, signal: AbortSignal.timeout(300) }),
      ).rejects.toMatchObject({
        code: 'ERR_CLOUDPUSH_ABORTED',
        stage: 'proxy',
      });
    },
  );

  test('HTTP may accept with any 2xx', async () => {
    await using receiver = await TestReceiver.listen();
    await using proxy = await httpProxy(undefined, '204 No Content');
    await push(await TestPublisher.connect({ url: receiver.url(), proxy: `http://127.0.0.1:${proxy.port}` }));
    expect(proxy.targets).toHaveLength(1);
  });

  test('the time to reach a proxy and the time that it takes to answer count together', async () => {
    await using proxy = await silentProxy();
    const lookup: LookupFunction = (_, options, callback) => {
      setTimeout(() => systemLookup('127.0.0.1', options, callback), 300);
    };
    const options = { url: 'rtmp://h/live/x', proxy: `http://slow.example:${proxy.port}`, lookup };
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const made = RtmpPublisher.connect({ ...options, timeouts: { dial: 1000 } });
    await expect(made).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT', stage: 'proxy' });
    const waits = timers.mock.calls.map(([, wait]) => wait ?? 0);
    timers.mockRestore();
    // The first is for reaching it, the last for its answer.
    expect(waits.filter((wait) => wait === 1000)).toHaveLength(1);
    expect(Math.max(...waits.filter((wait) => wait < 1000))).toBeLessThanOrEqual(701);
  });

  test('a proxy that is not there is said to be the proxy', async () => {
    const made = RtmpPublisher.connect({ url: 'rtmp://h/live/x', proxy: 'socks5://127.0.0.1:1' });
    await expect(made).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_PROXY', cause: { stage: 'socket' } });
  });
});

describe('the timings of the stages', () => {
  /** Connects, and checks that no stage is counted twice. */
  async function timingsOf(options: PublisherOptions): Promise<ConnectTimings> {
    const began = performance.now();
    const { publisher } = await TestPublisher.connect(options);
    const elapsed = performance.now() - began;
    const { timings } = publisher;
    await publisher.close();
    const sum = Object.values(timings).reduce((total, stage) => total + stage, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(elapsed);
    return timings;
  }

  const always = ['connect', 'createStream', 'handshake', 'publish', 'tcp'];

  test('are there for the stages that there were', async () => {
    await using plain = await TestReceiver.listen();
    await using secure = await TestReceiver.listen({}, { port: 0, tls: localhost });
    await using proxy = await httpProxy();
    const tls = { ca: localhost.cert };
    const through = `http://127.0.0.1:${proxy.port}`;
    const stages = async (options: PublisherOptions): Promise<string[]> =>
      Object.keys(await timingsOf(options)).sort();
    expect(await stages({ url: plain.url() })).toEqual(always);
    expect(await stages({ url: secureUrl(secure), tls })).toEqual([...always, 'dns', 'tls'].sort());
    expect(await stages({ url: secureUrl(secure, '127.0.0.1'), tls, proxy: through })).toEqual(
      [...always, 'proxy', 'tls'].sort(),
    );
  });

  test('give name resolution what the lookup took, and the rest to others', async () => {
    await using receiver = await TestReceiver.listen();
    let asked = 0;
    let answered = 0;
    const lookup: LookupFunction = (_, options, callback) => {
      asked = performance.now();
      setTimeout(() => {
        answered = performance.now();
        systemLookup('127.0.0.1', options, callback);
      }, 30);
    };
    const url = `rtmp://media.example:${receiver.receiver.address.port}/live/camera`;
    for (const family of [0, 4] as const) {
      const { dns } = await timingsOf({ url, lookup, family });
      expect(dns).toBeGreaterThanOrEqual(answered - asked);
    }
  });

  test('are those of the attempt that succeeded, and of the stream that was published last', async () => {
    await using target = await TestReceiver.listen();
    await using first = await TestReceiver.listen({
      onConnect: () => ({
        code: 'NetConnection.Connect.Rejected',
        description: 'moved',
        redirect: target.url('other'),
      }),
    });
    const byName = first.url().replace('127.0.0.1', 'localhost');
    expect(Object.keys(await timingsOf({ url: byName })).sort()).toEqual(always);
    const { publisher } = await TestPublisher.connect({ url: target.url() });
    const before = publisher.timings;
    await publisher.nextStream('camera/2');
    const after = publisher.timings;
    expect({ ...after, createStream: 0, publish: 0 }).toEqual({ ...before, createStream: 0, publish: 0 });
    expect([after.createStream, after.publish]).not.toEqual([before.createStream, before.publish]);
    await publisher.close();
  });
});

describe('addresses', () => {
  const loopback6 = Object.values(networkInterfaces()).some((list) =>
    list?.some(({ address }) => address === '::1'),
  );

  test('IPv6 literals', async (context) => {
    if (!loopback6) context.skip('no IPv6 loopback on this machine');
    await using receiver = await TestReceiver.listen({}, { host: '::1', port: 0 });
    expect(receiver.url()).toContain('[::1]');
    await push(await TestPublisher.connect({ url: receiver.url() }));
  });

  test('goes on to the next address when the first does not answer', async () => {
    await using receiver = await TestReceiver.listen();
    const asked: string[] = [];
    const lookup: LookupFunction = (hostname, options, callback) => {
      asked.push(hostname);
      if (!options.all) return systemLookup('127.0.0.1', options, callback);
      callback(null, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]);
    };
    const url = `rtmp://media.example:${receiver.receiver.address.port}/live/camera`;
    await push(await TestPublisher.connect({ url, lookup }));
    expect(asked).toEqual(['media.example']);
    expect(receiver.received[0]!.stream.connectRequest.tcUrl).toContain('media.example');
  });

  test('a host name is looked up without the system’s lookup, which may hang', async () => {
    await using receiver = await TestReceiver.listen();
    const hang = vi.spyOn(dns, 'lookup').mockImplementation((() => undefined) as never);
    try {
      const url = receiver.url().replace('127.0.0.1', 'localhost');
      await push(await TestPublisher.connect({ url }));
      expect(hang).not.toHaveBeenCalled();
    } finally {
      hang.mockRestore();
    }
  });

  test.each([0, 4] as const)(
    'a lookup that takes too long, or is given up, says which host: family %i',
    async (family) => {
      const asked = new EventEmitter();
      const lookup: LookupFunction = () => void asked.emit('lookup');
      const options = { url: 'rtmp://slow.example/live/x', lookup, family };
      const late = RtmpPublisher.connect({ ...options, timeouts: { dial: 50 } });
      await expect(late).rejects.toMatchObject({
        code: 'ERR_CLOUDPUSH_DNS',
        stage: 'dns',
        class: 'retryable',
        message: expect.stringContaining('slow.example'),
      });
      const abort = new AbortController();
      const lookedUp = once(asked, 'lookup');
      const given = RtmpPublisher.connect({ ...options, signal: abort.signal });
      await lookedUp;
      abort.abort();
      await expect(given).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED', stage: 'dns' });
    },
  );

  test('a name that does not resolve, and an address that does not answer, are named', async () => {
    const cause = Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    const lookup: LookupFunction = (_, __, callback) => callback(cause, '', 4);
    await expect(RtmpPublisher.connect({ url: 'rtmp://h.example/live/x', lookup })).rejects.toThrow(
      'the host name h.example did not resolve: ENOTFOUND',
    );
    await expect(RtmpPublisher.connect({ url: 'rtmp://127.0.0.1:1/live/x' })).rejects.toThrow(
      'the TCP connection to 127.0.0.1 port 1 failed',
    );
  });

  test('a lookup of the caller’s own that fails is a failure of DNS, whatever its error', async () => {
    for (const family of [0, 4] as const) {
      const cause = Object.assign(new Error('not in the directory'), { code: 'ENOTFOUND' });
      const lookup: LookupFunction = (_, options, callback) =>
        options.all ? callback(cause, []) : callback(cause, '', 4);
      await expect(
        RtmpPublisher.connect({ url: 'rtmp://h.example/live/x', lookup, family }),
      ).rejects.toMatchObject({
        code: 'ERR_CLOUDPUSH_DNS',
        stage: 'dns',
        cause,
      });
    }
  });

  test('a lookup of the caller’s own that throws is a failure of DNS, too', async () => {
    for (const cause of [new Error('no directory'), 'no directory']) {
      const lookup: LookupFunction = () => {
        throw cause;
      };
      for (const family of [0, 4] as const) {
        await expect(
          RtmpPublisher.connect({ url: 'rtmp://h.example/live/x', lookup, family }),
        ).rejects.toMatchObject({
          name: 'RtmpError',
          code: 'ERR_CLOUDPUSH_DNS',
          stage: 'dns',
          message: 'the host name h.example did not resolve: no directory',
          cause,
        });
      }
    }
  });

  test('connects from the local address that is asked for, in the family that is asked for', async () => {
    await using receiver = await TestReceiver.listen();
    await push(await TestPublisher.connect({ url: receiver.url(), localAddress: '127.0.0.2', family: 4 }));
    expect(receiver.received[0]!.stream.remoteAddress).toBe('127.0.0.2');
  });

  test('socket options can be turned off', async () => {
    await using receiver = await TestReceiver.listen();
    await push(await TestPublisher.connect({ url: receiver.url(), keepAlive: 0, noDelay: false }));
    expect(receiver.received).toHaveLength(1);
  });
});
