import { expect, test } from 'vitest';
import { abortedError, CloudPushError, toErrorData } from '../../base/errors.js';
import { DestinationLifecycle } from './destination-lifecycle.js';

const lost = new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'lost');
const aborted = toErrorData(abortedError(new Error('first')));

test('a destination that is closed while it connects does not publish any more', async () => {
  const lifecycle = new DestinationLifecycle();
  expect([lifecycle.state, lifecycle.isEnding]).toEqual(['connecting', false]);
  expect([lifecycle.requestClose(), lifecycle.requestClose()]).toEqual([true, false]);
  lifecycle.onPublishing();
  expect([lifecycle.state, lifecycle.isEnding]).toEqual(['closing', true]);
  await lifecycle.connected(undefined);
});

test('a lost connection is no reason to leave the end that was asked for', () => {
  const lifecycle = new DestinationLifecycle();
  lifecycle.onPublishing();
  lifecycle.onLost();
  expect(lifecycle.state).toBe('connecting');
  lifecycle.requestClose();
  lifecycle.onLost();
  expect(lifecycle.state).toBe('closing');
});

test('it ends cleanly only if it was asked to, and nothing was lost', () => {
  const ends = [
    { isAsked: true, error: undefined, loss: undefined },
    { isAsked: false, error: undefined, loss: undefined },
    { isAsked: true, error: undefined, loss: lost },
    { isAsked: true, error: toErrorData(lost), loss: undefined },
  ].map(({ isAsked, error, loss }) => {
    const lifecycle = new DestinationLifecycle();
    if (isAsked) lifecycle.requestClose();
    const { clean, error: failure } = lifecycle.end(error, loss);
    expect([lifecycle.state, lifecycle.report?.clean]).toEqual(['closed', clean]);
    return [clean, failure?.code];
  });
  expect(ends).toEqual([
    [true, undefined],
    [false, undefined],
    [false, lost.code],
    [false, lost.code],
  ]);
});

test('the first abort is what it ends with, whatever its connection says, and does not undo the wish to close', () => {
  const lifecycle = new DestinationLifecycle();
  expect(lifecycle.abort(aborted)).toBe(true);
  expect(lifecycle.abort(toErrorData(lost))).toBe(true);
  expect(lifecycle.requestClose()).toBe(true);
  const { error } = lifecycle.end(toErrorData(lost), undefined);
  expect([error?.code, error?.message]).toEqual([aborted.code, aborted.message]);
  expect([lifecycle.abort(aborted), lifecycle.requestClose()]).toEqual([false, false]);
});

test('whoever waits for the connection hears of it, or of the end with its reason', async () => {
  const published = new DestinationLifecycle();
  const waiting = published.connected(undefined);
  published.onPublishing();
  await waiting;
  const refused = new DestinationLifecycle();
  const refusal = refused.connected(undefined);
  const closed = refused.closed();
  refused.end(toErrorData(lost), undefined);
  await expect(refusal).rejects.toThrow(expect.objectContaining({ code: lost.code }));
  expect(await closed).toBe(refused.report);
  const early = new DestinationLifecycle();
  early.requestClose();
  early.end(undefined, undefined);
  await expect(early.connected(undefined)).rejects.toThrow('closed before it was connected');
});
