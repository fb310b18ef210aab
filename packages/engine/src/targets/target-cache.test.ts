import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CloudPushError } from '../base/errors.js';
import type { Clock } from './clock.js';
import type { PushTarget, TargetReason, TokenProvider } from './push-target.js';
import { TargetCache, type TargetCacheOptions } from './target-cache.js';
import type { TargetRequest } from './target-request.js';

const device: TargetRequest = { kind: 'device', deviceSN: 'SN-1' };
const other: TargetRequest = { kind: 'device', deviceSN: 'SN-2' };
const connect = { reason: 'connect' } as const;

/** A clock that stands still until it is told to go on. */
class FakeClock implements Clock {
  #now = 1_000_000;
  readonly #timers = new Set<{
    readonly at: number;
    readonly callback: () => void;
    readonly holds: boolean;
  }>();

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void, holds: boolean): () => void {
    const timer = { at: this.#now + Math.min(delay, 2 ** 31 - 1), callback, holds };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that run, by whether they keep the process from ending. */
  timers(holds: boolean): number {
    return [...this.#timers].filter((timer) => timer.holds === holds).length;
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await setImmediate();
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }
}

/** A provider that counts, and the cache before it. Targets live for 100 s unless `life` is changed. */
class Bench {
  readonly clock = new FakeClock();
  readonly cache: TargetCache;
  readonly asked: TargetReason[] = [];
  readonly signals: AbortSignal[] = [];
  readonly failed: string[] = [];
  /** ms */
  life: number | undefined = 100_000;
  /** The fault, if there is one. */
  error: Error | undefined;
  /** Answers wait for it when it is set. */
  gate: Promise<void> | undefined;

  constructor(options: TargetCacheOptions = {}, random = 0.5) {
    const onRefreshFailed = (error: CloudPushError) => void this.failed.push(error.code);
    const { clock } = this;
    this.cache = new TargetCache(this.#provide, { clock, random: () => random, onRefreshFailed, ...options });
  }

  readonly #provide: TokenProvider = async (_, { reason, signal }) => {
    this.asked.push(reason);
    this.signals.push(signal);
    const token = `token-${this.asked.length}`;
    await this.gate;
    if (this.error !== undefined) throw this.error;
    const expiresAt = this.life === undefined ? undefined : this.clock.now() + this.life;
    return { url: 'rtmp://media.example/$appname/$streamname/$time', token, expiresAt };
  };

  /** Answers wait until the returned function is called. */
  hold(): () => Promise<void> {
    let open = () => {};
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return async () => {
      this.gate = undefined;
      open();
      await setImmediate();
    };
  }

  async token(request = device, reason: TargetReason = 'connect'): Promise<string | undefined> {
    return (await this.cache.get(request, { reason })).token;
  }
}

const down = new CloudPushError('ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE', 'down');
const denied = new CloudPushError('ERR_CLOUDPUSH_TOKEN_REJECTED', 'denied');

describe('TargetCache', () => {
  test('asks once for as long as a target is fresh, and once for each identity', async () => {
    const bench = new Bench();
    expect([await bench.token(), await bench.token(), await bench.token(other)]).toEqual([
      'token-1',
      'token-1',
      'token-2',
    ]);
    await bench.clock.advance(79_999);
    expect(await bench.token()).toBe('token-1');
    const named = await bench.cache.get({ ...device, appname: 'cameras', streamname: 'door' }, connect);
    expect(named).toMatchObject({ token: 'token-1', url: 'rtmp://media.example/cameras/door/$time' });
    const withClient: TargetRequest = { kind: 'device', deviceSN: 'SN-1', clientId: 'me' };
    expect(await bench.token(withClient)).toBe('token-3');
  });

  test('keeps a target that never expires', async () => {
    const bench = new Bench();
    bench.life = undefined;
    await bench.token();
    await bench.clock.advance(10 ** 12);
    expect(await bench.token()).toBe('token-1');
  });

  test.each([
    [0, 75_000],
    [0.5, 80_000],
    [1, 85_000],
  ])('renews a target between 75 and 85 %% of its life, by chance (%d)', async (random, due) => {
    const bench = new Bench({}, random);
    await bench.token();
    await bench.clock.advance(due - 1);
    expect(await bench.token()).toBe('token-1');
    await bench.clock.advance(1);
    expect(await bench.token(device, 'reconnect')).toBe('token-2');
    expect(bench.asked).toEqual(['connect', 'reconnect']);
  });

  test('asks once for 500 that ask at the same time', async () => {
    const bench = new Bench();
    const open = bench.hold();
    const tokens = Array.from({ length: 500 }, () => bench.token());
    await open();
    expect(new Set(await Promise.all(tokens))).toEqual(new Set(['token-1']));
    expect(bench.asked).toEqual(['connect']);
  });

  test('lets one of those who wait go without harm to the others', async () => {
    const bench = new Bench();
    const open = bench.hold();
    const abort = new AbortController();
    const leaving = bench.cache.get(device, { ...connect, signal: abort.signal });
    const staying = bench.cache.get(device, { ...connect, signal: new AbortController().signal });
    abort.abort(new Error('no longer wanted'));
    await expect(leaving).rejects.toThrow('no longer wanted');
    await open();
    expect((await staying).token).toBe('token-1');
    expect(bench.signals[0]!.aborted).toBe(false);
  });

  test('gives a request up when nobody waits for it, and makes another for who comes then', async () => {
    const bench = new Bench();
    const open = bench.hold();
    const aborts = [new AbortController(), new AbortController()];
    const leaving = aborts.map(({ signal }) => bench.cache.get(device, { ...connect, signal }));
    for (const abort of aborts) abort.abort(new Error('no longer wanted'));
    const next = bench.token();
    for (const target of leaving) await expect(target).rejects.toThrow('no longer wanted');
    expect(bench.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await open();
    expect(await next).toBe('token-2');
    expect(bench.clock.timers(true)).toBe(0);
  });

  test('does not begin for who has aborted before', async () => {
    const bench = new Bench();
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    await expect(bench.cache.get(device, { ...connect, signal })).rejects.toThrow('no longer wanted');
    expect(bench.asked).toEqual([]);
  });

  test('gives up a provider that takes too long', async () => {
    const bench = new Bench({ requestTimeout: 3000 });
    bench.hold();
    const target = bench.token();
    const outcome = expect(target).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_TOKEN_TIMEOUT',
      details: { permitted: 3000 },
    });
    await bench.clock.advance(3000);
    await outcome;
    expect(bench.signals[0]!.aborted).toBe(true);
  });
});

describe('a clock that is set back', () => {
  const QUARTER = 900_000;

  test('keeps nobody waiting for a target in the place of a refused one', async () => {
    const bench = new Bench();
    const rejected = await bench.cache.get(device, connect);
    await bench.clock.advance(-QUARTER);
    expect((await bench.cache.get(device, { reason: 'rejected', rejected })).token).toBe('token-2');
  });

  test('does not make a failure last', async () => {
    const bench = new Bench();
    bench.error = down;
    await expect(bench.token()).rejects.toBe(down);
    bench.error = undefined;
    await bench.clock.advance(-QUARTER);
    expect(await bench.token()).toBe('token-2');
  });

  test('has a target renewed, whose life cannot be told any more', async () => {
    const bench = new Bench();
    await bench.token();
    await bench.clock.advance(-QUARTER);
    expect([await bench.token(), await bench.token()]).toEqual(['token-2', 'token-2']);
  });
});

describe('a failure', () => {
  test('answers those who ask within a second, and nobody later', async () => {
    const bench = new Bench();
    bench.error = down;
    await expect(bench.token()).rejects.toBe(down);
    await bench.clock.advance(999);
    await expect(bench.token()).rejects.toBe(down);
    expect(bench.asked.length).toBe(1);
    await bench.clock.advance(1);
    bench.error = undefined;
    expect(await bench.token()).toBe('token-2');
  });

  test('answers for longer when the token server wants to be left alone, up to ten seconds', async () => {
    const bench = new Bench();
    bench.error = new CloudPushError('ERR_CLOUDPUSH_TOKEN_SERVER_STATUS', '429', {
      details: { retryAfter: 3_600_000 },
    });
    await expect(bench.token()).rejects.toBe(bench.error);
    await bench.clock.advance(9999);
    await expect(bench.token()).rejects.toBe(bench.error);
    expect(bench.asked.length).toBe(1);
    await bench.clock.advance(1);
    await expect(bench.token()).rejects.toBe(bench.error);
    expect(bench.asked.length).toBe(2);
  });

  test('does not take away a target that still lives', async () => {
    const bench = new Bench();
    await bench.token();
    bench.error = down;
    await bench.clock.advance(90_000);
    expect([await bench.token(), await bench.token()]).toEqual(['token-1', 'token-1']);
    expect(bench.asked.length).toBe(2);
    await bench.clock.advance(10_000);
    await expect(bench.token()).rejects.toBe(down);
  });

  test('takes it away when the token server says no', async () => {
    const bench = new Bench();
    await bench.token();
    bench.error = denied;
    await bench.clock.advance(90_000);
    await expect(bench.token()).rejects.toBe(denied);
    await expect(bench.token()).rejects.toBe(denied);
    expect(bench.asked.length).toBe(2);
  });

  test('of a provider of the caller’s own is told without the secrets of the request', async () => {
    const bench = new Bench();
    bench.error = Object.assign(new Error('no luck with s3cr3t at http://u:pw@a/?key=k'), { code: 'EOWN' });
    const request = { ...device, clientSecret: 's3cr3t' };
    const error = await bench.token(request).catch((reason: CloudPushError) => reason);
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_TOKEN_PROVIDER_FAILED',
      class: 'retryable',
      message: 'the token provider failed: no luck with … at http://…@a/?…',
      cause: { code: 'EOWN', message: 'no luck with … at http://…@a/?…' },
    });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no URL', { token: 't' }],
    ['a URL of another protocol', { url: 'http://a/b/c' }],
    ['a token that is a number', { url: 'rtmp://a/b/c', token: 1 }],
    ['an expiry that is a date', { url: 'rtmp://a/b/c', expiresAt: new Date() }],
  ])('is what a provider gives that is no target: %s', async (_, given) => {
    const cache = new TargetCache(async () => given as PushTarget);
    await expect(cache.get(device, connect)).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_TOKEN_REPLY_INVALID',
    });
  });
});

describe('a target that a server has refused', () => {
  const rejected = (token: string) =>
    ({ reason: 'rejected', rejected: { url: 'rtmp://a/b/c', token } }) as const;

  test('is renewed once for all whose token it was', async () => {
    const bench = new Bench();
    await bench.token();
    await bench.clock.advance(10_000);
    const together = Array.from({ length: 250 }, () => bench.cache.get(device, rejected('token-1')));
    for (const target of await Promise.all(together)) expect(target.token).toBe('token-2');
    for (let i = 0; i < 250; i++) {
      await bench.clock.advance(10);
      expect((await bench.cache.get(device, rejected('token-1'))).token).toBe('token-2');
    }
    expect(bench.asked).toEqual(['connect', 'rejected']);
  });

  test('is renewed no more often than permitted', async () => {
    const bench = new Bench({ minimumInterval: 5000 });
    await bench.token();
    const tokens: (string | undefined)[] = [];
    const again = bench.cache.get(device, rejected('token-1')).then(({ token }) => tokens.push(token));
    const newcomer = bench.token().then((token) => tokens.push(token));
    await bench.clock.advance(4999);
    expect([tokens, bench.asked]).toEqual([[], ['connect']]);
    await bench.clock.advance(1);
    await Promise.all([again, newcomer]);
    expect([tokens, bench.asked]).toEqual([
      ['token-2', 'token-2'],
      ['connect', 'rejected'],
    ]);
  });

  test('need not be waited for', async () => {
    const bench = new Bench();
    await bench.token();
    const abort = new AbortController();
    const target = bench.cache.get(device, { ...rejected('token-1'), signal: abort.signal });
    await setImmediate();
    abort.abort(new Error('no longer wanted'));
    await expect(target).rejects.toThrow('no longer wanted');
    expect(bench.clock.timers(true)).toBe(0);
    await bench.clock.advance(10_000);
    expect(bench.asked).toEqual(['connect']);
  });

  test('is not known by its token: then one that is young is taken for a newer one', async () => {
    const bench = new Bench({ minimumInterval: 5000 });
    await bench.token();
    await bench.clock.advance(4999);
    expect(await bench.token(device, 'rejected')).toBe('token-1');
    await bench.clock.advance(1);
    expect(await bench.token(device, 'rejected')).toBe('token-2');
  });

  test('is not given again when it cannot be renewed', async () => {
    const bench = new Bench();
    await bench.token();
    await bench.clock.advance(10_000);
    bench.error = down;
    await expect(bench.cache.get(device, rejected('token-1'))).rejects.toBe(down);
    await expect(bench.token()).rejects.toBe(down);
  });
});

describe('a watched target', () => {
  test('is renewed ahead of its expiry, over and over, by one timer that holds no process', async () => {
    const bench = new Bench();
    await bench.token();
    const told: (string | undefined)[] = [];
    const stops = [1, 2, 3].map(() => bench.cache.watch(device, ({ token }) => told.push(token)));
    expect([bench.clock.timers(false), bench.clock.timers(true)]).toEqual([1, 0]);
    await bench.clock.advance(80_000);
    expect(told).toEqual(['token-2', 'token-2', 'token-2']);
    stops[1]!();
    await bench.clock.advance(80_000);
    expect(told.slice(3)).toEqual(['token-3', 'token-3']);
    expect(bench.asked).toEqual(['connect', 'refresh', 'refresh']);
    expect(bench.clock.timers(false)).toBe(1);
    stops[0]!();
    stops[2]!();
    expect(bench.clock.timers(false)).toBe(0);
  });

  test('comes with the names of who watches', async () => {
    const bench = new Bench();
    await bench.token();
    const urls: string[] = [];
    bench.cache.watch({ ...device, appname: 'cameras' }, ({ url }) => urls.push(url));
    bench.cache.watch(device, ({ url }) => urls.push(url));
    await bench.clock.advance(80_000);
    expect(urls).toEqual(['rtmp://media.example/cameras/SN-1/$time', 'rtmp://media.example/live/SN-1/$time']);
  });

  test('is told of when another asker has renewed it, and not when it is the first', async () => {
    const bench = new Bench();
    const told: (string | undefined)[] = [];
    bench.cache.watch(device, ({ token }) => told.push(token));
    await bench.token();
    expect([told, bench.clock.timers(false)]).toEqual([[], 1]);
    await bench.clock.advance(10_000);
    await bench.token(device, 'rejected');
    expect(told).toEqual(['token-2']);
  });

  test('is not told of when it is the same as before', async () => {
    let asked = 0;
    const clock = new FakeClock();
    const provider = async () => ({
      url: 'rtmp://a/b/c',
      token: 't',
      expiresAt: clock.now() + 10_000 * ++asked,
    });
    const cache = new TargetCache(provider, { clock });
    await cache.get(device, connect);
    cache.watch(device, () => expect.unreachable('told of the same target'));
    await clock.advance(20_000);
    expect(asked).toBe(2);
  });

  test('is tried for again with back-off when it cannot be renewed, and each failure is told', async () => {
    const bench = new Bench({}, 1);
    await bench.token();
    const told: (string | undefined)[] = [];
    bench.cache.watch(device, ({ token }) => told.push(token));
    bench.error = down;
    await bench.clock.advance(85_000);
    // Then after 1, 2, 4, 8, 16, 32 and 60 seconds.
    await bench.clock.advance(63_000);
    expect(bench.asked.length).toBe(1 + 7);
    await bench.clock.advance(59_999);
    expect(bench.asked.length).toBe(1 + 7);
    await bench.clock.advance(1);
    expect(bench.asked.length).toBe(1 + 8);
    expect(new Set(bench.failed)).toEqual(new Set(['ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE']));
    expect(bench.failed.length).toBe(8);
    bench.error = undefined;
    await bench.clock.advance(60_000);
    expect(told).toEqual(['token-10']);
  });

  test('that has hardly any life is renewed no more often than permitted', async () => {
    const bench = new Bench({ minimumInterval: 5000 });
    bench.life = 10;
    await bench.token();
    bench.cache.watch(device, () => {});
    await bench.clock.advance(50_000);
    expect(bench.asked.length).toBe(1 + 10);
  });

  test('that lives for longer than a timer can count is renewed in time', async () => {
    const bench = new Bench();
    bench.life = 2 ** 33;
    await bench.token();
    bench.cache.watch(device, () => {});
    await bench.clock.advance(2 ** 33 * 0.8 - 1);
    expect(bench.asked.length).toBe(1);
    await bench.clock.advance(1);
    expect(bench.asked.length).toBe(2);
  });

  test('is told to the others when one of them throws', async () => {
    const bench = new Bench();
    await bench.token();
    const told: (string | undefined)[] = [];
    bench.cache.watch(device, () => {
      throw new CloudPushError('ERR_CLOUDPUSH_INTERNAL', 'a watcher fell');
    });
    bench.cache.watch(device, ({ token }) => told.push(token));
    await bench.clock.advance(80_000);
    expect([told, bench.failed]).toEqual([['token-2'], ['ERR_CLOUDPUSH_INTERNAL']]);
  });
});

describe('closing a TargetCache', () => {
  test('ends what is under way, stops every timer, and takes no more', async () => {
    const bench = new Bench();
    await bench.token(other);
    bench.cache.watch(other, () => {});
    bench.hold();
    await bench.clock.advance(90_000);
    const pending = [bench.token(), bench.token(other)];
    bench.cache.close();
    for (const target of pending) {
      await expect(target).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_ENGINE_CLOSED' });
    }
    await setImmediate();
    expect([bench.clock.timers(true), bench.clock.timers(false)]).toEqual([0, 0]);
    await expect(bench.token()).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_ENGINE_CLOSED' });
    expect(() => bench.cache.watch(device, () => {})).toThrow('the target cache is closed');
  });
});
