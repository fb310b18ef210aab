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
