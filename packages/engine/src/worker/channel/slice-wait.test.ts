import { expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { SliceWait } from './slice-wait.js';

function stage() {
  const clock = new FakeClock();
  const holder = { heldPicture: 0 };
  const over: number[] = [];
  const wait = new SliceWait(holder, clock, () => over.push(clock.now()));
  return { clock, holder, over, wait, began: clock.now() };
}

test('a picture that gets no more slices is let go after 100 ms', () => {
  const { clock, holder, over, wait, began } = stage();
  holder.heldPicture = 1;
  wait.begin();
  clock.pass(99);
  expect(over).toEqual([]);
  clock.pass(1);
  expect(over).toEqual([began + 100]);
});

test('one that has taken the place of another waits for as long again', () => {
  const { clock, holder, over, wait, began } = stage();
  holder.heldPicture = 1;
  wait.begin();
  clock.pass(50);
  holder.heldPicture = 2;
  wait.begin();
  clock.pass(149);
  expect(over).toEqual([]);
  clock.pass(1);
  expect(over).toEqual([began + 200]);
});

test('nothing happens when no picture is held any more, or the wait was stopped', () => {
  const { clock, holder, over, wait } = stage();
  holder.heldPicture = 1;
  wait.begin();
  holder.heldPicture = 0;
  clock.pass(1000);
  holder.heldPicture = 3;
  wait.begin();
  wait.stop();
  clock.pass(1000);
  expect(over).toEqual([]);
});
