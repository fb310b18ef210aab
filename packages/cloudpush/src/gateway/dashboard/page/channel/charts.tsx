import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { SampleName } from '../../model/history.js';
import { bitRate, exactMoment, grouped } from '../../model/text.js';
import { history, state } from '../store.js';

/** Of a chart, in CSS pixels. */
const HEIGHT = 130;

interface Curve {
  readonly sample: SampleName;
  readonly label: string;
  /** The custom property that holds its colour. */
  readonly colour: string;
}

interface ChartKind {
  readonly title: string;
  readonly curves: readonly Curve[];
  readonly format: (value: number) => string;
  /** The scale goes up to this at the least. */
  readonly least: number;
}

const kinds: readonly ChartKind[] = [
  {
    title: 'Bit rate',
    curves: [
      { sample: 'bitRateIn', label: 'in', colour: '--curve-1' },
      { sample: 'bitRateOut', label: 'out', colour: '--curve-2' },
    ],
    format: bitRate,
    least: 100_000,
  },
  {
    title: 'Pictures a second',
    curves: [{ sample: 'frameRate', label: 'fps', colour: '--curve-1' }],
    format: (value) => value.toFixed(1),
    least: 10,
  },
  {
    title: 'Queue',
    curves: [{ sample: 'queuedMs', label: 'ms', colour: '--curve-1' }],
    format: (value) => `${grouped(value)} ms`,
    least: 100,
  },
  {
    title: 'Dropped frames',
    curves: [{ sample: 'drops', label: 'drops', colour: '--curve-3' }],
    format: grouped,
    least: 10,
  },
];

/** The last ten minutes of a channel, as far as the page has been open. */
export function Charts({ name }: { readonly name: string }) {
  return (
    <section class="panel wide">
      <h3>
        Last minutes <small>since the page was opened, ten at the most</small>
      </h3>
      <div class="charts">
        {kinds.map((kind) => (
          <Chart key={kind.title} name={name} kind={kind} />
        ))}
      </div>
    </section>
  );
}

function Chart({ name, kind }: { readonly name: string; readonly kind: ChartKind }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const at = state.value?.at;
  useEffect(() => {
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    const begin = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(kind, place.current!), dataOf(name, kind), place.current!);
    };
    const sizes = new ResizeObserver(([entry]) => {
      plot.current?.setSize({ width: Math.floor(entry!.contentRect.width), height: HEIGHT });
    });
    begin();
    sizes.observe(place.current!);
    scheme.addEventListener('change', begin);
    return () => {
      scheme.removeEventListener('change', begin);
      sizes.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [name, kind]);
  useEffect(() => plot.current?.setData(dataOf(name, kind)), [name, kind, at]);
  return (
    <figure>
      <figcaption>
        {kind.title}
        {kind.curves.map(({ sample, label, colour }) => (
          <span key={sample}>
            <i class={colour.slice(2)} /> {kind.curves.length > 1 && label}{' '}
            {kind.format(history.series(name, sample, 1).at(-1) ?? 0)}
          </span>
        ))}
      </figcaption>
      <div ref={place} class="plot" role="img" aria-label={`${kind.title} of ${name}`} />
    </figure>
  );
}

function dataOf(name: string, { curves }: ChartKind): uPlot.AlignedData {
  const times = history.times(name).map((time) => time / 1000);
  return [times, ...curves.map(({ sample }) => [...history.series(name, sample)])] as uPlot.AlignedData;
}

function optionsOf({ curves, format, least }: ChartKind, place: HTMLElement): uPlot.Options {
  const style = getComputedStyle(place);
  const axis = {
    stroke: style.color,
    grid: { stroke: style.getPropertyValue('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(200, place.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(least, most * 1.1)] } },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        values: (_, seconds) => seconds.map((at) => exactMoment(at * 1000, at * 1000)),
      },
      {
        ...axis,
        size: 84,
        splits: (_, __, low, high) => [low, high / 2, high],
        values: (_, splits) => splits.map(format),
      },
    ],
    series: [
      {},
      ...curves.map(({ label, colour }) => ({
        label,
        stroke: style.getPropertyValue(colour),
        width: 1.5,
        points: { show: false },
      })),
    ],
  };
}
