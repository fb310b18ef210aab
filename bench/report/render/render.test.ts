import { expect, test } from 'vitest';
import type { Report, Result } from '../model.js';
import { drawChart } from './chart.js';
import { figuresOf } from './figures.js';
import { renderMarkdown } from './markdown.js';
import { renderPage } from './page.js';
import { THEMES } from './theme.js';

const result: Result = {
  id: 'channels',
  title: 'Channels & <more>',
  question: 'How much?',
  x: { label: 'channels', kind: 'curve' },
  reference: 'floor',
  main: 'cpuPerPacket',
  pictures: ['cpuPerPacket'],
  entries: [
    {
      contestant: 'floor',
      x: 64,
      samples: [{ cpuPerPacket: 10 }, { cpuPerPacket: 12 }, { cpuPerPacket: 11 }],
    },
    {
      contestant: 'cloudpush',
      x: 64,
      samples: [
        { cpuPerPacket: 20, p99: 1.5 },
        { cpuPerPacket: 24, p99: 2.5 },
        { cpuPerPacket: 33, p99: 2 },
      ],
    },
    { contestant: 'cloudpush', x: 400, samples: [{ cpuPerPacket: 15, p99: 1.5 }] },
  ],
};
const report: Report = {
  date: '2026-01-01',
  machine: { processor: 'p', processors: 2, memoryGiB: 4, system: 's', node: 'v20', load: 0 },
  rounds: 3,
  seconds: 1,
  results: [result],
};

test('a table has medians with their spread, and ratios to the reference of the same round', () => {
  expect(figuresOf(result)).toEqual({
    header: ['channels', '', 'ratio', 'CPU a packet, µs', 'Latency of a packet, 99th percentile, ms'],
    rows: [
      ['64', 'floor', '', '11.0 (10.0–12.0)', ''],
      ['64', 'cloudpush', '2.00 (2.00–3.00)', '24.0 (20.0–33.0)', '2.00 (1.50–2.50)'],
      ['400', 'cloudpush', '', '15.0', '1.50'],
    ],
  });
});

test.each(THEMES)('a picture in $name names its contestants, and has their colours', (theme) => {
  const svg = drawChart(result, 'cpuPerPacket', theme);
  for (const name of ['floor', 'cloudpush']) expect(svg).toContain(`● ${name}`);
  for (const colour of theme.series.slice(0, 2)) expect(svg).toContain(colour);
  expect(svg).toContain('<title>Channels &amp; &lt;more&gt;: CPU a packet in µs</title>');
  // A dot for each median of a contestant.
  expect(svg.match(/<circle/g)).toHaveLength(3);
});

test('a picture leaves out who was not measured in its metric', () => {
  expect(drawChart(result, 'p99', THEMES[0]!)).not.toContain('● floor');
});

test('bars show their medians as numbers', () => {
  const svg = drawChart({ ...result, x: { label: 'channels', kind: 'bars' } }, 'cpuPerPacket', THEMES[0]!);
  for (const median of ['11.0', '24.0', '15.0']) expect(svg).toContain(`>${median}<`);
});

test('page and Markdown name the pictures of both themes, and escape what they quote', () => {
  for (const text of [renderPage(report), renderMarkdown(report)]) {
    expect(text).toContain('channels-cpu-per-packet-light.svg');
    expect(text).toContain('channels-cpu-per-packet-dark.svg');
  }
  expect(renderPage(report)).toContain('<h2>Channels &amp; &lt;more&gt;</h2>');
});
