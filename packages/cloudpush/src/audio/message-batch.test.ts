import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MessageBatch } from './message-batch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('messages wait for others, and leave together, in their order', () => {
  const posted: unknown[] = [];
  const batch = new MessageBatch<string>((messages, transferred) => posted.push([messages, transferred]));
  const memory = new ArrayBuffer(1);
  batch.add('a', { transferred: memory });
  vi.advanceTimersByTime(49);
  batch.add('b');
  expect(posted).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(posted).toEqual([[['a', 'b'], [memory]]]);
  vi.advanceTimersByTime(1000);
  expect(posted).toHaveLength(1);
});

test('an urgent message takes those that wait along, and leaves none behind', () => {
  const posted: (readonly string[])[] = [];
  const batch = new MessageBatch<string>((messages) => posted.push(messages));
  batch.add('a');
  batch.add('b', { isUrgent: true });
  expect(posted).toEqual([['a', 'b']]);
  vi.advanceTimersByTime(1000);
  expect(posted).toHaveLength(1);
});
