import { describe, expect, test } from 'vitest';
import { ProblemLimiter, REPEAT_INTERVAL } from './problem-limiter.js';

describe('ProblemLimiter', () => {
  test('lets the first of its kind through at once', () => {
    expect(new ProblemLimiter().admit('ERR_A', 0)).toBe(0);
  });

  test('counts repeats, and reports them with the next one that is let through', () => {
    const limiter = new ProblemLimiter();
    limiter.admit('ERR_A', 0);
    for (let i = 1; i <= 24; i++) expect(limiter.admit('ERR_A', i * 40)).toBeUndefined();
    expect(limiter.admit('ERR_A', REPEAT_INTERVAL)).toBe(24);
    expect(limiter.admit('ERR_A', 2 * REPEAT_INTERVAL)).toBe(0);
  });

  test('limits each kind by itself', () => {
    const limiter = new ProblemLimiter();
    limiter.admit('ERR_A', 0);
    expect(limiter.admit('ERR_B', 1)).toBe(0);
  });
});
