import type { Report, Result } from './model.js';

/** The circumstances of a run. */
type Circumstances = Omit<Report, 'results'>;

/** Pieces of one report are taken within so many ms. */
const LONGEST = 24 * 3_600_000;

/**
 * The results of an earlier report that may stand beside new ones: taken on the same machine, in the same
 * way, and not long ago.
 */
export function resultsToKeep(earlier: Report | undefined, now: Circumstances): readonly Result[] {
  return earlier === undefined || wayOf(earlier) !== wayOf(now) || !isRecent(earlier, now)
    ? []
    : earlier.results;
}

function isRecent(earlier: Circumstances, now: Circumstances): boolean {
  return Math.abs(Date.parse(now.date) - Date.parse(earlier.date)) <= LONGEST;
}

function wayOf(circumstances: Circumstances): string {
  const { rounds, seconds, warmUp } = circumstances;
  return JSON.stringify([machineOf(circumstances), rounds, seconds, warmUp ?? null]);
}

/** The machine without what changes from one run to the next. */
function machineOf({ machine }: Circumstances): string {
  return JSON.stringify({ ...machine, load: undefined });
}

/** Earlier and new results, in the order of the experiments; of those that are in both, the new ones. */
export function merged(
  experiments: readonly { readonly id: string }[],
  earlier: readonly Result[],
  results: readonly Result[],
): Result[] {
  return experiments.flatMap(({ id }) => {
    const found = results.find((result) => result.id === id) ?? earlier.find((result) => result.id === id);
    return found === undefined ? [] : [found];
  });
}
