import { expect, test } from 'vitest';
import type { Fault } from './fault.js';
import { faultsFor, KINDS, mix, type ScheduleOptions } from './schedule.js';

const options: ScheduleOptions = { reach: 100_000, longestStall: 500, healthy: 20 };
const numbers = Array.from({ length: 400 }, (_, i) => i);

function all(seed: number, path = 3): (readonly Fault[])[] {
  return numbers.map((connection) => faultsFor(seed, path, connection, options));
}

test('the same seed has the same faults, in whichever order they are asked for', () => {
  const backwards = numbers.toReversed().map((connection) => faultsFor(7, 3, connection, options));
  expect(backwards.toReversed()).toEqual(all(7));
});

test('another seed, another path and another connection have others', () => {
  expect(all(8)).not.toEqual(all(7));
  expect(all(7, 4)).not.toEqual(all(7, 3));
  const seeds = new Set(
    [1, 2, 3].flatMap((seed) => numbers.map((connection) => mix(seed, seed, connection))),
  );
  expect(seeds.size).toBe(3 * numbers.length);
});

test('every kind comes, in both ways, and some connections have none', () => {
  const faults = all(1).flat();
  expect(new Set(faults.map(({ type }) => type))).toEqual(new Set(KINDS));
  expect(new Set(faults.map((fault) => ('way' in fault ? fault.way : 'both')))).toEqual(
    new Set(['up', 'down', 'both']),
  );
  const healthy = all(1).filter((faults) => faults.length === 0).length;
  expect(healthy).toBeGreaterThan(numbers.length * 0.1);
  expect(healthy).toBeLessThan(numbers.length * 0.35);
});

test('places and waits keep to their bounds', () => {
  for (const fault of numbers.flatMap((i) => faultsFor(i, 0, 0, options))) {
    if ('at' in fault) expect(fault.at).toBeLessThan(options.reach);
    if (fault.type === 'stall') expect(fault.ms).toBeLessThan(options.longestStall);
  }
});

test('only the kinds that are asked for come', () => {
  const kinds = ['reset', 'corrupt'] as const;
  const faults = numbers.flatMap((i) => faultsFor(5, 0, i, { ...options, kinds }));
  expect(new Set(faults.map(({ type }) => type))).toEqual(new Set(kinds));
});
