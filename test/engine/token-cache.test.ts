// The cache before a token server over real connections: how often that is asked, and by whom.

import { type PushTarget, TargetCache, type TargetRequest, TokenServer } from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';
import { FaultyTokenServer, faults } from './token-faults.js';

const retry = { maxAttempts: 1 };

function device(n: number): TargetRequest {
  return { kind: 'device', deviceSN: `SN-${n}`, clientId: 'me', clientSecret: 'hush' };
}

/** Everything that stands between an engine and its token server, on a clock that the test sets. */
class House implements AsyncDisposable {
  readonly server: FaultyTokenServer;
  readonly cache: TargetCache;
  readonly #tokenServer: TokenServer;
  now = 1_000_000;

  private constructor(server: FaultyTokenServer) {
    this.server = server;
    const now = () => this.now;
    this.#tokenServer = new TokenServer({ url: server.url, retry, now });
    // The timers are the test's: none runs by itself.
    this.cache = new TargetCache(this.#tokenServer.provide, {
      clock: { now, after: () => () => {} },
      random: () => 0.5,
    });
  }

  static async open(): Promise<House> {
    return new House(await FaultyTokenServer.listen({ ttl: 100, clients: new Map([['me', 'hush']]) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cache.close();
    await this.#tokenServer.close();
    await this.server[Symbol.asyncDispose]();
  }
}

describe('channels that ask for the targets of their devices', () => {
  test('cause one request a device, however many they are', async () => {
    await using house = await House.open();
    const asked = Array.from({ length: 500 }, (_, i) =>
      house.cache.get(device(i % 2), { reason: 'connect' }),
    );
    const targets = await Promise.all(asked);
    expect(house.server.requests).toBe(2);
    expect(new Set(targets.map(({ token }) => token)).size).toBe(2);
    expect(targets[0]!.url).toBe('rtmp://media.example/live/SN-0/$time');
    for (const i of [0, 1])
      expect(house.server.find(targets[i]!.token)).toMatchObject({ deviceSN: `SN-${i}` });
  });

  test('do not stand in for each other: one that aborts takes no answer from the rest', async () => {
    await using house = await House.open();
    const aborts = Array.from({ length: 100 }, () => new AbortController());
    const asked = aborts.map(({ signal }) => house.cache.get(device(1), { reason: 'connect', signal }));
    for (const abort of aborts.slice(1)) abort.abort(new Error('no longer wanted'));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', ...new Array(99).fill('rejected')]);
    expect(house.server.requests).toBe(1);
  });

  test('make the token server hang up when none of them waits any more', async () => {
    await using house = await House.open();
    const abort = new AbortController();
    const hungUp = new Promise<void>((resolve) => {
      house.server.failNext((request) => {
        request.socket.once('close', resolve);
        abort.abort(new Error('no longer wanted'));
      });
    });
    const asked = house.cache.get(device(1), { reason: 'connect', signal: abort.signal });
    await expect(asked).rejects.toThrow('no longer wanted');
    await hungUp;
  });

  test('get a new target when the old one is near its end, and the old one while no new one is to be had', async () => {
    await using house = await House.open();
    const first = await house.cache.get(device(1), { reason: 'connect' });
    house.now += 79_999;
    expect(await house.cache.get(device(1), { reason: 'reconnect' })).toEqual(first);
    expect(house.server.requests).toBe(1);
    house.now += 1;
    house.server.failNext(faults.drop);
    expect(await house.cache.get(device(1), { reason: 'reconnect' })).toEqual(first);
    expect(house.server.requests).toBe(2);
    house.now += 1000;
    const second = await house.cache.get(device(1), { reason: 'reconnect' });
    expect([second.token === first.token, second.expiresAt]).toEqual([false, house.now + 100_000]);
    expect(house.server.requests).toBe(3);
  });

  test('that are refused with the same token all get the one that takes its place', async () => {
    await using house = await House.open();
    const stale = await house.cache.get(device(1), { reason: 'connect' });
    house.now += 10_000;
    const again = () => house.cache.get(device(1), { reason: 'rejected', rejected: stale });
    const targets: PushTarget[] = await Promise.all(Array.from({ length: 250 }, again));
    for (let i = 0; i < 250; i++) targets.push(await again());
    expect(new Set(targets.map(({ token }) => token)).size).toBe(1);
    expect(targets[0]!.token).not.toBe(stale.token);
    expect(house.server.requests).toBe(2);
  });

  test('do not ask a server that is down again and again', async () => {
    await using house = await House.open();
    house.server.failAlways(faults.status(503));
    const fail = { code: 'ERR_CLOUDPUSH_TOKEN_SERVER_STATUS' };
    for (let i = 0; i < 20; i++) {
      await expect(house.cache.get(device(1), { reason: 'connect' })).rejects.toMatchObject(fail);
    }
    expect(house.server.requests).toBe(1);
    house.server.failAlways(undefined);
    house.now += 1000;
    expect((await house.cache.get(device(1), { reason: 'connect' })).token).toBeDefined();
  });
});

test('a watched target is renewed by itself', async () => {
  await using server = await FaultyTokenServer.listen({ ttl: 1 });
  await using tokenServer = new TokenServer({ url: server.url });
  using cache = new TargetCache(tokenServer.provide, { minimumInterval: 100 });
  const request = device(1);
  const first = await cache.get(request, { reason: 'connect' });
  const next = await new Promise<PushTarget>((resolve) => void cache.watch(request, resolve));
  expect(next.url).toBe('rtmp://media.example/live/SN-1/$time');
  expect(next.token).not.toBe(first.token);
  expect(next.expiresAt).toBeGreaterThan(first.expiresAt!);
});
