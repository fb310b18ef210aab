import { describe, expect, test } from 'vitest';
import { StageTimer } from './stage-timer.js';

describe('StageTimer', () => {
  test('gives each stage the time until the next begins, and the last time to one that comes again', () => {
    let now = 1000;
    const timer = new StageTimer(() => now);
    const pass = (milliseconds: number): void => {
      now += milliseconds;
    };
    pass(7);
    timer.begin('tcp');
    pass(20);
    timer.begin('handshake');
    pass(30.5);
    timer.begin(undefined);
    pass(1_000_000);
    timer.begin('publish');
    pass(3);
    timer.begin(undefined);
    const first = timer.timings;
    expect(first).toEqual({ tcp: 20, handshake: 30.5, connect: 0, createStream: 0, publish: 3 });
    timer.begin('publish');
    pass(4);
    timer.begin(undefined);
    expect(timer.timings.publish).toBe(4);
    expect(first.publish).toBe(3);
  });
});
