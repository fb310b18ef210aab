import { describe, expect, it } from 'vitest';
import { Backoff, type ReconnectPolicy } from './backoff.js';

const policy: ReconnectPolicy = { maxAttempts: 10, initialDelay: 500, maxDelay: 30_000, resetAfter: 60_000 };

function delays(random: number, count: number): (number | undefined)[] {
  const backoff = new Backoff(policy, () => random);
  return Array.from({ length: count }, () => backoff.next('retryable'));
}

describe('Backoff', () => {
  it('doubles up to its cap', () => {
    expect(delays(1, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('jitters over the whole range, so that channels lost together do not come back together', () => {
    expect(delays(0, 3)).toEqual([0, 0, 0]);
    expect(delays(0.5, 3)).toEqual([250, 500, 1000]);
  });

  it('gives up after the permitted attempts', () => {
    expect(delays(1, 11).at(-1)).toBeUndefined();
  });

  it.each(['auth', 'fatal'] as const)('does not repeat what failed as %s', (errorClass) => {
    expect(new Backoff(policy).next(errorClass)).toBeUndefined();
  });

  it('gives a busy server time to let the old session go', () => {
    expect(new Backoff(policy, () => 0).next('busy')).toBe(15_000);
    expect(new Backoff(policy, () => 1).next('busy')).toBe(30_000);
  });

  it('starts over after a good period, and not after a short one', () => {
    const backoff = new Backoff(policy, () => 1);
    backoff.next('retryable');
    backoff.published(59_999);
    expect(backoff.next('retryable')).toBe(1000);
    backoff.published(60_000);
    expect(backoff.next('retryable')).toBe(500);
  });
});

describe('Backoff after refusals', () => {
  it('gives up after so many in a row, and leaves the server time in between', () => {
    const backoff = new Backoff({ ...policy, maxRefusals: 3 }, () => 0);
    const waits = [1, 2, 3, 4].map(() => backoff.nextAfterRefusal());
    expect(waits).toEqual([250, 500, 1000, undefined]);
  });

  it('counts ten when it is not told how many, over more than half a minute', () => {
    const backoff = new Backoff({ ...policy, maxAttempts: 1000 }, () => 0);
    let sum = 0;
    for (let i = 0; i < 10; i++) sum += backoff.nextAfterRefusal()!;
    expect(sum).toBeGreaterThan(30_000);
    expect(backoff.nextAfterRefusal()).toBeUndefined();
  });

  it('begins anew after another failure, or when the stream was published for a while', () => {
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
