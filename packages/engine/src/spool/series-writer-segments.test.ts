import { expect, test } from 'vitest';
import type { SpoolPolicy } from './spool-policy.js';
import type { SpoolTag } from './spool-tag.js';
import { group } from './testing/series-bench.js';
import { HEADERS, keyFrame, picture, SOUND_HEADERS, sound } from './testing/tags.js';
import { WriterBench } from './testing/writer-bench.js';

/** Groups in each segment of one gap that these tags make. */
async function segmentsOf(policy: Partial<SpoolPolicy>, ...tags: readonly SpoolTag[]): Promise<number[]> {
  const bench = new WriterBench(policy);
  bench.writer.begin(undefined, HEADERS);
  expect(bench.append(...tags)).not.toContain(false);
  await bench.writer.end();
  return bench.groups[0]!;
}

/** Bytes of a segment that has these tags, without a mark. */
function bytesOf(...tags: readonly SpoolTag[]): number {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...tags);
  return bench.writer.waitingBytes;
}

/** A key frame, and pictures up to and with a timestamp. */
function longGroup(end: number): SpoolTag[] {
  const tags = [keyFrame(0)];
  for (let at = 1000; at <= end; at += 1000) tags.push(picture(at));
  return tags;
}

test('a segment ends at the first key frame behind its length', async () => {
  const tags = [...group(0), ...group(900), ...group(2000), ...group(2500)];
  expect(await segmentsOf({ segmentMs: 900 }, ...tags)).toEqual([1, 1, 2]);
  expect(await segmentsOf({ segmentMs: 901 }, ...tags)).toEqual([2, 2]);
});

test('a segment ends at the first key frame behind its bytes', async () => {
  const segmentBytes = bytesOf(...group(0));
  const tags = [...group(0), ...group(900)];
  expect(await segmentsOf({ segmentBytes }, ...tags)).toEqual([1, 1]);
  expect(await segmentsOf({ segmentBytes: segmentBytes + 1 }, ...tags)).toEqual([2]);
});

test('a group without end stays in its segment up to twice its length', async () => {
  expect(await segmentsOf({ segmentMs: 10_000 }, ...longGroup(19_000))).toEqual([2]);
  expect(await segmentsOf({ segmentMs: 10_000 }, ...longGroup(20_000))).toEqual([2, 1]);
  expect(await segmentsOf({ segmentMs: 10_001 }, ...longGroup(20_000))).toEqual([3]);
});

test('a group without end stays in its segment up to twice its bytes', async () => {
  const bytes = bytesOf(...longGroup(9000));
  const tags = longGroup(10_000);
  expect(await segmentsOf({ segmentBytes: bytes / 2 }, ...tags)).toEqual([1, 1]);
  expect(await segmentsOf({ segmentBytes: (bytes + 1) / 2 }, ...tags)).toEqual([2]);
});

test('segments are numbered, and begin with the first tag in them', async () => {
  const bench = new WriterBench({ segmentMs: 1000 });
  bench.writer.begin(5, HEADERS);
  for (const start of [0, 1000, 2000]) {
    bench.append(...group(start));
    bench.clock.pass(1000);
  }
  await bench.writer.end();
  const wall = bench.clock.wallTime();
  expect(bench.gaps[0]!.parts).toMatchObject([
    { number: 1, start: wall - 3000, isFinished: true, file: undefined },
    { number: 2, start: wall - 2000, isFinished: true, file: undefined },
    { number: 3, start: wall - 1000, isFinished: true, file: undefined },
  ]);
  expect(bench.gaps[0]!.start).toBe(5);
  expect(bench.disk.openFiles).toBe(0);
});

test('other headers end a segment at the next key frame, the same ones do not', async () => {
  const bench = new WriterBench();
  bench.writer.setHeaders(SOUND_HEADERS);
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0));
  bench.writer.setHeaders([...HEADERS]);
  bench.append(...group(1000));
  bench.writer.setHeaders(HEADERS.slice(1));
  bench.append(picture(1080));
  for (let at = 2000; at <= 11_000; at += 1000) bench.append(picture(at));
  expect(bench.groups).toEqual([[2]]);
  expect(bench.gaps[0]!.parts).toHaveLength(1);
  bench.append(...group(12_000), ...group(13_000));
  await bench.writer.end();
  expect(bench.groups).toEqual([[3, 2]]);
  const [first, second] = bench.gaps[0]!.parts;
  expect(second!.headerBytes).toBe(first!.headerBytes - HEADERS[0]!.size - 15);
});

test('headers without pictures let sound make groups', async () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0));
  bench.writer.setHeaders(SOUND_HEADERS);
  bench.append(sound(500), sound(1000), sound(2000), sound(3000));
  await bench.writer.end();
  expect(bench.groups).toEqual([[1, 3]]);
});

test('a segment that is to end soon ends at the next key frame, and one that is not there does not', async () => {
  const bench = new WriterBench();
  bench.writer.endSegmentSoon();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0), ...group(1000));
  bench.writer.endSegmentSoon();
  bench.append(picture(1080), ...group(2000), ...group(3000));
  await bench.writer.end();
  expect(bench.groups).toEqual([[2, 2]]);
});
