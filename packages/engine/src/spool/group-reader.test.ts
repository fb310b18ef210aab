import { expect, test } from 'vitest';
import { ReaderBench } from './testing/reader-bench.js';
import { diskError } from './testing/simulated-disk.js';
import { GAP_START } from './testing/stored-segment.js';
import { HEADERS } from './testing/tags.js';

test('a group comes with its place, that behind it, its headers, times and bytes', async () => {
  const bench = new ReaderBench();
  const { groups } = await bench.store(2, { groups: [100, { more: 1100 }] });
  const [first, second] = await bench.read();
  expect(first).toMatchObject({
    place: { segment: 2, group: 0 },
    next: { segment: 2, group: 1 },
    bytes: groups[0]!.bytes,
    start: GAP_START + 100,
    end: GAP_START + 140,
    isStart: true,
    damaged: 0,
  });
  expect(first!.tags.map(({ timestamp }) => timestamp)).toEqual([100, 140]);
  expect(first!.headers.map(({ role }) => role)).toEqual(HEADERS.map(({ role }) => role));
  expect(second).toMatchObject({
    place: { segment: 2, group: 1 },
    next: { segment: 2, group: 2 },
    bytes: groups[1]!.bytes,
    start: GAP_START + 1100,
    end: GAP_START + 1140,
    isStart: false,
    damaged: 0,
  });
  expect(second!.headers).toBe(first!.headers);
  expect([bench.disk.openFiles, bench.flushes]).toEqual([0, 0]);
});

test('reading goes on at a place, and from one segment to the next that is there', async () => {
  const bench = new ReaderBench();
  for (const segment of [2, 3, 6]) await bench.store(segment);
  const [two, three, six] = [2, 3, 6].map((segment) => [
    [segment, 0],
    [segment, 1],
  ]);
  expect(await bench.places()).toEqual([...two!, ...three!, ...six!]);
  expect(await bench.places({ segment: 2, group: 1 })).toEqual([two![1], ...three!, ...six!]);
  expect(await bench.places({ segment: 4, group: 1 })).toEqual(six);
  expect(await bench.places({ segment: 7, group: 0 })).toEqual([]);
});

test('a reader that is at the end of a segment does not touch its file', async () => {
  const bench = new ReaderBench();
  const { media } = await bench.store(1);
  const growing = await bench.grow(2, { groups: [] });
  const opened: string[] = [];
  const open = bench.disk.open.bind(bench.disk);
  bench.disk.open = async (path, access) => {
    opened.push(path);
    return await open(path, access);
  };
  expect(await bench.places({ segment: 1, group: 2 })).toEqual([]);
  expect([opened, bench.flushes, growing.part.groups]).toEqual([[], 0, 0]);
  expect(await bench.places({ segment: 1, group: 1 })).toEqual([[1, 1]]);
  expect(opened).toContain(media);
});

test('who stops reading closes the file', async () => {
  const bench = new ReaderBench();
  await bench.store(1);
  for await (const { place } of bench.reader()) {
    expect(place.group).toBe(0);
    break;
  }
  expect(bench.disk.openFiles).toBe(0);
});

test('a segment that was removed meanwhile is passed over, and nothing of it is damaged', async () => {
  const bench = new ReaderBench();
  const { media, index } = await bench.store(1);
  await bench.store(2);
  await bench.disk.remove(media);
  await bench.disk.remove(index);
  expect(await bench.places()).toEqual([
    [2, 0],
    [2, 1],
  ]);
  expect(bench.damaged).toEqual([]);
});

test('a segment that is gone, and that nobody has removed, is damaged, once', async () => {
  const bench = new ReaderBench();
  const { media, groups } = await bench.store(1);
  await bench.store(2);
  await bench.disk.remove(media);
  for (let i = 0; i < 2; i++)
    expect(await bench.places()).toEqual([
      [2, 0],
      [2, 1],
    ]);
  const bytes = groups.reduce((sum, group) => sum + group.bytes, 0);
  expect(bench.damaged).toMatchObject([{ groups: 2, bytes }]);
});

test('a disk that cannot be read is no segment that is gone', async () => {
  const bench = new ReaderBench();
  await bench.store(1);
  bench.disk.onStep = ({ call }) => (call === 'read' ? diskError('EIO') : undefined);
  await expect(bench.read()).rejects.toMatchObject({ code: 'EIO' });
  expect(bench.disk.openFiles).toBe(0);
});

test('groups that came to a segment since its gap was looked at are left for the next look', async () => {
  const bench = new ReaderBench();
  const { groups, bytes } = await bench.store(1, { groups: [0, 1000, 2000] });
  bench.gap.parts[0]!.reset(groups.slice(0, 2), bytes.length);
  expect(await bench.places()).toEqual([
    [1, 0],
    [1, 1],
  ]);
});

test('what refers to a damaged group is left out with it, and the next start tells how many were', async () => {
  const bench = new ReaderBench();
  const groups = [0, 1000, { more: 2000 }, 3000, { more: 4000 }];
  const { media, groups: entries } = await bench.store(1, { groups });
  const last = await bench.store(2);
  bench.disk.content(media)[entries[1]!.offset + 20]! ^= 1;
  const read = await bench.read();
  expect(read.map(({ start, damaged }) => [start - GAP_START, damaged])).toEqual([
    [0, 0],
    [3000, 2],
    [4000, 0],
    [0, 0],
    [1000, 0],
  ]);
  expect(bench.damaged).toEqual([
    { groups: 1, bytes: entries[1]!.bytes, ms: 40 },
    { groups: 1, bytes: entries[2]!.bytes, ms: 40 },
  ]);
  expect(last.groups).toHaveLength(2);
});

test('reading may begin at the rest of a long group', async () => {
  const bench = new ReaderBench();
  await bench.store(1, { groups: [0, { more: 1000 }] });
  expect(await bench.places({ segment: 1, group: 1 })).toEqual([[1, 1]]);
});

test('groups without the headers of their stream are left out, and the next segment is read', async () => {
  const bench = new ReaderBench();
  const { media } = await bench.store(1);
  await bench.store(2);
  bench.disk.content(media)[100]! ^= 1;
  const read = await bench.read();
  expect(read.map(({ place, damaged }) => [place.segment, damaged])).toEqual([
    [2, 2],
    [2, 0],
  ]);
  expect(bench.damaged).toHaveLength(2);
});

test('groups of a file that has lost its end are counted as damaged, and the next segment is read', async () => {
  const bench = new ReaderBench();
  const { media, bytes, groups } = await bench.store(1, { groups: [0, 1000, 2000] });
  const next = await bench.store(2, { groups: [{ more: 3000 }, 4000] });
  const end = groups[0]!.offset + groups[0]!.bytes;
  bench.disk.setContent(media, bytes.subarray(0, end));
  const read = await bench.read();
  expect(read.map(({ place, damaged }) => [place.segment, place.group, damaged])).toEqual([
    [1, 0, 0],
    [2, 1, 3],
  ]);
  expect(bench.damaged).toEqual([
    { groups: 2, bytes: bytes.length - end, ms: 2000 },
    { groups: 1, bytes: next.groups[0]!.bytes, ms: 40 },
  ]);
});

test('a segment of which nothing can be used is counted as damaged, and the next one is read', async () => {
  const bench = new ReaderBench();
  const { media, index, bytes, headerBytes } = await bench.store(1);
  await bench.store(2);
  bench.disk.content(media)[20]! ^= 1;
  bench.disk.content(index)[5]! ^= 1;
  expect(await bench.places()).toEqual([
    [2, 0],
    [2, 1],
  ]);
  expect(bench.damaged).toEqual([{ groups: 2, bytes: bytes.length - headerBytes, ms: 1040 }]);
});

test('what is damaged, or lost at the end of a segment, is told once, however often it is read', async () => {
  const bench = new ReaderBench();
  const { media, bytes, groups } = await bench.store(1, { groups: [0, 1000, 2000] });
  const end = groups[1]!.offset + groups[1]!.bytes;
  bench.disk.setContent(media, Buffer.from(bytes.subarray(0, end)));
  bench.disk.content(media)[groups[0]!.offset + 20]! ^= 1;
  for (let i = 0; i < 3; i++)
    expect((await bench.read()).map(({ place, damaged }) => [place.group, damaged])).toEqual([[1, 1]]);
  expect(bench.damaged).toEqual([
    { groups: 1, bytes: groups[0]!.bytes, ms: 40 },
    { groups: 1, bytes: bytes.length - end, ms: 1960 },
  ]);
});

test('a reader of one segment ends behind the first that has anything to give, and tells of its end', async () => {
  const bench = new ReaderBench();
  const lost = await bench.store(1);
  bench.disk.content(lost.media)[100]! ^= 1;
  const { media, groups } = await bench.store(2);
  bench.disk.content(media)[groups[1]!.offset + 20]! ^= 1;
  await bench.store(3);
  const reader = bench.reader(undefined, true);
  expect(await reader.next()).toMatchObject({ value: { place: { segment: 2, group: 0 }, damaged: 2 } });
  expect(await reader.next()).toEqual({
    done: true,
    value: { place: { segment: 2, group: 2 }, damaged: 1 },
  });
});

test('what waits to be written is written before it is read, and only then', async () => {
  const bench = new ReaderBench();
  const { write } = await bench.grow(1, { groups: [0, 1000, 2000] });
  bench.onFlush = () => write(1);
  const reader = bench.reader();
  const flushes: number[] = [];
  for await (const { place } of reader) flushes.push(place.group, bench.flushes);
  expect(flushes).toEqual([0, 1, 1, 2, 2, 3]);
  expect(bench.damaged).toEqual([]);
  bench.onFlush = () => undefined;
  expect(await bench.places()).toEqual([
    [1, 0],
    [1, 1],
    [1, 2],
  ]);
  expect(bench.flushes).toBe(4);
});

test.each([true, false])(
  'reading ends in front of groups that could not be written, also in a segment that was to be whole: %s',
  async (isFinished) => {
    const bench = new ReaderBench();
    const { part, file, write } = await bench.grow(1);
    part.isFinished = isFinished;
    await bench.store(2);
    bench.onFlush = async () => {
      if (file.written === 0) await write(1);
      else file.hasFailed = true;
    };
    expect(await bench.places()).toEqual([[1, 0]]);
    expect([bench.damaged, bench.disk.openFiles]).toEqual([[], 1]);
    await file.close();
    expect(bench.disk.openFiles).toBe(0);
  },
);
