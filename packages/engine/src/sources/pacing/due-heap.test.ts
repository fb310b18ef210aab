import { expect, test } from 'vitest';
import { DueHeap } from './due-heap.js';

test('turns come out in the order of their times, also when the top one asks for a later turn', () => {
  const heap = new DueHeap<{ due: number }>();
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const oracle: { due: number }[] = [];
  for (let round = 0; round < 2000; round++) {
    if (oracle.length === 0 || random() < 0.4) {
      const item = { due: random() };
      heap.push(item);
      oracle.push(item);
    } else if (random() < 0.5) {
      const top = heap.top!;
      expect(top.due).toBe(Math.min(...oracle.map((item) => item.due)));
      top.due += random();
      heap.topChanged();
    } else {
      const top = heap.pop()!;
      expect(top.due).toBe(Math.min(...oracle.map((item) => item.due)));
      oracle.splice(oracle.indexOf(top), 1);
    }
  }
});

test('an empty heap has neither a top nor anything to give', () => {
  const heap = new DueHeap();
  expect(heap.top).toBeUndefined();
  expect(heap.pop()).toBeUndefined();
});
