import { expect, test } from 'vitest';
import type { SpoolGap } from './spool-gap.js';
import { Bench, group } from './testing/series-bench.js';
import { diskError } from './testing/simulated-disk.js';
import { HEADERS, picture } from './testing/tags.js';

/** A series whose disk takes no bytes. */
async function refusing(bench: Bench): Promise<void> {
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  bench.disk.onStep = ({ call }) => (call === 'write' ? diskError('EIO') : undefined);
}

test('a gap whose end was confirmed before it came is gone when it ends', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  await series.acknowledge(series.openGap!, { segment: 1, group: 1 });
  expect(series.gaps).toHaveLength(1);
  await series.end();
  expect(series.gaps).toEqual([]);
  expect(series.counters).toMatchObject({ acknowledgedMs: 40 });
  await series.end();
});

test('what a failure has left is known when a gap has ended, or what waited was to be written', async () => {
  const ended = new Bench();
  await refusing(ended);
  await ended.series.end();
  expect(ended.series.gaps).toEqual([]);
  const flushed = new Bench();
  await refusing(flushed);
  await flushed.series.flush();
  expect(flushed.series.gaps).toEqual([]);
});

test('who reads a gap whose disk has just failed gets all that was written of it', async () => {
  const bench = new Bench();
  let gap: SpoolGap | undefined;
  let read: Promise<number[]> | undefined;
  const series = await bench.open({
    onFault: () => {
      gap = series.gaps[0];
      read = bench.read();
    },
  });
  series.begin(HEADERS);
  bench.append(...group(0));
  await bench.pass(200);
  bench.disk.onStep = ({ call }) => (call === 'write' ? diskError('EIO') : undefined);
  bench.append(picture(80));
  await bench.pass(200);
  expect(await read).toEqual([0, 20, 40]);
  expect(gap?.parts).toMatchObject([{ groups: 1, isFinished: true }]);
});

test('a gap that is dropped does not end another one', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  series.begin(HEADERS);
  bench.append(...group(1000));
  const [first, second] = series.gaps;
  await series.drop(first!);
  expect([series.gaps, series.openGap]).toEqual([[second], second]);
  expect(bench.append(picture(1080))).toEqual([true]);
  await series.close();
});
