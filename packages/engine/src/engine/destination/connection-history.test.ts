import { expect, test } from 'vitest';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { ConnectionHistory } from './connection-history.js';

const lost = new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'lost');
const died = toErrorData(lost);
const policy = { maxAttempts: 3, initialDelay: 100, maxDelay: 1000, resetAfter: 60_000 };

function newHistory(given: typeof policy | undefined = policy): {
  clock: FakeClock;
  history: ConnectionHistory;
} {
  const clock = new FakeClock();
  return { clock, history: new ConnectionHistory(clock, given) };
}

test('a channel that is let go connects when it would have, and as for the attempt that it would have been', () => {
  const { clock, history } = newHistory();
  expect(history.onReleased()).toEqual({ loss: undefined });
  history.onDisconnected(lost, 500, false);
  history.onDisconnected(lost, 800, false);
  clock.pass(300);
  expect(history.onReleased().loss).toMatchObject({ delay: 500, attempts: 2, error: { code: lost.code } });
  clock.pass(9000);
  expect(history.onReleased().loss).toMatchObject({ delay: 0, attempts: 2 });
});

test('attempts are counted anew after publishing for long enough, and not before', () => {
  const { clock, history } = newHistory();
  history.onDisconnected(lost, 0, false);
  history.onConnected();
  clock.pass(policy.resetAfter - 1);
  history.onDisconnected(lost, 0, true);
  expect(history.onReleased().loss?.attempts).toBe(2);
  history.onConnected();
  clock.pass(policy.resetAfter);
  history.onDisconnected(lost, 0, true);
  expect(history.onReleased().loss?.attempts).toBe(1);
  clock.pass(policy.resetAfter);
  history.onDisconnected(lost, 0, false);
  expect(history.onReleased().loss?.attempts).toBe(2);
});

test('the death of a shard is one more failure: within the bound of the delays, and until the attempts are spent', () => {
  const { history } = newHistory();
  for (let attempts = 1; attempts <= policy.maxAttempts; attempts++) {
    const { loss } = history.onShardDied(died)!;
    expect(loss!.attempts).toBe(attempts);
    expect(loss!.delay).toBeLessThanOrEqual(policy.maxDelay);
  }
  expect(history.onShardDied(died)).toBeUndefined();
  expect(history.lastLoss?.code).toBe(died.code);
});

test('without a policy nothing is made again', () => {
  const clock = new FakeClock();
  expect(new ConnectionHistory(clock, undefined).onShardDied(died)).toBeUndefined();
});

test('media counts as lost with a connection that was publishing, not with an attempt that failed', () => {
  const { history } = newHistory();
  history.onDisconnected(lost, 0, false);
  expect(history.mediaLoss).toBeUndefined();
  history.onDisconnected(lost, 0, true);
  history.onDisconnected(lost, 0, false);
  expect(history.mediaLoss).toBe(lost);
});
