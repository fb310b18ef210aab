import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { abortedError, CloudPushError, toErrorData } from '../../base/errors.js';
import { Waiters } from '../../base/waiters.js';
import { ChannelLifecycle } from './channel-lifecycle.js';

const lost = new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'lost');
const aborted = toErrorData(abortedError(new Error('enough')));

class Fixture {
  readonly destinations = {
    isPublishing: false,
    everPublished: false,
    failure: undefined as CloudPushError | undefined,
    clean: true,
    everAttached: true,
  };
  readonly sender = { paused: false };
  readonly waiters = new Waiters();
  readonly lifecycle: ChannelLifecycle;

  constructor(standsBy = false) {
    this.destinations.everAttached = !standsBy;
    this.lifecycle = new ChannelLifecycle(this.destinations, this.sender, this.waiters, standsBy);
  }

  /** Its destinations have ended on an error. */
  fail(): void {
    Object.assign(this.destinations, { clean: false, failure: lost });
  }
}

test('the last descriptor is asked for once, whatever ends the channel', () => {
  const closed = new Fixture().lifecycle;
  expect([closed.requestClose(), closed.requestClose(), closed.end(), closed.end()]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  const ended = new Fixture().lifecycle;
  expect([ended.end(), ended.requestClose()]).toEqual([true, false]);
  const cut = new Fixture().lifecycle;
  expect([cut.abort(aborted), cut.abort(aborted), cut.requestClose(), cut.end()]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  const cutOnly = new Fixture().lifecycle;
  expect([cutOnly.abort(aborted), cutOnly.end(), cutOnly.abort(aborted)]).toEqual([true, true, false]);
});

test('the state follows the destinations while it is open, and its own end afterwards', () => {
  const { lifecycle, destinations, sender } = new Fixture();
  sender.paused = true;
  expect([lifecycle.state, lifecycle.isClosing, lifecycle.paused]).toEqual(['connecting', false, true]);
  destinations.isPublishing = true;
  expect(lifecycle.state).toBe('publishing');
  lifecycle.requestClose();
  expect([lifecycle.state, lifecycle.isClosing]).toEqual(['closing', true]);
  lifecycle.end();
  expect([lifecycle.state, lifecycle.paused]).toEqual(['closing', true]);
  expect(lifecycle.close()).toEqual({ clean: true, error: undefined });
  expect([lifecycle.state, lifecycle.paused, lifecycle.isClosing]).toEqual(['closed', false, true]);
});

test('the first abort is the one that is kept, through the end', () => {
  const { lifecycle } = new Fixture();
  lifecycle.requestClose();
  lifecycle.abort(aborted);
  lifecycle.abort(toErrorData(lost));
  expect(lifecycle.endedBy).toBe(aborted);
  lifecycle.end();
  expect(lifecycle.endedBy).toBe(aborted);
  lifecycle.close();
  expect(lifecycle.noMoreError().cause).toMatchObject({ code: aborted.code });
});

test('whoever waits for room is woken by a change, and refused when none will come', async () => {
  const { lifecycle, sender, waiters, destinations } = new Fixture();
  await lifecycle.writable(undefined);
  sender.paused = true;
  let isWritable = false;
  const waiting = lifecycle.writable(undefined).then(() => {
    isWritable = true;
  });
  waiters.wake();
  await Promise.resolve();
  expect(isWritable).toBe(false);
  sender.paused = false;
  waiters.wake();
  await waiting;
  sender.paused = true;
  const refused = lifecycle.writable(undefined);
  destinations.failure = lost;
  lifecycle.abort(aborted);
  await expect(refused).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED', cause: lost }),
  );
});

test('whoever waits for room on a shard that is gone looks again on the next one', async () => {
  const { lifecycle, sender } = new Fixture();
  sender.paused = true;
  const waiting = lifecycle.writable(undefined);
  sender.paused = false;
  lifecycle.onMigrated();
  await waiting;
});

test('a wait for the connection ends with the first one, also when the channel is closing by then', async () => {
  const { lifecycle, destinations, waiters } = new Fixture();
  const waiting = lifecycle.connected(undefined);
  destinations.isPublishing = true;
  waiters.wake();
  await waiting;
  const late = new Fixture();
  late.lifecycle.requestClose();
  const beforeFirst = late.lifecycle.connected(undefined);
  late.destinations.everPublished = true;
  late.waiters.wake();
  await beforeFirst;
});

test('a connection that was lost is waited for until it is back, and the end of a channel until it is over', async () => {
  for (const isClosing of [false, true]) {
    const fixture = new Fixture();
    const { lifecycle, destinations, waiters } = fixture;
    if (isClosing) lifecycle.requestClose();
    else destinations.everPublished = true;
    let isSettled = false;
    const waiting = lifecycle.connected(undefined).then(
      () => {
        isSettled = true;
      },
      () => {},
    );
    waiters.wake();
    await nextTurn();
    expect(isSettled).toBe(false);
    fixture.fail();
    lifecycle.close();
    await waiting;
    expect(isSettled).toBe(false);
  }
});

test('a wait for a connection that never comes is rejected with the reason', async () => {
  const failed = new Fixture();
  const waiting = failed.lifecycle.connected(undefined);
  const closed = failed.lifecycle.closed();
  failed.fail();
  const report = failed.lifecycle.close();
  expect(report).toEqual({ clean: false, error: lost });
  await expect(waiting).rejects.toBe(lost);
  expect(await closed).toBe(report);
  const clean = new Fixture().lifecycle;
  clean.close();
  await expect(clean.connected(undefined)).rejects.toThrow('closed before it was connected');
});

test('the signal ends a wait with its reason', async () => {
  const { lifecycle, sender } = new Fixture();
  sender.paused = true;
  const abort = new AbortController();
  const waits = [lifecycle.connected(abort.signal), lifecycle.writable(abort.signal)];
  abort.abort(lost);
  for (const wait of waits) await expect(wait).rejects.toBe(lost);
});

test('a channel that never had a destination ends as it did itself: on the abort or the fault that came first', () => {
  const end = (...steps: ((lifecycle: ChannelLifecycle) => void)[]) => {
    const { lifecycle } = new Fixture(true);
    for (const step of steps) step(lifecycle);
    return lifecycle.close();
  };
  const close = (lifecycle: ChannelLifecycle) => void lifecycle.requestClose();
  const abort = (lifecycle: ChannelLifecycle) => void lifecycle.abort(aborted);
  const fail = (lifecycle: ChannelLifecycle) => void lifecycle.end(toErrorData(lost));
  const finish = (lifecycle: ChannelLifecycle) => void lifecycle.end();
  expect(end(close, finish)).toEqual({ clean: true, error: undefined });
  expect(end(abort, finish)).toMatchObject({ clean: false, error: { code: aborted.code } });
  expect(end(abort, fail)).toMatchObject({ clean: false, error: { code: aborted.code } });
  for (const steps of [[fail], [close, fail], [fail, abort], [fail, finish]])
    expect(end(...steps)).toMatchObject({ clean: false, error: { code: lost.code } });
  // Its own end came behind that of its stream.
  expect(end(finish, fail)).toEqual({ clean: true, error: undefined });
});

test('how a channel ended that had destinations is what they tell', () => {
  const { lifecycle } = new Fixture();
  lifecycle.requestClose();
  lifecycle.abort(aborted);
  lifecycle.end();
  expect(lifecycle.close()).toEqual({ clean: true, error: undefined });
});

test('whoever waits for a channel to stand by is told when it never will, and why', async () => {
  const { lifecycle } = new Fixture(true);
  const waiting = lifecycle.standingBy(undefined);
  lifecycle.end(toErrorData(lost));
  await expect(waiting).rejects.toMatchObject({
    code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED',
    cause: { code: lost.code },
  });
});

test('a channel that is opened with a destination has nothing to stand by for', async () => {
  await new Fixture().lifecycle.standingBy(undefined);
});
