import { execFileSync } from 'node:child_process';
import type { Contestant, Experiment, Times } from './experiment.js';
import { type Entry, METRICS, type Result, type Sample } from './model.js';

/** How an experiment is run. */
interface RunOptions extends Times {
  readonly rounds: number;
  readonly quick: boolean;
  /** Takes a line about each measurement. */
  readonly progress: (line: string) => void;
}

/**
 * Measures all contestants of an experiment in turns, the other way round in every second round, so that a
 * machine that grows slower meanwhile is the same to each of them.
 */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<Result> {
  const { contestants, xs, quickXs, ...about } = experiment;
  const present = contestants.filter((one) => !(options.quick && one.slow) && isHere(one, options.progress));
  const samples = new Map<string, { entry: Omit<Entry, 'samples'>; samples: Sample[] }>();
  for (const x of options.quick ? quickXs : xs) {
    const here = present.filter(({ upTo = Number.POSITIVE_INFINITY }) => x <= upTo);
    for (let round = 0; round < options.rounds; round++) {
      for (const contestant of round % 2 === 0 ? here : here.toReversed()) {
        const sample = await contestant.measure(x, options);
        options.progress(lineOf(experiment, contestant, x, round, sample));
        const key = `${x} ${contestant.name}`;
        const found = samples.get(key) ?? { entry: { contestant: contestant.name, x }, samples: [] };
        found.samples.push(sample);
        samples.set(key, found);
      }
    }
  }
  const entries = [...samples.values()].map(({ entry, samples: all }) => ({ ...entry, samples: all }));
  return { ...about, entries };
}

function lineOf(
  { id, x: { label }, main }: Experiment,
  { name }: Contestant,
  x: number,
  round: number,
  sample: Sample,
): string {
  const { unit, decimals } = METRICS[main];
  const value = sample[main];
  const figure = value === undefined ? 'no figure' : `${value.toFixed(decimals)} ${unit}`;
  return `${id}, ${label} ${x}, round ${round + 1}: ${name}: ${figure}`;
}

function isHere({ name, needs }: Contestant, progress: RunOptions['progress']): boolean {
  if (needs === undefined) return true;
  try {
    execFileSync('which', [needs], { stdio: 'ignore' });
    return true;
  } catch {
    progress(`${name}: left out, ${needs} is not installed`);
    return false;
  }
}
