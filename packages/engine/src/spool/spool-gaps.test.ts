import { expect, test } from 'vitest';
import type { SpoolTag } from './spool-tag.js';
import { Bench, FOLDER, group } from './testing/series-bench.js';
import { HEADERS, keyFrame, picture, SOUND_HEADERS, sound } from './testing/tags.js';

test('sound alone has groups by time', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(SOUND_HEADERS);
  for (let at = 0; at < 3000; at += 100) bench.append(sound(at));
  await series.end();
  expect(series.gaps[0]!.parts[0]!.groups).toBe(3);
  expect(series.gaps[0]!.ms).toBe(2900);
});

test('a group without end is cut, and its rest is no place to start at', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(keyFrame(0));
  for (let at = 40; at <= 25_000; at += 40) bench.append(picture(at));
  await series.end();
  const isStart: boolean[] = [];
  for await (const read of series.read(series.gaps[0]!)) isStart.push(read.isStart);
  expect(isStart).toEqual([true, false, false]);
});

test('a tag that would be read as a mark is not taken', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(keyFrame(0));
  const body = Buffer.alloc(50);
  body.set([2, 0, 11]);
  body.write('onSpoolMark', 3);
  const mark: SpoolTag = { type: 18, role: 6, timestamp: 10, parts: [body], size: body.length };
  expect(bench.append(mark, picture(40))).toEqual([false, true]);
  await series.close();
});

test('a gap that was read to its end while it was open is gone when it ends', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0), keyFrame(1000));
  const gap = series.openGap!;
  for await (const { next } of series.read(gap)) await series.acknowledge(gap, next);
  expect(gap.acknowledged).toEqual({ segment: 1, group: 1 });
  const ending = series.end();
  await series.acknowledge(gap, { segment: 1, group: 2 });
  await ending;
  expect(series.gaps).toEqual([]);
  expect(bench.disk.paths).toEqual([`${FOLDER}/places`]);
  expect(series.counters).toMatchObject({ acknowledgedMs: 1000 });
});

test('a gap that is dropped is gone, also while it is written', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  const gap = series.openGap!;
  expect(await series.drop(gap)).toMatchObject({ ms: 40 });
  expect(series.gaps).toEqual([]);
  expect(bench.disk.paths).toEqual([]);
  expect(await series.drop(gap)).toEqual({ bytes: 0, ms: 0 });
  const read = series.read(gap);
  expect(await read.next()).toMatchObject({ done: true });
  await series.close();
});
