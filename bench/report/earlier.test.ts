import { expect, test } from 'vitest';
import { merged, resultsToKeep } from './earlier.js';
import type { Report, Result } from './model.js';

const result = (id: string, title: string): Result => ({ id, title }) as Result;
const machine = { processor: 'a' } as unknown as Report['machine'];
const earlier: Report = {
  date: '2026-01-01',
  machine,
  rounds: 5,
  seconds: 4,
  results: [result('b', 'old'), result('a', 'old')],
};

test('what a report has of other experiments stays, in the order of the experiments', () => {
  const kept = resultsToKeep(earlier, { machine: { ...machine, load: 7 }, rounds: 5, seconds: 4 });
  const all = merged([{ id: 'a' }, { id: 'b' }, { id: 'c' }], kept, [result('b', 'new')]);
  expect(all.map(({ id, title }) => `${id} ${title}`)).toEqual(['a old', 'b new']);
});

test('nothing stays that was taken in another way, or on another machine', () => {
  const other = { processor: 'b' } as unknown as Report['machine'];
  expect(resultsToKeep(earlier, { machine, rounds: 3, seconds: 4 })).toEqual([]);
  expect(resultsToKeep(earlier, { machine, rounds: 5, seconds: 8 })).toEqual([]);
  expect(resultsToKeep(earlier, { machine: other, rounds: 5, seconds: 4 })).toEqual([]);
  expect(resultsToKeep(undefined, { machine, rounds: 5, seconds: 4 })).toEqual([]);
});
