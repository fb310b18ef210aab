import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { StallWatchdog } from './stall-watchdog.js';

describe('StallWatchdog', () => {
  let clock = new FakeClock();
  let accepted = 0;
  const onStall = vi.fn();

  beforeEach(() => {
    clock = new FakeClock();
    accepted = 0;
    onStall.mockClear();
  });

  function watchdog(limit: number): StallWatchdog {
    return new StallWatchdog(limit, () => accepted, onStall, clock);
  }

  test('reports a connection that takes nothing for the whole limit', () => {
    watchdog(1000).arm();
    clock.pass(999);
    expect(onStall).not.toHaveBeenCalled();
    clock.pass(1);
    expect(onStall).toHaveBeenCalledExactlyOnceWith(1000);
  });

  test('lets a slow connection live as long as it takes a little', () => {
    watchdog(1000).arm();
    for (let i = 0; i < 10; i++) {
      accepted++;
      clock.pass(1000);
    }
    expect(onStall).not.toHaveBeenCalled();
    clock.pass(1000);
    expect(onStall).toHaveBeenCalledOnce();
  });

  test('rests while nothing waits', () => {
    const dog = watchdog(1000);
    dog.arm();
    dog.disarm();
    clock.pass(10_000);
    expect(onStall).not.toHaveBeenCalled();
  });

  test('does not give a stalled connection longer because more is to be sent', () => {
    const dog = watchdog(1000);
    dog.arm();
    clock.pass(600);
    dog.arm();
    expect(clock.pending).toBe(1);
    clock.pass(400);
    expect(onStall).toHaveBeenCalledOnce();
  });

  test('watches again after a rest, and counts the whole limit from there', () => {
    const dog = watchdog(1000);
    dog.arm();
    clock.pass(600);
    dog.disarm();
    dog.arm();
    clock.pass(999);
    expect(onStall).not.toHaveBeenCalled();
    clock.pass(1);
    expect(onStall).toHaveBeenCalledOnce();
  });

  test('is off with a limit of 0', () => {
    watchdog(0).arm();
    expect(clock.pending).toBe(0);
  });
});
