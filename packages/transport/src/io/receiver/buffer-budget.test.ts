import { expect, test } from 'vitest';
import { BufferBudget, type BufferHolder } from './buffer-budget.js';

class Holder implements BufferHolder {
  held = 0;
  ended = false;

  overBudget(): void {
    this.ended = true;
  }
}

test('the connection that holds the most is ended when all hold too much', () => {
  const budget = new BufferBudget(100);
  const [small, large, newcomer] = [new Holder(), new Holder(), new Holder()];
  budget.update(small, 20);
  budget.update(large, 70);
  budget.update(newcomer, 30);
  expect([small, large, newcomer].map(({ ended }) => ended)).toEqual([false, true, false]);
  expect(budget.held).toBe(50);
});

test('a connection within its equal part is never ended, whatever the others do', () => {
  const budget = new BufferBudget(1000);
  const honest = new Holder();
  budget.update(honest, 100);
  let seed = 7;
  let most = 0;
  let greedy = Array.from({ length: 9 }, () => new Holder());
  for (let turn = 0; turn < 1000; turn++) {
    // Ten connections at a time, nine of them greedy; who is ended comes back.
    greedy = greedy.map((holder) => (holder.ended ? new Holder() : holder));
    for (const holder of greedy) {
      seed = (seed * 16_807) % 2_147_483_647;
      if (!holder.ended) budget.update(holder, (seed % 1500) + 1);
      most = Math.max(most, budget.held);
    }
    expect(honest.ended).toBe(false);
  }
  expect(most).toBeLessThanOrEqual(1000);
});

test('what a connection gives back is free again', () => {
  const budget = new BufferBudget(100);
  const [first, second] = [new Holder(), new Holder()];
  budget.update(first, 90);
  budget.update(first, 0);
  budget.update(second, 90);
  expect([first.ended, second.ended, budget.held]).toEqual([false, false, 90]);
});
