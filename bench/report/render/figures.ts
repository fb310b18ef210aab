import type { Spread } from '../../support/statistics.js';
import { METRICS, type Metric, type Report, type Result } from '../model.js';
import { ratiosOf, spreadAt } from '../ratios.js';

/** A table: its head, and its rows. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The figures of an experiment: a row for each contestant at each x, with all that was measured of it. */
export function figuresOf(result: Result): Table {
  const metrics = (Object.keys(METRICS) as Metric[]).filter((metric) =>
    result.entries.some((entry) => spreadAt(entry, metric) !== undefined),
  );
  const ratios = ratiosOf(result);
  const rows = result.entries.map((entry) => {
    const ratio = ratios.find(({ contestant, x }) => contestant === entry.contestant && x === entry.x);
    return [
      entry.x.toLocaleString('en'),
      entry.contestant,
      ratio === undefined ? '' : shownSpread(ratio, 2),
      ...metrics.map((metric) => shownSpread(spreadAt(entry, metric), METRICS[metric].decimals)),
    ];
  });
  const columns = metrics.map((metric) => `${METRICS[metric].label}, ${METRICS[metric].unit}`);
  return { header: [result.x.label, '', 'ratio', ...columns], rows };
}

/** The median, and from the lowest to the highest where they differ: `12.3 (11.9–14.0)`. */
function shownSpread(spread: Spread | undefined, decimals: number): string {
  if (spread === undefined) return '';
  const [median, low, high] = [spread.median, spread.low, spread.high].map((value) =>
    value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  );
  return low === high ? median! : `${median} (${low}–${high})`;
}

/** The run and its machine in a sentence. */
export function describeRun({ date, machine, rounds, seconds }: Report): string {
  const { processor, processors, memoryGiB, system, node, load } = machine;
  return (
    `${date}, ${processors} × ${processor}, ${memoryGiB} GiB, ${system}, Node.js ${node}, load ${load} at the beginning. ` +
    (rounds === 1
      ? `One round of ${seconds} s: the spread is not known.`
      : `Medians of ${rounds} rounds of ${seconds} s, in brackets the lowest and the highest; all contestants of a table take turns.`)
  );
}

/** The name of a picture's file, without the folder. */
export function pictureName(id: string, metric: Metric, theme: string): string {
  return `${id}-${metric.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-${theme}.svg`;
}
