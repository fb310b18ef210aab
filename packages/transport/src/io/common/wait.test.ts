import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { waitFor } from './wait.js';

const never = new Promise<never>(() => undefined);

describe('a wait', () => {
  test('ends as the work does, and leaves no listener and no timer', async () => {
    const { signal } = new AbortController();
    const clear = vi.spyOn(globalThis, 'clearTimeout');
    await expect(waitFor(Promise.resolve(5), { signal, timeout: 60_000 })).resolves.toBe(5);
    const failed = waitFor(Promise.reject(new Error('no')), { signal, timeout: 60_000 });
    await expect(failed).rejects.toThrow('no');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(clear).toHaveBeenCalledTimes(2);
    clear.mockRestore();
  });

  test('is given up when the signal fires, with its reason unless told otherwise', async () => {
    for (const aborted of [undefined, () => new Error('reworded')]) {
      const controller = new AbortController();
      const waiting = waitFor(never, { signal: controller.signal, ...(aborted && { aborted }) });
      controller.abort(new Error('reason'));
      await expect(waiting).rejects.toThrow(aborted === undefined ? 'reason' : 'reworded');
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    }
    const late = AbortSignal.abort(new Error('before'));
    await expect(waitFor(never, { signal: late })).rejects.toThrow('before');
  });

  test('is given up when its time has passed, and work that fails later troubles nobody', async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    const late = (): Error => new Error('too late');
    await expect(waitFor(work, { signal: undefined, timeout: 1, late })).rejects.toThrow('too late');
    const unhandled = vi.fn();
    process.once('unhandledRejection', unhandled);
    fail(new Error('nobody listens'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(unhandled).not.toHaveBeenCalled();
    process.off('unhandledRejection', unhandled);
  });
});
