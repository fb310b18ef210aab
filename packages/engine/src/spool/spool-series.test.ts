import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { monotonicClock } from '../base/clock.js';
import { diskIo } from './disk-io.js';
import type { SpoolGroup } from './group-reader.js';
import { SpoolSeries } from './spool-series.js';
import type { SpoolTag } from './spool-tag.js';
import { HEADERS, keyFrame, picture, sound } from './testing/tags.js';

let folder = '';
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'cloudpush-spool-')), 'series');
});
afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true });
});

const WALL = Date.UTC(2026, 10, 22, 11, 30);

function open(policy = {}): Promise<SpoolSeries> {
  return SpoolSeries.open({ folder, io: diskIo, clock: monotonicClock, policy });
}

/** Three groups of a key frame, a picture and a sound. */
function threeGroups(): SpoolTag[] {
  return [0, 1, 2].flatMap((i) => [keyFrame(i * 1000), sound(i * 1000 + 20), picture(i * 1000 + 40)]);
}

function append(series: SpoolSeries, tags: readonly SpoolTag[]): void {
  for (const tag of tags) expect(series.append(tag, WALL + tag.timestamp)).toBe(true);
}

function plain({ type, role, timestamp, parts }: SpoolTag): object {
  return { type, role, timestamp, body: Buffer.concat(parts).toString('hex') };
}

async function all(groups: AsyncIterable<SpoolGroup>): Promise<SpoolGroup[]> {
  const list: SpoolGroup[] = [];
  for await (const group of groups) list.push(group);
  return list;
}

async function readAll(series: SpoolSeries): Promise<object[]> {
  const tags: object[] = [];
  for (const gap of series.gaps)
    for await (const group of series.read(gap)) tags.push(...group.tags.map(plain));
  return tags;
}

test('a gap gives back the tags that it took, with their headers, groups and times', async () => {
  const series = await open();
  series.begin(HEADERS);
  append(series, threeGroups());
  await series.end();
  const [gap] = series.gaps;
  expect(gap).toMatchObject({ number: 1, start: WALL, end: WALL + 2040, isOpen: false });
  const groups = await all(series.read(gap!));
  expect(groups.map(({ tags }) => tags.length)).toEqual([3, 3, 3]);
  expect(groups[0]!.headers.map(plain)).toEqual(HEADERS.map(plain));
  expect(groups.map(({ start }) => start - WALL)).toEqual([0, 1000, 2000]);
  expect(await readAll(series)).toEqual(threeGroups().map(plain));
});

test('another process finds what an earlier one has written', async () => {
  const first = await open();
  first.begin(HEADERS);
  append(first, threeGroups());
  await first.close();
  const second = await open();
  expect(await readAll(second)).toEqual(threeGroups().map(plain));
});

test('a process that did not close leaves all but the last batch', async () => {
  const first = await open();
  first.begin(HEADERS);
  append(first, threeGroups());
  await first.flush();
  const second = await open();
  expect(await readAll(second)).toEqual(threeGroups().map(plain));
});

test('segments are cut at key frames, and gone once they are confirmed', async () => {
  const series = await open({ segmentMs: 1000 });
  series.begin(HEADERS);
  append(series, threeGroups());
  await series.end();
  const gap = series.gaps[0]!;
  expect(gap.parts).toHaveLength(3);
  const groups = await all(series.read(gap));
  await series.acknowledge(gap, groups[0]!.next);
  expect(gap.parts).toHaveLength(2);
  const again = await open({ segmentMs: 1000 });
  expect(await readAll(again)).toEqual(threeGroups().slice(3).map(plain));
  await series.acknowledge(gap, groups[2]!.next);
  expect(series.gaps).toHaveLength(0);
});

test('files are for their owner alone', async () => {
  const series = await open();
  series.begin(HEADERS);
  append(series, threeGroups());
  await series.end();
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  for (const name of ['00000001-00001.flv', '00000001-00001.idx'])
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
});

test('an open gap can be read while it is written, up to its last whole group', async () => {
  const series = await open();
  series.begin(HEADERS);
  append(series, threeGroups());
  const gap = series.openGap!;
  const groups = await all(series.read(gap));
  expect(groups).toHaveLength(2);
  append(series, [keyFrame(3000)]);
  expect(await all(series.read(gap, groups[1]!.next))).toHaveLength(1);
  await series.close();
});
