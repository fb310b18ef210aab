import { expect, test } from 'vitest';
import { Silence } from './silence.js';

function framesUntil(silence: Silence, time: number): number[] {
  const frames: number[] = [];
  for (let next = silence.take(time); next !== undefined; next = silence.take(time)) frames.push(next);
  return frames;
}

test('frames follow each other by their samples, up to each picture', () => {
  const silence = new Silence();
  const frames = [0, 40, 80, 120].flatMap((time) => framesUntil(silence, time + 1000));
  expect(frames.map((time) => Math.round(time))).toEqual([1000, 1023, 1046, 1070, 1093, 1116]);
});

test('go on where the pictures do after a leap, forwards and back', () => {
  const silence = new Silence();
  framesUntil(silence, 0);
  expect(framesUntil(silence, 60_000)).toEqual([60_000]);
  expect(framesUntil(silence, 5000)).toEqual([5000]);
});
