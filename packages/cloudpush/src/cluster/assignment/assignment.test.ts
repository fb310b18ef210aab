import { expect, test } from 'vitest';
import { type AssignedNode, assignSlots, DEFAULT_SLOTS, slotOf } from './assignment.js';
import { seeded } from './testing/seeded.js';

function nodesOf(count: number, capacity: (index: number) => number = () => 1): AssignedNode[] {
  return Array.from({ length: count }, (_, index) => ({ id: `node-${index}`, capacity: capacity(index) }));
}

function ids(nodes: readonly AssignedNode[], assigned: Uint16Array): string[] {
  return [...assigned].map((index) => nodes[index]!.id);
}

function moved(before: readonly string[], after: readonly string[]): number[] {
  return before.flatMap((id, slot) => (id === after[slot] ? [] : [slot]));
}

test('names spread evenly over the slots', () => {
  const counts = new Uint32Array(DEFAULT_SLOTS);
  for (let number = 0; number < 100 * DEFAULT_SLOTS; number++)
    counts[slotOf(`camera-${number}`, DEFAULT_SLOTS)]!++;
  // 100 each: ten standard deviations around that.
  expect(Math.min(...counts)).toBeGreaterThan(40);
  expect(Math.max(...counts)).toBeLessThan(200);
});

test('a name is in the slot that it has always been in', () => {
  expect(['gate', 'camera-1', 'Süd'].map((name) => slotOf(name, DEFAULT_SLOTS))).toEqual(SLOTS_OF_NAMES);
});
const SLOTS_OF_NAMES = ['gate', 'camera-1', 'Süd'].map((name) => naiveSlot(name));

/** The same by arithmetic of any length. */
function naiveSlot(name: string): number {
  const fold = (value: bigint): bigint => value & 0xffffffffn;
  let hash = 0x811c9dc5n;
  for (const unit of Array.from({ length: name.length }, (_, at) => BigInt(name.charCodeAt(at)))) {
    hash = fold((hash ^ unit) * 0x01000193n);
  }
  hash = fold((hash ^ (hash >> 16n)) * 0x85ebca6bn);
  hash = fold((hash ^ (hash >> 13n)) * 0xc2b2ae35n);
  return Number((hash ^ (hash >> 16n)) % BigInt(DEFAULT_SLOTS));
}

test('whatever the order of the nodes, the answer is the same', () => {
  const random = seeded(1);
  for (let round = 0; round < 10; round++) {
    const nodes = nodesOf(2 + Math.floor(random() * 20), () => 1 + Math.floor(random() * 4));
    const wants = new Map([
      [17, nodes[0]!.id],
      [18, 'gone'],
    ]);
    const shuffled = [...nodes].sort(() => random() - 0.5);
    expect(ids(shuffled, assignSlots(1024, shuffled, wants))).toEqual(
      ids(nodes, assignSlots(1024, nodes, wants)),
    );
  }
});

test('when a node comes, what moves goes to it, and is about its share', () => {
  for (const count of [1, 3, 19]) {
    const before = nodesOf(count);
    const after = nodesOf(count + 1);
    const next = ids(after, assignSlots(DEFAULT_SLOTS, after));
    const slots = moved(ids(before, assignSlots(DEFAULT_SLOTS, before)), next);
    expect(new Set(slots.map((slot) => next[slot]))).toEqual(new Set([`node-${count}`]));
    const share = DEFAULT_SLOTS / (count + 1);
    expect(Math.abs(slots.length - share)).toBeLessThan(5 * Math.sqrt(share));
  }
});

test('when a node goes, only what it had moves', () => {
  const before = nodesOf(20);
  const after = before.filter(({ id }) => id !== 'node-7');
  const was = ids(before, assignSlots(DEFAULT_SLOTS, before));
  const slots = moved(was, ids(after, assignSlots(DEFAULT_SLOTS, after)));
  expect(slots).toEqual(was.flatMap((id, slot) => (id === 'node-7' ? [slot] : [])));
});

test('a node gets slots by its capacity', () => {
  const nodes = nodesOf(4, (index) => index + 1);
  const counts = [0, 0, 0, 0];
  for (const index of assignSlots(DEFAULT_SLOTS, nodes)) counts[index]!++;
  for (const [index, count] of counts.entries()) {
    const share = (DEFAULT_SLOTS * (index + 1)) / 10;
    expect(Math.abs(count - share)).toBeLessThan(5 * Math.sqrt(share));
  }
});

test('no node of equals has far more than the others', () => {
  for (const count of [3, 10, 50]) {
    const counts = new Uint32Array(count);
    for (const index of assignSlots(DEFAULT_SLOTS, nodesOf(count))) counts[index]!++;
    const share = DEFAULT_SLOTS / count;
    expect(Math.max(...counts)).toBeLessThan(share + 5 * Math.sqrt(share));
    expect(Math.min(...counts)).toBeGreaterThan(share - 5 * Math.sqrt(share));
  }
});

test('what is wanted overrides the hash, while its node is up', () => {
  const nodes = nodesOf(3);
  const hashed = ids(nodes, assignSlots(64, nodes));
  const other = nodes.find(({ id }) => id !== hashed[5])!.id;
  expect(ids(nodes, assignSlots(64, nodes, new Map([[5, other]])))).toEqual(hashed.with(5, other));
  expect(
    ids(
      nodes,
      assignSlots(
        64,
        nodes,
        new Map([
          [5, 'gone'],
          [64, other],
        ]),
      ),
    ),
  ).toEqual(hashed);
});

test('without nodes nothing is assigned', () => {
  expect(assignSlots(64, [])).toHaveLength(0);
});
