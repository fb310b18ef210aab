import { expect, test } from 'vitest';
import { baselineOf, regressions } from './guard.js';
import type { Report, Result, Sample } from './model.js';

const CPU = 'cpuPerPacket';

function experiment(
  ours: readonly number[],
  floor: readonly number[],
  main: 'cpuPerPacket' | 'gigabytesPerSecond' = CPU,
): Result {
  const samples = (values: readonly number[]): Sample[] => values.map((value) => ({ [main]: value }));
  return {
    id: 'channels',
    title: 'Channels',
    question: 'How much?',
    x: { label: 'channels', kind: 'curve' },
    reference: 'floor',
    main,
    pictures: [main],
    entries: [
      { contestant: 'floor', x: 64, samples: samples(floor) },
      { contestant: 'cloudpush', x: 64, samples: samples(ours) },
      { contestant: 'another', x: 64, samples: samples([900, 900, 900]) },
    ],
  };
}

function report(result: Result): Report {
  const machine = { processor: 'p', processors: 2, memoryGiB: 4, system: 's', node: 'v20', load: 0 };
  return { date: '2026-01-01', machine, rounds: 3, seconds: 1, results: [result] };
}

const isOurs = (contestant: string): boolean => contestant === 'cloudpush';

test('the baseline holds the ratios of the product, each round beside the reference of the same round', () => {
  const baseline = baselineOf(report(experiment([20, 60, 33], [10, 20, 11])), isOurs);
  expect(baseline).toEqual([{ experiment: 'channels', contestant: 'cloudpush', x: 64, median: 3, worst: 3 }]);
});

test('a machine that is slower for both is no regression', () => {
  const baseline = baselineOf(report(experiment([20, 21, 22], [10, 10, 10])), isOurs);
  expect(regressions(report(experiment([200, 210, 220], [100, 100, 100])), baseline)).toEqual([]);
});

test('a median that is a quarter worse than the worst round is told, and one that is just within is not', () => {
  const baseline = baselineOf(report(experiment([10, 20, 24], [10, 10, 10])), isOurs);
  expect(regressions(report(experiment([30, 30, 30], [10, 10, 10])), baseline)).toEqual([]);
  expect(regressions(report(experiment([1, 31, 31], [10, 10, 10])), baseline)).toEqual([
    { ...baseline[0], now: 3.1 },
  ]);
});

test('of a throughput less is worse', () => {
  const baseline = baselineOf(report(experiment([10, 9, 8], [10, 10, 10], 'gigabytesPerSecond')), isOurs);
  expect(regressions(report(experiment([20, 20, 20], [10, 10, 10], 'gigabytesPerSecond')), baseline)).toEqual(
    [],
  );
  expect(regressions(report(experiment([6, 6, 6], [10, 10, 10], 'gigabytesPerSecond')), baseline)).toEqual([
    { ...baseline[0], now: 0.6 },
  ]);
});

test('what a run has not measured is not compared', () => {
  const baseline = baselineOf(report(experiment([10, 9, 8], [10, 10, 10])), isOurs);
  expect(regressions({ ...report(experiment([], [])), results: [] }, baseline)).toEqual([]);
});
