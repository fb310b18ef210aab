import { type Spread, spreadOf } from '../support/statistics.js';
import type { Entry, Metric, Result } from './model.js';

/** A contestant's figure, divided by that of the reference in the same round. */
export interface Ratio extends Spread {
  readonly contestant: string;
  readonly x: number;
}

/** The spread of a metric over the rounds; undefined where it was not measured. */
export function spreadAt({ samples }: Entry, metric: Metric): Spread | undefined {
  return spreadOf(samples.map((sample) => sample[metric]).filter((value) => value !== undefined));
}

/** The ratios of an experiment's main metric, round by round: what a machine does to both cancels out. */
export function ratiosOf({ entries, reference, main }: Result): Ratio[] {
  return entries.flatMap((entry) => {
    const { contestant, x, samples } = entry;
    if (contestant === reference) return [];
    const base = entries.find((other) => other.contestant === reference && other.x === x);
    const spread = spreadOf(
      samples.flatMap((sample, round) => {
        const [value, of] = [sample[main], base?.samples[round]?.[main]];
        return value === undefined || of === undefined || of === 0 ? [] : [value / of];
      }),
    );
    return spread === undefined ? [] : [{ contestant, x, ...spread }];
  });
}
