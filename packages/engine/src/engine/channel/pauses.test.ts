import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { Pauses } from './pauses.js';

test('a pause is told when it begins and when it ends, however often it is set', async () => {
  const told: boolean[] = [];
  const pauses = new Pauses(new FakeClock(), (paused) => void told.push(paused));
  for (const paused of [false, true, true, false, false, true]) pauses.set(paused);
  expect(told).toEqual([]);
  await nextTurn();
  expect([told, pauses.count]).toEqual([[true, false, true], 2]);
});

test('the time of pauses adds up, the one that lasts included', () => {
  const clock = new FakeClock();
  const pauses = new Pauses(clock, () => {});
  clock.pass(1000);
  pauses.set(true);
  clock.pass(30);
  pauses.set(true);
  clock.pass(20);
  expect(pauses.ms).toBe(50);
  pauses.set(false);
  clock.pass(500);
  expect(pauses.ms).toBe(50);
  pauses.set(true);
  clock.pass(7);
  expect(pauses.ms).toBe(57);
});
