import { describe, expect, test } from 'vitest';
import { type RateRaises, ToldRaises, UntoldRaises } from './rate-raises.js';

const KNOWN = 100_000;

/** Attempts that all hold: when each is made, and the rate after it. */
function climb(raises: RateRaises, from: number, to: number): { time: number; attempts: number } {
  let time = 0;
  let attempts = 0;
  for (let advised = from; advised < to; attempts++) {
    time += raises.waitAt(advised);
    advised *= raises.stepAt(advised);
    raises.onRaised(advised);
  }
  return { time, attempts };
}

describe('attempts at more where acknowledgements tell what gets through', () => {
  test('reach four times as much well within ten seconds, and ten times as much in ten', () => {
    const raises = new ToldRaises();
    raises.onCongested(KNOWN);
    expect(climb(raises, 0.85 * KNOWN, 4 * KNOWN).time).toBeLessThanOrEqual(8000);
    raises.onCongested(KNOWN);
    expect(climb(raises, 0.85 * KNOWN, 10 * KNOWN).time).toBeLessThanOrEqual(10_000);
  });

  test('stay within a fifth of what the link is known to carry at first', () => {
    const raises = new ToldRaises();
    raises.onCongested(KNOWN);
    const first = 0.85 * raises.stepAt();
    expect(first).toBeGreaterThan(1.1);
    expect(first).toBeLessThan(1.2);
  });

  test('grow while each holds, and begin anew with one that does not', () => {
    const raises = new ToldRaises();
    raises.onCongested(KNOWN);
    const steps = [0, 1, 2, 3, 4].map(() => {
      const step = raises.stepAt();
      raises.onRaised();
      return step;
    });
    expect(steps).toEqual([1.35, 1.8, 1.7, 2, 2]);
    raises.onCongested(KNOWN);
    expect([raises.stepAt(), raises.waitAt(KNOWN)]).toEqual([1.35, 3500]);
  });

  test('must hold for longer near the rate that did not fit', () => {
    const raises = new ToldRaises();
    raises.onCongested(KNOWN);
    raises.onRaised();
    expect(raises.waitAt(1.29 * KNOWN)).toBe(2500);
    expect(raises.waitAt(1.3 * KNOWN)).toBe(1000);
  });
});

describe('attempts at more where nothing tells', () => {
  test('are small near the rate that failed, and grow elsewhere', () => {
    const raises = new UntoldRaises();
    raises.onCongested(KNOWN, false);
    expect([raises.stepAt(0.76 * KNOWN), raises.waitAt(0.76 * KNOWN)]).toEqual([1.12, 4000]);
    expect([raises.stepAt(1.24 * KNOWN), raises.waitAt(1.24 * KNOWN)]).toEqual([1.12, 4000]);
    expect([raises.stepAt(0.75 * KNOWN), raises.waitAt(0.75 * KNOWN)]).toEqual([1.15, 2000]);
    raises.onRaised();
    expect(raises.stepAt(2 * KNOWN)).toBe(1.15);
    raises.onRaised();
    expect(raises.stepAt(2 * KNOWN)).toBe(1.3);
  });

  test('wait twice as long after each that fails on the same link, up to a minute', () => {
    const raises = new UntoldRaises();
    raises.onCongested(KNOWN, false);
    const waits = [1, 2, 3, 4, 5, 6].map(() => {
      raises.onRaised();
      raises.onCongested(1.2 * KNOWN, true);
      raises.onCongested(KNOWN, false);
      return raises.waitAt(3 * KNOWN);
    });
    expect(waits).toEqual([4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    raises.onCongested(1.25 * KNOWN, true);
    expect(raises.waitAt(4 * KNOWN)).toBe(4000);
  });

  test('wait no longer for congestion that no attempt has caused', () => {
    const raises = new UntoldRaises();
    for (let i = 0; i < 5; i++) raises.onCongested(KNOWN, false);
    expect(raises.waitAt(3 * KNOWN)).toBe(2000);
  });

  test('begin with small steps again after one that failed', () => {
    const raises = new UntoldRaises();
    for (let i = 0; i < 3; i++) raises.onRaised();
    raises.onCongested(KNOWN, true);
    expect(raises.stepAt(2 * KNOWN)).toBe(1.15);
    raises.onRaised();
    expect(raises.stepAt(2 * KNOWN)).toBe(1.15);
  });
});
