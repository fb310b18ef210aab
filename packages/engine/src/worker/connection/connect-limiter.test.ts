import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ConnectLimiter } from './connect-limiter.js';

/** Connections that are being made until they are finished by hand. */
class Connects {
  readonly started: number[] = [];
  readonly #finish = new Map<number, () => void>();

  make(id: number): () => Promise<number> {
    return () => {
      this.started.push(id);
      return new Promise((resolve) => this.#finish.set(id, () => resolve(id)));
    };
  }

  async finish(id: number): Promise<void> {
    this.#finish.get(id)?.();
    await setImmediate();
  }
}

const never = new AbortController().signal;

describe('ConnectLimiter', () => {
  test('runs as many at a time as it is allowed to, the others in the order in which they came', async () => {
    const limiter = new ConnectLimiter(2);
    const connects = new Connects();
    const results = [1, 2, 3, 4].map((id) => limiter.run(connects.make(id), never));
    await setImmediate();
    expect(connects.started).toEqual([1, 2]);
    await connects.finish(2);
    expect(connects.started).toEqual([1, 2, 3]);
    for (const id of [1, 3, 4]) await connects.finish(id);
    expect(await Promise.all(results)).toEqual([1, 2, 3, 4]);
  });

  test('gives the place of a failed one on', async () => {
    const limiter = new ConnectLimiter(1);
    const connects = new Connects();
    const failed = limiter.run(() => Promise.reject(new Error('refused')), never);
    const next = limiter.run(connects.make(1), never);
    await expect(failed).rejects.toThrow('refused');
    await setImmediate();
    await connects.finish(1);
    expect(await next).toBe(1);
  });

  test('makes fewer at a time from the moment on that it is lowered', async () => {
    const limiter = new ConnectLimiter(2);
    const connects = new Connects();
    const all = [1, 2, 3, 4].map((i) => limiter.run(connects.make(i), never));
    limiter.lower(1);
    await connects.finish(1);
    await setImmediate();
    expect(connects.started).toEqual([1, 2]);
    await connects.finish(2);
    await setImmediate();
    expect(connects.started).toEqual([1, 2, 3]);
    await connects.finish(3);
    await connects.finish(4);
    await Promise.all(all);
  });

  test('lets one that is aborted while it waits go without a turn', async () => {
    const limiter = new ConnectLimiter(1);
    const connects = new Connects();
    const abort = new AbortController();
    const first = limiter.run(connects.make(1), never);
    const aborted = limiter.run(connects.make(2), abort.signal);
    const third = limiter.run(connects.make(3), never);
    abort.abort(new Error('no longer wanted'));
    await expect(aborted).rejects.toThrow('no longer wanted');
    await connects.finish(1);
    await connects.finish(3);
    expect(await Promise.all([first, third])).toEqual([1, 3]);
    expect(connects.started).toEqual([1, 3]);
  });

  test('turns one away at once that was aborted before it came, also while others wait', async () => {
    const limiter = new ConnectLimiter(1);
    const connects = new Connects();
    const first = limiter.run(connects.make(1), never);
    const late = limiter.run(connects.make(2), AbortSignal.abort(new Error('no longer wanted')));
    await expect(late).rejects.toThrow('no longer wanted');
    await connects.finish(1);
    expect(await first).toBe(1);
    expect(connects.started).toEqual([1]);
  });

  test('leaves no listener on a signal that outlives the wait', async () => {
    const limiter = new ConnectLimiter(1);
    const connects = new Connects();
    const abort = new AbortController();
    const all = [1, 2].map((id) => limiter.run(connects.make(id), abort.signal));
    for (const id of [1, 2]) await connects.finish(id);
    await Promise.all(all);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
});
