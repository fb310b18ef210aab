import { expect, test } from 'vitest';
import { GopCounter } from './gop-counter.js';

test('groups that another key frame ends are measured; both ends of the track are told apart', () => {
  const gops = new GopCounter();
  // Two pictures without a key frame, then groups of 3, 1 and 2 pictures, 40 ms apart.
  const keys = [false, false, true, false, false, true, true, false];
  keys.forEach((key, i) => {
    gops.see(key, 40 * i, 40 * i);
  });
  expect(gops.report()).toEqual({
    count: 3,
    pictures: { min: 1, mean: 2, max: 3 },
    duration: { min: 40, mean: 80, max: 120 },
    open: 0,
    picturesBeforeFirst: 2,
    picturesInLast: 2,
  });
});

test('a group whose pictures are shown before its key frame is open, and counted once', () => {
  const gops = new GopCounter();
  gops.see(true, 0, 80);
  gops.see(false, 40, 120);
  gops.see(true, 80, 240);
  gops.see(false, 120, 160);
  gops.see(false, 160, 200);
  expect(gops.report()).toMatchObject({ count: 2, open: 1, picturesInLast: 3 });
});

test('no key frame at all', () => {
  const gops = new GopCounter();
  gops.see(false, 0, 0);
  expect(gops.report()).toEqual({ count: 0, open: 0, picturesBeforeFirst: 1, picturesInLast: 0 });
});
