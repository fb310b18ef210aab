import { parseArgs } from 'node:util';
import { markdownTable, shown } from '../support/markdown.js';
import { type Comparison, compare } from './runs.js';

/**
 * Measures the cost of a packet as the number of channels grows: this engine against a C program that does
 * one `write()` a packet and nothing else, in turns, into sinks that discard. The table shows medians over
 * the rounds.
 */

const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '16,64,400,1000' },
    seconds: { type: 'string', default: '8' },
    'warm-up': { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    'max-batch-delay': { type: 'string', default: '0' },
    pool: { type: 'string', default: '256' },
    shards: { type: 'string' },
    unpaced: { type: 'boolean', default: false },
  },
});

const HEADER = [
  'channels',
  'CPU µs a packet: engine (pacing), floor, ratio',
  'CPU s per GB: engine, floor',
  'Mbit/s',
  'latency ms p50, p99, p99.9',
  'refused',
  '1st to last connected',
  'RSS MiB (pool)',
  'sink cores',
];

function rowOf(result: Comparison): string[] {
  const { engine, pacing, floor } = result;
  return [
    shown(result.channels),
    `${shown(engine, 1)} (${shown(pacing, 1)}), ${shown(floor, 1)}, ${shown(engine / floor, 2)}`,
    `${shown(result.cpuPerGigabyte, 2)}, ${shown(result.floorPerGigabyte, 2)}`,
    shown(result.megabits),
    [result.p50, result.p99, result.p999].map((ms) => shown(ms, ms < 10 ? 2 : 0)).join(', '),
    shown(result.refused),
    `${shown(result.connectSeconds, 2)} s`,
    `${shown(result.rssBytes / 1024 ** 2)} (${shown(result.poolBytes / 1024 ** 2)})`,
    shown(result.sinkCores, 2),
  ];
}

const rows: string[][] = [];
for (const channels of values.channels.split(',').map(Number)) {
  const result = await compare({
    channels,
    seconds: Number(values.seconds),
    warmUp: Number(values['warm-up']),
    rounds: Number(values.rounds),
    maxBatchDelay: Number(values['max-batch-delay']),
    pool: Number(values.pool),
    shards: values.shards === undefined ? undefined : Number(values.shards),
    unpaced: values.unpaced,
  });
  rows.push(rowOf(result));
  console.error(rows.at(-1)!.join(' | '));
}
console.log(markdownTable(HEADER, rows));
