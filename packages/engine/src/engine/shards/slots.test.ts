import { expect, test } from 'vitest';
import { SlotAllocator } from './slots.js';

test('numbers are used again, ids never', () => {
  const slots = new SlotAllocator(2);
  const [first, second] = [slots.take(), slots.take()];
  expect([first, second]).toEqual([
    { id: 1, number: 0 },
    { id: 2, number: 1 },
  ]);
  slots.free(0);
  expect([slots.take(), slots.taken]).toEqual([{ id: 3, number: 0 }, 2]);
});

test('more than there are is an error that names the limit, and takes nothing', () => {
  const slots = new SlotAllocator(1);
  slots.requireFree();
  slots.take();
  for (const refused of [() => slots.take(), () => slots.requireFree()])
    expect(refused).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS', details: { permitted: 1 } }),
    );
  expect(slots.taken).toBe(1);
  slots.free(0);
  expect(slots.take()).toEqual({ id: 2, number: 0 });
});
