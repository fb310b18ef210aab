import { expect, test } from 'vitest';
import { BoundedList } from './bounded-list.js';

test('all are counted, and the first hundred kept', () => {
  const list = new BoundedList<number>();
  for (let i = 0; i < 250; i++) list.add(i);
  const report = list.report();
  expect(report.count).toBe(250);
  expect(report.list).toHaveLength(100);
  expect(report.list.at(-1)).toBe(99);
});
