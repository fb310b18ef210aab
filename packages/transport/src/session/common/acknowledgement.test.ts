import { describe, expect, test } from 'vitest';
import { AcknowledgementCounter } from './acknowledgement.js';

describe('acknowledgement counter', () => {
  test('speaks at half of the window', () => {
    const counter = new AcknowledgementCounter();
    counter.window = 1000;
    expect([499, 1, 499, 1, 5000, 1].map((bytes) => counter.count(bytes))).toEqual([
      undefined,
      500,
      undefined,
      1000,
      6000,
      undefined,
    ]);
  });

  test('wraps at 2^32', () => {
    const counter = new AcknowledgementCounter();
    counter.window = 2 ** 31;
    const numbers = Array.from({ length: 6 }, () => counter.count(2 ** 30));
    expect(numbers).toEqual([2 ** 30, 2 ** 31, 3 * 2 ** 30, 0, 2 ** 30, 2 ** 31]);
  });

  test('uses 2,500,000 until told, and takes no notice of a window of 0', () => {
    const counter = new AcknowledgementCounter();
    counter.window = 0;
    expect(counter.count(1_249_999)).toBeUndefined();
    expect(counter.count(1)).toBe(1_250_000);
  });
});
