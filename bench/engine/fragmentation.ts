import { parseArgs } from 'node:util';
import { engineModule } from '../support/internals.js';
import { markdownTable, shown } from '../support/markdown.js';
import { type PoolLoad, runPool } from './pool-load.js';

/**
 * Measures how fragmented the media pool becomes under the packets of many cameras, some of them stalled, and
 * what a block costs as the pool grows and fills up.
 */
const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '4000000' },
    channels: { type: 'string', default: '400' },
  },
});
const { Pool } = (await import(
  engineModule('memory/pool.js')
)) as typeof import('../../packages/engine/src/memory/pool.js');

const MIB = 1024 ** 2;
const operations = Number(values.operations);
const channels = Number(values.channels);
const loads: PoolLoad[] = [0.5, 0.8, 0.9, 0.95, 0.98].map((fill) => ({
  poolSize: 256 * MIB,
  fill,
  channels,
  operations,
}));
for (const size of [16, 64, 1024]) loads.push({ poolSize: size * MIB, fill: 0.8, channels, operations });

const rows = loads.map((load) => {
  const result = runPool(new Pool(load.poolSize), load);
  const row = [
    `${shown(load.poolSize / MIB)} MiB, ${shown(load.fill * 100)} %`,
    shown(result.blocks),
    shown(result.free / MIB, 1),
    shown(result.largestFree / MIB, 2),
    shown(result.smallestLargestFree / 1024),
    shown((result.failures / operations) * 1e6, 1),
    shown(result.nanoseconds),
  ];
  console.error(row.join(' | '));
  return row;
});
console.log(
  markdownTable(
    [
      'pool, filled to',
      'blocks',
      'free MiB',
      'largest free block MiB, median',
      'least KiB',
      'refusals a million',
      'ns a packet',
    ],
    rows,
  ),
);
