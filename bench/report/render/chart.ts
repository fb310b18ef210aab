import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Spread } from '../../support/statistics.js';
import { METRICS, type Metric, type Result } from '../model.js';
import { spreadAt } from '../ratios.js';
import { escaped } from './escape.js';
import type { Theme } from './theme.js';

const WIDTH = 760;
const CURVE_HEIGHT = 360;
const BAR_HEIGHT = 26;
/** Room for the names of the bars, and around a picture. */
const NAME_WIDTH = 290;
/** A line of the legend. */
const LEGEND_LINE = 18;
const MARGIN = { top: 30, right: 40, bottom: 44, left: 60 };

/** A contestant's figure at one x. */
interface Point extends Spread {
  readonly contestant: string;
  readonly x: number;
}

/**
 * Draws a metric of an experiment as SVG: medians, and lines from the lowest to the highest of the rounds.
 */
export function drawChart(result: Result, metric: Metric, theme: Theme): string {
  const points = pointsOf(result, metric);
  const { document } = parseHTML('<html><body></body></html>');
  const contestants = [...new Set(result.entries.map(({ contestant }) => contestant))];
  const shown = contestants.filter((contestant) => points.some((point) => point.contestant === contestant));
  const plot =
    result.x.kind === 'curve' ? curves(result, metric, points, shown) : bars(result, metric, points);
  const svg = Plot.plot({
    ...plot,
    document: document as never,
    width: WIDTH,
    style: { background: theme.background, color: theme.text, fontSize: '12px' },
    color: { domain: contestants, range: theme.series.slice(0, contestants.length) },
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  const title = `${result.title}: ${METRICS[metric].label} in ${METRICS[metric].unit}`;
  return `${svg.outerHTML.replace('>', `><title>${escaped(title)}</title>`)}\n`;
}

function pointsOf({ entries }: Result, metric: Metric): Point[] {
  return entries.flatMap((entry) => {
    const spread = spreadAt(entry, metric);
    return spread === undefined ? [] : [{ contestant: entry.contestant, x: entry.x, ...spread }];
  });
}

function curves(
  { x }: Result,
  metric: Metric,
  points: readonly Point[],
  contestants: readonly string[],
): Plot.PlotOptions {
  const xs = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const { label, unit } = METRICS[metric];
  const high = Math.max(...points.map((point) => point.high));
  const low = Math.min(...points.map((point) => point.median).filter((value) => value > 0));
  // A range that spans more than this is drawn by orders of magnitude.
  const type = high / low > 50 ? 'log' : 'linear';
  return {
    height: CURVE_HEIGHT + LEGEND_LINE * contestants.length,
    marginTop: MARGIN.top + LEGEND_LINE * contestants.length,
    marginRight: MARGIN.right,
    marginBottom: MARGIN.bottom,
    marginLeft: MARGIN.left,
    // Each x is a place of its own: what is between them was not measured.
    x: {
      type: 'point',
      domain: xs,
      label: x.label,
      tickFormat: (value: number) => value.toLocaleString('en'),
    },
    y: { type, grid: true, label: `↑ ${label}, ${unit}`, zero: type === 'linear', nice: true },
    marks: [
      Plot.ruleX(points, {
        x: 'x',
        y1: 'low',
        y2: 'high',
        stroke: 'contestant',
        strokeOpacity: 0.45,
        strokeWidth: 5,
      }),
      Plot.lineY(points, { x: 'x', y: 'median', stroke: 'contestant', strokeWidth: 2 }),
      Plot.dot(points, { x: 'x', y: 'median', fill: 'contestant', r: 4 }),
      ...contestants.map((contestant, line) => legendLine(contestant, line - contestants.length)),
    ],
  };
}

/** A contestant's name in its colour, so many lines below the frame's top. */
function legendLine(contestant: string, line: number): Plot.Markish {
  return Plot.text([contestant], {
    frameAnchor: 'top-left',
    text: (name: string) => `● ${name}`,
    fill: (name: string) => name,
    dy: line * LEGEND_LINE - MARGIN.top / 2,
    fontWeight: 600,
  });
}

function bars({ x }: Result, metric: Metric, points: readonly Point[]): Plot.PlotOptions {
  const { label, unit, decimals } = METRICS[metric];
  const groups = new Set(points.map((point) => point.x)).size;
  return {
    height: MARGIN.top + MARGIN.bottom + BAR_HEIGHT * points.length + 20 * groups,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    marginLeft: NAME_WIDTH,
    marginRight: MARGIN.right + 40,
    x: { grid: true, label: `${label}, ${unit} →` },
    y: { label: null, domain: [...new Set(points.map((point) => point.contestant))] },
    fy: {
      label: null,
      axis: groups > 1 ? 'right' : null,
      tickFormat: (value: number) => `${value.toLocaleString('en')} ${x.label}`,
    },
    marks: [
      Plot.barX(points, { x: 'median', y: 'contestant', fy: 'x', fill: 'contestant' }),
      Plot.ruleY(points, { x1: 'low', x2: 'high', y: 'contestant', fy: 'x', strokeWidth: 2 }),
      Plot.text(points, {
        x: 'high',
        y: 'contestant',
        fy: 'x',
        text: (point: Point) => point.median.toFixed(decimals),
        textAnchor: 'start',
        dx: 6,
      }),
    ],
  };
}
