import { describe, expect, test } from 'vitest';
import { Backoff, type ReconnectPolicy, requestDelay } from './backoff.js';

const policy: ReconnectPolicy = { maxAttempts: 10, initialDelay: 500, maxDelay: 30_000, resetAfter: 60_000 };

function delays(
  random: number,
  count: number,
  errorClass: 'retryable' | 'busy' = 'retryable',
): (number | undefined)[] {
  const backoff = new Backoff(policy, () => random);
  return Array.from({ length: count }, () => backoff.next(errorClass));
}

/** A small generator of numbers from 0 to 1 (a linear congruence of Numerical Recipes). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('Backoff', () => {
  test('grows to its cap, at most twofold, and by no more than has been waited', () => {
    expect(delays(1, 9)).toEqual([500, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  test('jitters over the whole range, so that channels lost together do not come back together', () => {
    expect(delays(0, 3)).toEqual([0, 0, 0]);
    expect(delays(0.5, 6)).toEqual([250, 250, 250, 375, 562.5, 843.75]);
  });

  test.each(['retryable', 'busy'] as const)(
    'the connection is back within twice the time that the server was away, whatever the draws: %s',
    (errorClass) => {
      for (let seed = 1; seed <= 200; seed++) {
        const random = seeded(seed);
        const away = 100 * 1.05 ** seed;
        const backoff = new Backoff({ ...policy, maxAttempts: 1_000_000 }, random);
        // An old failure, after which it published for a while.
        for (let i = 0; i < 5; i++) backoff.next(errorClass);
        backoff.published(20_000);
        let now = 0;
        while (now < away) now += backoff.next(errorClass)!;
        expect(now).toBeLessThanOrEqual(2 * away + policy.initialDelay);
      }
    },
  );

  test('a server that takes every connection and drops it at once is asked less and less often', () => {
    const backoff = new Backoff({ ...policy, maxAttempts: 1_000_000 }, seeded(1));
    let attempts = 0;
    for (let now = 0; now < 600_000; attempts++) {
      backoff.published(10);
      now += backoff.next('retryable')! + 10;
    }
    expect(attempts).toBeLessThan(80);
  });

  test('gives up after the permitted attempts', () => {
    expect(delays(1, 11).at(-1)).toBeUndefined();
  });

  test.each(['auth', 'fatal'] as const)('does not repeat what failed as %s', (errorClass) => {
    expect(new Backoff(policy).next(errorClass)).toBeUndefined();
  });

  test('asks a busy server soon, then ever later, until its idle time-out is over', () => {
    expect(delays(0, 4, 'busy')).toEqual([250, 250, 250, 375]);
    const all = delays(0.5, 10, 'busy') as number[];
    expect(all[0]).toBeLessThanOrEqual(500);
    expect(all.at(-1)).toBeGreaterThanOrEqual(20_000);
  });

  test('starts over after a good period, and not after a short one', () => {
    const backoff = new Backoff(policy, () => 1);
    for (let i = 0; i < 4; i++) backoff.next('retryable');
    backoff.published(1000);
    expect(backoff.next('retryable')).toBe(3000);
    backoff.published(60_000);
    expect(backoff.next('retryable')).toBe(500);
  });

  test('goes on where another one has stopped, with delays as long as that would have taken', () => {
    const backoff = new Backoff(policy, () => 1);
    backoff.resume(5);
    expect(backoff.next('retryable')).toBe(7750);
  });
});

test('a good period gives all attempts back, and one that is a little shorter none', () => {
  const backoff = new Backoff({ ...policy, maxAttempts: 2 }, () => 1);
  for (let i = 0; i < 2; i++) expect(backoff.next('retryable')).toBe(500);
  expect(backoff.next('retryable')).toBeUndefined();
  backoff.published(policy.resetAfter - 1);
  expect(backoff.next('retryable')).toBeUndefined();
  backoff.published(policy.resetAfter);
  expect(backoff.next('retryable')).toBe(500);
});

test('after a good period the delays are short again, however long the outage before it was', () => {
  const backoff = new Backoff({ ...policy, maxAttempts: 100 }, () => 1);
  for (let i = 0; i < 20; i++) backoff.next('retryable');
  backoff.published(policy.resetAfter);
  expect([1, 2, 3].map(() => backoff.next('retryable'))).toEqual([500, 500, 1000]);
});

describe('Backoff after refusals', () => {
  test('they count as attempts', () => {
    const backoff = new Backoff({ ...policy, maxAttempts: 2 }, () => 0);
    expect([backoff.nextAfterRefusal(), backoff.nextAfterRefusal()]).toEqual([250, 500]);
    expect(backoff.nextAfterRefusal()).toBeUndefined();
    expect(backoff.next('retryable')).toBeUndefined();
  });

  test('their delays are spread over the upper half of the bound', () => {
    const upper = new Backoff(policy, () => 1);
    expect([1, 2, 3].map(() => upper.nextAfterRefusal())).toEqual([500, 1000, 2000]);
    expect(new Backoff(policy, () => 0.5).nextAfterRefusal()).toBe(375);
  });

  test('what was waited for them counts for the failures behind them', () => {
    const backoff = new Backoff(policy, () => 1);
    for (let i = 0; i < 2; i++) backoff.nextAfterRefusal();
    expect(backoff.next('retryable')).toBe(1500);
  });

  test('gives up after so many in a row, and leaves the server time in between', () => {
    const backoff = new Backoff({ ...policy, maxRefusals: 3 }, () => 0);
    const waits = [1, 2, 3, 4].map(() => backoff.nextAfterRefusal());
    expect(waits).toEqual([250, 500, 1000, undefined]);
  });

  test('counts ten when it is not told how many, over more than half a minute', () => {
    const backoff = new Backoff({ ...policy, maxAttempts: 1000 }, () => 0);
    let sum = 0;
    for (let i = 0; i < 10; i++) sum += backoff.nextAfterRefusal()!;
    expect(sum).toBeGreaterThan(30_000);
    expect(backoff.nextAfterRefusal()).toBeUndefined();
  });

  test('begins anew after another failure, or when the stream was published for a while', () => {
    const backoff = new Backoff({ ...policy, maxRefusals: 1 }, () => 0);
    backoff.nextAfterRefusal();
    backoff.next('retryable');
    expect(backoff.nextAfterRefusal()).toBe(250);
    backoff.published(1000);
    expect(backoff.nextAfterRefusal()).toBeUndefined();
    backoff.published(10_000);
    expect(backoff.nextAfterRefusal()).toBe(250);
  });
});

describe('requestDelay', () => {
  const bounds = { initialDelay: 250, maxDelay: 3000 };
  const requestDelays = (random: number) =>
    [1, 2, 3, 4, 5, 1000].map((n) => requestDelay(n, bounds, () => random));

  test('doubles up to its cap', () => {
    expect(requestDelays(1)).toEqual([250, 500, 1000, 2000, 3000, 3000]);
  });

  test('jitters over the whole range', () => {
    expect(requestDelays(0)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(requestDelays(0.5)).toEqual([125, 250, 500, 1000, 1500, 1500]);
  });
});
