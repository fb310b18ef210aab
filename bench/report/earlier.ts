import type { Report, Result } from './model.js';

/** The circumstances of a run. */
type Circumstances = Omit<Report, 'results' | 'date'>;

/** The results of an earlier report that may stand beside new ones: taken on the same machine, in the same way. */
export function resultsToKeep(earlier: Report | undefined, now: Circumstances): readonly Result[] {
  if (earlier === undefined || earlier.rounds !== now.rounds || earlier.seconds !== now.seconds) return [];
  return machineOf(earlier) === machineOf(now) ? earlier.results : [];
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
