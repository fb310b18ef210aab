import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DiskWorks } from './disk-works.js';

test('all work that was added is waited for, and its faults are told', async () => {
  const told: string[] = [];
  const works = new DiskWorks(({ message }) => void told.push(message));
  let finish: () => void = () => {};
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  works.add(slow.then(() => void told.push('slow')));
  works.add(Promise.reject(new Error('full')));
  const settled = works.settled().then(() => void told.push('settled'));
  await turn();
  expect(told).toEqual(['full']);
  finish();
  await settled;
  expect(told).toEqual(['full', 'slow', 'settled']);
  await works.settled();
});
