import { expect, test, vi } from 'vitest';
import { abortableWait, type Waiter } from './abortable-wait.js';

/** Someone who waits, and what takes them out again. */
function begin(signal: AbortSignal | undefined) {
  const leave = vi.fn();
  let waiter!: Waiter<string>;
  const outcome = abortableWait<string>(signal, (entered) => {
    waiter = entered;
    return leave;
  });
  return { leave, waiter, outcome };
}

test('who waits hears what it is told, and the signal that fires later reaches nobody', async () => {
  const abort = new AbortController();
  const taken = begin(abort.signal);
  const refused = begin(abort.signal);
  const refusal = new Error('no');
  taken.waiter.resolve('yes');
  refused.waiter.reject(refusal);
  abort.abort();
  expect(await taken.outcome).toBe('yes');
  await expect(refused.outcome).rejects.toBe(refusal);
  expect([taken.leave, refused.leave].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
});

test('a signal takes out who waits, and it fails with the reason', async () => {
  const abort = new AbortController();
  const { outcome, leave } = begin(abort.signal);
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(outcome).rejects.toBe(reason);
  expect(leave).toHaveBeenCalledOnce();
});

test('a signal that has fired before takes out at once', async () => {
  const reason = new Error('too late');
  const { outcome, leave } = begin(AbortSignal.abort(reason));
  expect(leave).toHaveBeenCalledOnce();
  await expect(outcome).rejects.toBe(reason);
});

test('without a signal it waits until it is told', async () => {
  const { outcome, waiter } = begin(undefined);
  waiter.resolve('yes');
  expect(await outcome).toBe('yes');
});
