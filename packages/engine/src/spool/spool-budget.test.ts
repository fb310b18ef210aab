import { expect, test } from 'vitest';
import { SpoolBudget } from './spool-budget.js';

function budget(sizes: Readonly<Record<string, number>>, limits = {}): SpoolBudget<string> {
  const made = new SpoolBudget<string>({ maxBytes: 1000, maxAge: 60_000, minFree: 500, ...limits });
  for (const [name, bytes] of Object.entries(sizes)) made.update(name, bytes);
  return made;
}

test('nothing goes while everything fits', () => {
  expect(budget({ a: 600, b: 400 }).expiries(500)).toEqual([]);
  expect(budget({}).expiries(0)).toEqual([]);
});

test('whoever is furthest over its share gives way first, down to the next one', () => {
  expect(budget({ a: 700, b: 400, c: 100 }).expiries()).toEqual([{ series: 'a', bytes: 200 }]);
  expect(budget({ a: 700, b: 600, c: 100 }).expiries()).toEqual([
    { series: 'a', bytes: 250 },
    { series: 'b', bytes: 150 },
  ]);
  expect(
    budget({ a: 500, b: 500, c: 500 })
      .expiries()
      .map(({ bytes }) => bytes),
  ).toEqual([167, 167, 167]);
});

test('what is missing on the volume goes as well, but no more than there is', () => {
  expect(budget({ a: 600, b: 100 }).expiries(300)).toEqual([{ series: 'a', bytes: 200 }]);
  expect(budget({ a: 600, b: 100 }, { minFree: 5000 }).expiries(0)).toEqual([
    { series: 'a', bytes: 600 },
    { series: 'b', bytes: 100 },
  ]);
});

test('a series that is gone needs no share', () => {
  const shared = budget({ a: 700, b: 700 });
  expect(shared.bytes).toBe(1400);
  shared.forget('a');
  expect([shared.bytes, shared.expiries()]).toEqual([700, []]);
});

test('a volume that is full of other things leaves nothing to write to', () => {
  expect(budget({ a: 0 }).isExhausted(499)).toBe(true);
  expect(budget({ a: 1 }).isExhausted(499)).toBe(false);
  expect(budget({ a: 0 }).isExhausted(500)).toBe(false);
});

test('media is too old when its age is over', () => {
  expect(budget({}).oldest(100_000)).toBe(40_000);
});

test('a series that has just its share gives nothing', () => {
  expect(budget({ a: 600, b: 500 }).expiries()).toEqual([{ series: 'a', bytes: 100 }]);
});
