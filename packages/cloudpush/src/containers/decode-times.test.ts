import { expect, test } from 'vitest';
import { DecodeTimes, REORDER_WINDOW } from './decode-times.js';

/** As a reader of a container does it. */
function decodeTimes(pts: readonly number[]): number[] {
  const times = new DecodeTimes();
  const dts: number[] = [];
  for (const time of pts) {
    times.add(time);
    if (times.waiting >= REORDER_WINDOW) dts.push(times.take());
  }
  while (times.waiting > 0) dts.push(times.take());
  return dts;
}

/** Groups of pictures of `order`, one behind the other, 40 ms apart. */
const groups = (order: readonly number[], count: number): number[] =>
  Array.from({ length: count }, (_, group) =>
    order.map((position) => 40 * (position + group * order.length)),
  ).flat();

const even = (count: number, from: number): number[] =>
  Array.from({ length: count }, (_, i) => from + 40 * i);

test('pictures in order are decoded when they are shown', () => {
  expect(decodeTimes(even(50, 0))).toEqual(even(50, 0));
});

test.each([
  ['B-pictures that nothing refers to', [0, 3, 1, 2], 1],
  ['a pyramid', [0, 4, 2, 1, 3], 2],
  ['the deepest', [...Array.from({ length: 17 }, (_, i) => 16 - i)], 16],
] as const)('%s: even times, as late as the order permits', (_, order, depth) => {
  const pts = groups(order, 20);
  const dts = decodeTimes(pts);
  expect(dts).toEqual(even(pts.length, -40 * depth));
  expect(dts.every((time, i) => time <= pts[i]!)).toBe(true);
});

test('an order that becomes deeper: no time falls, and none is later than its picture', () => {
  const shallow = groups([0, 2, 1], 10);
  const deep = groups([0, 4, 2, 1, 3], 10).map((time) => time + 1200);
  const pts = [...shallow, ...deep];
  const dts = decodeTimes(pts);
  expect(dts).toHaveLength(pts.length);
  expect(dts.every((time, i) => time <= pts[i]!)).toBe(true);
  expect(dts).toEqual(dts.toSorted((a, b) => a - b));
});

test('a frame rate that changes keeps the distances', () => {
  const pts = [0, 40, 80, 280, 480, 680, 880];
  expect(decodeTimes(pts)).toEqual(pts);
});

test('streams shorter than the window, and one picture alone', () => {
  expect(decodeTimes([0, 120, 40, 80])).toEqual([-40, 0, 40, 80]);
  expect(decodeTimes([500])).toEqual([500]);
  expect(decodeTimes([])).toEqual([]);
});
