import { expect, test } from 'vitest';
import { TickTimer } from './tick-timer.js';

/** A thread whose timers fire when it gets to them. */
class Thread {
  time = 0;
  readonly ticks: number[] = [];
  readonly timer = new TickTimer(
    { now: () => this.time, after: (ms, callback) => this.#after(ms, callback) },
    () => this.ticks.push(this.time),
  );
  #due: { readonly at: number; readonly callback: () => void } | undefined;

  /** Time of the timer that is set. */
  get due(): number | undefined {
    return this.#due?.at;
  }

  /** The thread gets to its timers so many ms after the next one was due. */
  fire(late = 0): void {
    const { at, callback } = this.#due!;
    this.#due = undefined;
    this.time = at + late;
    callback();
  }

  #after(ms: number, callback: () => void): () => void {
    this.#due = { at: this.time + ms, callback };
    return () => {
      this.#due = undefined;
    };
  }
}

test('a tick comes at the next multiple of 50 ms, the earliest that was asked for', () => {
  const thread = new Thread();
  thread.timer.wakeBy(120);
  thread.timer.wakeBy(300);
  expect(thread.due).toBe(150);
  thread.timer.wakeBy(0);
  expect(thread.due).toBe(50);
  thread.fire(249);
  expect(thread.ticks).toEqual([299]);
  thread.timer.wakeBy(Number.POSITIVE_INFINITY);
  expect(thread.due).toBeUndefined();
});

test('after the thread was held up, a tick is put off once, so that sockets are read first', () => {
  const thread = new Thread();
  thread.timer.wakeBy(0);
  thread.fire(3000);
  expect(thread.ticks).toEqual([]);
  expect(thread.due).toBe(3100);
  // It takes long to read what has come: another time there is no waiting.
  thread.fire(1000);
  expect(thread.ticks).toEqual([4100]);
  thread.timer.wakeBy(0);
  thread.fire(3000);
  expect(thread.ticks).toEqual([4100]);
  thread.fire();
  expect(thread.ticks).toHaveLength(2);
});

test('a tick that is cancelled does not come', () => {
  const thread = new Thread();
  thread.timer.wakeBy(0);
  thread.timer.cancel();
  expect(thread.due).toBeUndefined();
  thread.timer.wakeBy(10);
  expect(thread.due).toBe(50);
});
