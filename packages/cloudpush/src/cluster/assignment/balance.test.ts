import { expect, test } from 'vitest';
import { type AssignedNode, assignSlots } from './assignment.js';
import { balance, HYSTERESIS } from './balance.js';
import { seeded } from './testing/seeded.js';

const SLOTS = 4096;

function nodesOf(count: number): AssignedNode[] {
  return Array.from({ length: count }, (_, index) => ({ id: `node-${index}`, capacity: 1 + (index % 3) }));
}

/** How far each node is from its share, as a part of that. */
function deviations(nodes: readonly AssignedNode[], assigned: Uint16Array, loads: Float64Array): number[] {
  const total = loads.reduce((sum, load) => sum + load, 0);
  const capacity = nodes.reduce((sum, one) => sum + one.capacity, 0);
  return nodes.map((node, index) => {
    const load = loads.reduce((sum, one, slot) => sum + (assigned[slot] === index ? one : 0), 0);
    return Math.abs(load / ((total * node.capacity) / capacity) - 1);
  });
}

function loadsOf(random: () => number): Float64Array {
  return Float64Array.from({ length: SLOTS }, () => 500_000 * Math.exp(2 * (random() - 0.5)));
}

test('minute by minute the nodes come within the hysteresis, with no more moves than are permitted', () => {
  for (const seed of [1, 2, 3]) {
    const random = seeded(seed);
    const nodes = nodesOf(3 + seed * 5);
    const loads = loadsOf(random);
    // Half of the load lies on a third of the nodes.
    const assigned = assignSlots(SLOTS, nodes).map((index) => (random() < 0.3 ? 0 : index));
    let minutes = 0;
    for (; minutes < 60; minutes++) {
      const moves = balance({ nodes, assigned, loads }, SLOTS * 0.02);
      if (moves.size === 0) break;
      expect(moves.size).toBeLessThanOrEqual(Math.ceil(SLOTS * 0.02));
      for (const [slot, index] of moves) assigned[slot] = index;
    }
    expect(minutes).toBeLessThan(60);
    expect(Math.max(...deviations(nodes, assigned, loads))).toBeLessThanOrEqual(HYSTERESIS);
  }
});

test('within the hysteresis nothing moves', () => {
  const nodes = nodesOf(2).map((node) => ({ ...node, capacity: 1 }));
  const assigned = Uint16Array.from({ length: 100 }, (_, slot) => (slot < 56 ? 0 : 1));
  expect(balance({ nodes, assigned, loads: new Float64Array(100).fill(1000) }, 10).size).toBe(0);
  const uneven = assigned.map((index, slot) => (slot < 60 ? 0 : index));
  expect(
    balance({ nodes, assigned: uneven, loads: new Float64Array(100).fill(1000) }, 10).size,
  ).toBeGreaterThan(0);
});

test('a load of one slot alone is not moved to and fro', () => {
  const nodes = nodesOf(2).map((node) => ({ ...node, capacity: 1 }));
  const loads = new Float64Array(10);
  loads[3] = 1e6;
  expect(balance({ nodes, assigned: new Uint16Array(10), loads }, 10).size).toBe(0);
});

test('every move brings the nodes closer to their shares', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const nodes = nodesOf(2 + Math.floor(random() * 10));
    const loads = loadsOf(random);
    const assigned = Uint16Array.from(loads, () => Math.floor(random() ** 2 * nodes.length));
    const before = deviations(nodes, assigned, loads).reduce((sum, one) => sum + one ** 2, 0);
    for (const [slot, index] of balance({ nodes, assigned, loads }, 50)) assigned[slot] = index;
    const after = deviations(nodes, assigned, loads).reduce((sum, one) => sum + one ** 2, 0);
    expect(after).toBeLessThanOrEqual(before);
  }
});

test('without load nothing moves', () => {
  const nodes = nodesOf(3);
  const assigned = new Uint16Array(10);
  expect(balance({ nodes, assigned, loads: new Float64Array(10) }, 10).size).toBe(0);
});
