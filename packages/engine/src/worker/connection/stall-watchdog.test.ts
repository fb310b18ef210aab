import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StallWatchdog } from './stall-watchdog.js';

describe('StallWatchdog', () => {
  let accepted = 0;
  const onStall = vi.fn();

  beforeEach(() => {
    vi.useFakeTimers();
    accepted = 0;
    onStall.mockClear();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function watchdog(limit: number): StallWatchdog {
    return new StallWatchdog(limit, () => accepted, onStall);
  }

  it('reports a connection that takes nothing for the whole limit', () => {
    watchdog(1000).arm();
    vi.advanceTimersByTime(999);
    expect(onStall).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onStall).toHaveBeenCalledExactlyOnceWith(1000);
  });

  it('lets a slow connection live as long as it takes a little', () => {
    watchdog(1000).arm();
    for (let i = 0; i < 10; i++) {
      accepted++;
      vi.advanceTimersByTime(1000);
    }
    expect(onStall).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(onStall).toHaveBeenCalledOnce();
  });

  it('rests while nothing waits', () => {
    const dog = watchdog(1000);
    dog.arm();
    dog.disarm();
    vi.advanceTimersByTime(10_000);
    expect(onStall).not.toHaveBeenCalled();
  });

  it('does not give a stalled connection longer because more is to be sent', () => {
    const dog = watchdog(1000);
    dog.arm();
    vi.advanceTimersByTime(600);
    dog.arm();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(400);
    expect(onStall).toHaveBeenCalledOnce();
  });

  it('watches again after a rest, and counts the whole limit from there', () => {
    const dog = watchdog(1000);
    dog.arm();
    vi.advanceTimersByTime(600);
    dog.disarm();
    dog.arm();
    vi.advanceTimersByTime(999);
    expect(onStall).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onStall).toHaveBeenCalledOnce();
  });

  it('is off with a limit of 0', () => {
    watchdog(0).arm();
    expect(vi.getTimerCount()).toBe(0);
  });
});
