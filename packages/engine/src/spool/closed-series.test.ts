import { expect, test } from 'vitest';
import { ClosedSeriesSet } from './closed-series.js';
import { Bench, FOLDER, group } from './testing/series-bench.js';
import { HEADERS } from './testing/tags.js';

/** A spool with one series of two gaps, which is closed. */
async function left(): Promise<Bench> {
  const bench = new Bench();
  const series = await bench.open();
  for (const start of [0, 60_000]) {
    series.begin(HEADERS);
    bench.append(...group(start), ...group(start + 1000));
    await bench.pass(2000);
    await series.end();
  }
  await series.close();
  return bench;
}

function mediaOn({ disk }: Bench): string[] {
  return disk.paths.filter((path) => path.endsWith('.flv'));
}

test('a series that nobody has opened counts with all its bytes, and its oldest goes first', async () => {
  const bench = await left();
  const open = new Set<string>();
  const closed = new ClosedSeriesSet(bench.disk, '/spool', () => open);
  await closed.update();
  const [series] = [...closed.all];
  const files = mediaOn(bench);
  expect(files).toHaveLength(2);
  expect(series!.spooledBytes).toBe(files.reduce((sum, path) => sum + bench.disk.content(path).length, 0));
  await series!.expireSpool(1, 0);
  expect(mediaOn(bench)).toEqual([files[1]]);
  expect(series!.spooledBytes).toBe(bench.disk.content(files[1]!).length);
  await series!.expireSpool(0, bench.clock.wallTime() + 1);
  expect(mediaOn(bench)).toEqual([]);
  expect(series!.spooledBytes).toBe(0);
  open.add(FOLDER.split('/').at(-1)!);
  await closed.update();
  expect([...closed.all]).toEqual([]);
});

test('a run that comes while another one removes forgets no segment that is still there', async () => {
  const bench = new Bench();
  const series = await bench.open({ policy: { segmentMs: 500 } });
  series.begin(HEADERS);
  bench.append(...group(0), ...group(1000), ...group(2000));
  await bench.pass(2000);
  await series.close();
  const closed = new ClosedSeriesSet(bench.disk, '/spool', () => new Set());
  await closed.update();
  const [one] = [...closed.all];
  await Promise.all([one!.expireSpool(1, 0), one!.expireSpool(1, 0)]);
  const media = mediaOn(bench);
  expect(media).toHaveLength(2);
  expect(one!.spooledBytes).toBe(media.reduce((sum, path) => sum + bench.disk.content(path).length, 0));
});
