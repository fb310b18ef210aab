import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ShardTarget } from '../../options/destination-config.js';
import type { TargetReason } from '../../targets/push-target.js';
import { TargetSource } from './target-source.js';

const HOME: ShardTarget = { url: 'rtmp://home/live/a', token: undefined };
const AWAY: ShardTarget = { url: 'rtmp://away/live/a', token: 'secret' };

function setUp(fixed?: ShardTarget) {
  const asked: TargetReason[] = [];
  const abort = new AbortController();
  const source = new TargetSource(fixed, (reason) => void asked.push(reason));
  return { asked, abort, source, get: (reason: TargetReason) => source.get(reason, abort.signal) };
}

test('a fixed target is given without asking, and a move changes it', async () => {
  const { source, asked, get } = setUp(HOME);
  expect([source.isAsked, await get('connect')]).toEqual([false, HOME]);
  source.move(AWAY);
  expect(await get('reconnect')).toBe(AWAY);
  expect(asked).toEqual([]);
});

test('without one the engine is asked each time, with the reason, and a move changes nothing', async () => {
  const { source, asked, get } = setUp();
  expect(source.isAsked).toBe(true);
  for (const reason of ['connect', 'rejected'] as const) {
    const answer = get(reason);
    source.move(HOME);
    source.answer(AWAY);
    expect(await answer).toBe(AWAY);
  }
  expect(asked).toEqual(['connect', 'rejected']);
});

test('an error is an answer, too', async () => {
  const { source, get } = setUp();
  const answer = get('connect');
  source.answer(new Error('no such camera'));
  await expect(answer).rejects.toThrow('no such camera');
});

test('nothing is asked for a connection that was given up, and none waits for the answer when it is', async () => {
  const { source, asked, abort, get } = setUp();
  const answer = get('connect');
  abort.abort(new Error('given up'));
  await expect(answer).rejects.toThrow('given up');
  await expect(get('connect')).rejects.toThrow('given up');
  expect(asked).toEqual(['connect']);
  // It comes late, and for nobody.
  source.answer(HOME);
  await turn();
  const next = source.get('reconnect', new AbortController().signal);
  source.answer(AWAY);
  expect(await next).toBe(AWAY);
});
