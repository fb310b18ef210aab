import { METRICS, type Report } from './model.js';
import { ratiosOf } from './ratios.js';

/** A ratio that is kept in the repository, to compare later runs with. */
export interface BaselineRatio {
  readonly experiment: string;
  readonly contestant: string;
  readonly x: number;
  readonly median: number;
  /** The worst of the rounds. */
  readonly worst: number;
}

/** A ratio that has become worse. */
export interface Regression extends BaselineRatio {
  readonly now: number;
}

/** A ratio may be so much worse than the worst round of the baseline: machines differ. */
export const TOLERANCE = 0.25;

/** The contestants of a report that are the product, beside what is none of ours. */
export function baselineOf(report: Report, isOurs: (contestant: string) => boolean): BaselineRatio[] {
  return report.results.flatMap((result) =>
    ratiosOf(result)
      .filter(({ contestant }) => isOurs(contestant))
      .map(({ contestant, x, median, low, high }) => {
        const worst = METRICS[result.main].better === 'less' ? high : low;
        return { experiment: result.id, contestant, x, median: rounded(median), worst: rounded(worst) };
      }),
  );
}

/**
 * The ratios of a report whose median is worse than the worst round of the baseline by more than the
 * tolerance.
 */
export function regressions(report: Report, baseline: readonly BaselineRatio[]): Regression[] {
  return baseline.flatMap((before) => {
    const result = report.results.find(({ id }) => id === before.experiment);
    const ratio =
      result &&
      ratiosOf(result).find(({ contestant, x }) => contestant === before.contestant && x === before.x);
    if (result === undefined || ratio === undefined) return [];
    const isWorse =
      METRICS[result.main].better === 'less'
        ? ratio.median > before.worst * (1 + TOLERANCE)
        : ratio.median < before.worst / (1 + TOLERANCE);
    return isWorse ? [{ ...before, now: rounded(ratio.median) }] : [];
  });
}

function rounded(ratio: number): number {
  return Number(ratio.toPrecision(3));
}
