import { expect, test } from 'vitest';
import { merged, resultsToKeep } from './earlier.js';
import type { Report, Result } from './model.js';

const result = (id: string, title: string): Result => ({ id, title }) as Result;
const machine = { processor: 'a' } as unknown as Report['machine'];
const way = { date: '2026-01-02', machine, rounds: 5, seconds: 4, warmUp: 3 };
const earlier: Report = {
  ...way,
  date: '2026-01-01',
  results: [result('b', 'old'), result('a', 'old')],
};

test('what a report has of other experiments stays, in the order of the experiments', () => {
  const kept = resultsToKeep(earlier, { ...way, machine: { ...machine, load: 7 } });
  const all = merged([{ id: 'a' }, { id: 'b' }, { id: 'c' }], kept, [result('b', 'new')]);
  expect(all.map(({ id, title }) => `${id} ${title}`)).toEqual(['a old', 'b new']);
});

test('nothing stays that was taken in another way, on another machine, or days ago', () => {
  const other = { processor: 'b' } as unknown as Report['machine'];
  const others = [{ rounds: 3 }, { seconds: 8 }, { warmUp: 0 }, { machine: other }, { date: '2026-01-03' }];
  for (const change of others) expect(resultsToKeep(earlier, { ...way, ...change })).toEqual([]);
  expect(resultsToKeep(undefined, way)).toEqual([]);
});
