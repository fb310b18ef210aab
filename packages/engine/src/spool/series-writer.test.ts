import { expect, test } from 'vitest';
import { scanGroups } from './segment-scanner.js';
import { DEFAULT_POLICY } from './spool-policy.js';
import { group } from './testing/series-bench.js';
import { HEADERS, keyFrame, picture, SOUND_HEADERS, sound } from './testing/tags.js';
import { WriterBench } from './testing/writer-bench.js';

const MEDIA = '/spool/series/00000001-00001.flv';

test('nothing is taken before a gap is begun, or after it has ended', async () => {
  const bench = new WriterBench();
  expect(bench.append(keyFrame(0))).toEqual([false]);
  await bench.writer.end();
  bench.writer.begin(undefined, HEADERS);
  expect(bench.append(keyFrame(1000))).toEqual([true]);
  await bench.writer.end();
  expect(bench.writer.gap).toBeUndefined();
  expect(bench.append(keyFrame(2000))).toEqual([false]);
  expect(bench.refused.map(({ tags }) => tags)).toEqual([1, 1]);
  expect(bench.gaps).toMatchObject([{ isOpen: false, parts: [{ isFinished: true, groups: 1 }] }]);
});

test('a gap is begun by a key frame, also where the one before has not ended', async () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0));
  bench.writer.begin(undefined, HEADERS);
  expect(bench.writer.gap).toBeUndefined();
  expect(bench.gaps[0]!.isOpen).toBe(false);
  expect(bench.append(picture(80), sound(90), ...group(1000))).toEqual([false, false, true, true, true]);
  expect([bench.writer.gap, bench.gaps[1]!.isOpen]).toEqual([bench.gaps[1], true]);
  await bench.writer.end();
  expect(bench.groups).toEqual([[1], [1]]);
});

test('a gap starts when it is said to, or with its first tag', async () => {
  const bench = new WriterBench();
  bench.writer.begin(12_345, HEADERS);
  bench.append(keyFrame(0));
  bench.clock.pass(70);
  bench.writer.begin(undefined, HEADERS);
  bench.clock.pass(7);
  bench.append(keyFrame(77));
  bench.clock.pass(13);
  bench.append(picture(90));
  const wall = bench.clock.wallTime();
  expect(bench.gaps.map(({ start }) => start)).toEqual([12_345, wall - 13]);
  expect(bench.gaps[1]!.parts[0]).toMatchObject({ start: wall - 13, end: wall });
  await bench.writer.end();
});

test('bytes are counted while they wait, by writer and thread, and their memory is let go of once', async () => {
  const bench = new WriterBench();
  bench.backlog.bytes = 500;
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0), keyFrame(1000));
  const [part] = bench.gaps[0]!.parts;
  const waiting = bench.writer.waitingBytes;
  expect([part!.bytes, bench.backlog.bytes]).toEqual([waiting, waiting + 500]);
  expect(bench.writer.room).toBe(DEFAULT_POLICY.maxWaitingBytes - waiting);
  await bench.writer.flush();
  expect(bench.mediaBytes).toBe(part!.bytes);
  expect(bench.mediaBytes).toBeGreaterThan(waiting);
  expect([bench.writer.waitingBytes, bench.backlog.bytes]).toEqual([0, 500]);
  expect(bench.released).toEqual([true, true, true, true]);
  const tags = [...group(0), keyFrame(1000)];
  expect(bench.written).toEqual({ tags: 4, bytes: tags.reduce((sum, { size }) => sum + size, 0) });
  await bench.writer.end();
  expect([bench.mediaBytes, bench.writer.waitingBytes, bench.released.length]).toEqual([part!.bytes, 0, 4]);
});

test('the room is what is left to the writer, or to all of the thread, whichever is less', () => {
  const bench = new WriterBench({ maxWaitingBytes: 10_000 });
  bench.writer.begin(undefined, HEADERS);
  bench.append(keyFrame(0));
  const waiting = bench.writer.waitingBytes;
  expect(bench.writer.room).toBe(10_000 - waiting);
  bench.backlog.bytes = bench.backlog.maxBytes - 100;
  expect(bench.writer.room).toBe(100);
  bench.backlog.bytes = waiting;
});

test('a tag that just fits is taken; one that does not ends its group', () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  const tag = keyFrame(0);
  bench.backlog.bytes = bench.backlog.maxBytes - tag.size + 1;
  expect(bench.append(tag)).toEqual([false]);
  bench.backlog.bytes--;
  expect(bench.append(tag)).toEqual([true]);
  bench.backlog.bytes = bench.backlog.maxBytes;
  expect(bench.append(picture(40))).toEqual([false]);
  bench.backlog.bytes = 0;
  expect(bench.append(picture(80), sound(90), keyFrame(120), picture(160))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test('a refused tag is lost with the media since the one before, and script data has none', () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(keyFrame(0));
  bench.backlog.bytes = bench.backlog.maxBytes;
  const [metadata] = HEADERS;
  bench.append(picture(40), { ...metadata!, timestamp: 70 }, sound(100));
  expect(bench.refused).toEqual([
    { tags: 1, bytes: picture(40).size, ms: 40 },
    { tags: 1, bytes: metadata!.size, ms: 0 },
    { tags: 1, bytes: sound(100).size, ms: 60 },
  ]);
});

test('batches are written every 200 ms, by one timer, as long as there is something to do', async () => {
  const bench = new WriterBench({ sync: 'none' });
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0));
  expect(bench.clock.pending).toBe(1);
  await bench.pass(199);
  expect(bench.mediaBytes).toBe(0);
  await bench.pass(1);
  const first = bench.mediaBytes;
  expect(first).toBeGreaterThan(0);
  expect(bench.clock.pending).toBe(0);
  bench.append(...group(1000));
  await bench.pass(200);
  expect(bench.mediaBytes).toBeGreaterThan(first);
  await bench.writer.flush();
  await bench.writer.end();
});

test('what is written becomes durable by itself, and then no timer is left', async () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0));
  await bench.pass(800);
  expect(bench.disk.durableBytes(MEDIA)).toBe(0);
  expect(bench.clock.pending).toBe(1);
  await bench.pass(200);
  expect(bench.disk.durableBytes(MEDIA)).toBe(bench.mediaBytes);
  await bench.pass(200);
  expect(bench.clock.pending).toBe(0);
});

test('a writer that is closed leaves no timer', async () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0));
  await bench.writer.end();
  expect(bench.clock.pending).toBe(1);
  bench.writer.close();
  expect(bench.clock.pending).toBe(0);
});

test('what is written in the middle of a group can be trusted to its last tag', async () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0), keyFrame(1000), picture(1040));
  await bench.writer.flush();
  await bench.writer.flush();
  const found = async () => {
    const file = await bench.disk.open(MEDIA, 'read');
    const groups = await scanGroups(file, bench.gaps[0]!.parts[0]!.headerBytes);
    await file.close();
    return groups.map(({ tags }) => tags);
  };
  expect(await found()).toEqual([3, 2]);
  bench.append(picture(1080));
  await bench.writer.flush();
  expect(await found()).toEqual([3, 3]);
  await bench.writer.end();
});

test('a group that ends when nothing waits is in its segment, and known to who reads', async () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0));
  await bench.writer.flush();
  const [part] = bench.gaps[0]!.parts;
  expect([part!.groups, part!.file?.groups.length]).toEqual([0, 0]);
  bench.append(keyFrame(1000));
  expect([part!.groups, part!.ms, part!.file?.groups.length]).toEqual([1, 40, 1]);
  await bench.writer.end();
  expect(part).toMatchObject({ groups: 2, isFinished: true, file: undefined });
});

test('a writer without headers of pictures learns of them from the first picture, until the next gap', async () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, SOUND_HEADERS);
  expect(bench.append(sound(0), sound(1000), picture(1020), keyFrame(2000), sound(3000))).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
  bench.writer.begin(undefined, SOUND_HEADERS);
  expect(bench.append(sound(4000), sound(5000))).toEqual([true, true]);
  await bench.writer.end();
  expect(bench.groups).toEqual([[3], [2]]);
});
