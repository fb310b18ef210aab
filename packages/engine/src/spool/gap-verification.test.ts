import { expect, test } from 'vitest';
import { type GapDamage, verifyGap } from './gap-verification.js';
import { ReaderBench } from './testing/reader-bench.js';
import { diskError } from './testing/simulated-disk.js';

const FOLDER = '/spool/series';
const NO_DAMAGE = { damagedGroups: 0, missingGroups: 0, damagedHeaders: 0, cutBytes: 0 };
const WHOLE = { groups: 4, tags: 8, ...NO_DAMAGE };

/** A gap of two segments, each of two groups of two tags. */
async function gapOf(): Promise<{
  readonly bench: ReaderBench;
  readonly segments: Awaited<ReturnType<ReaderBench['store']>>[];
  verify(): Promise<GapDamage>;
}> {
  const bench = new ReaderBench();
  const segments = [await bench.store(1), await bench.store(2)];
  const verify = async () => {
    const damage = await verifyGap(bench.disk, FOLDER, bench.gap);
    expect(bench.disk.openFiles).toBe(0);
    return damage;
  };
  return { bench, segments, verify };
}

test('a gap that is whole has no damage', async () => {
  const { verify } = await gapOf();
  expect(await verify()).toEqual(WHOLE);
});

test('a byte that is another costs its group', async () => {
  const { bench, segments, verify } = await gapOf();
  const { media, groups } = segments[1]!;
  bench.disk.content(media)[groups[0]!.offset + 20]! ^= 1;
  expect(await verify()).toEqual({ ...WHOLE, groups: 3, tags: 6, damagedGroups: 1 });
});

test('headers that are damaged are told of each segment, and its groups may be right', async () => {
  const { bench, segments, verify } = await gapOf();
  for (const { media } of segments) bench.disk.content(media)[100]! ^= 1;
  expect(await verify()).toEqual({ ...WHOLE, damagedHeaders: 2 });
});

test('what lies behind the last group is told in bytes', async () => {
  const { bench, segments, verify } = await gapOf();
  for (const { media, bytes } of segments)
    bench.disk.setContent(media, Buffer.concat([bytes, Buffer.alloc(7)]));
  expect(await verify()).toEqual({ ...WHOLE, cutBytes: 14 });
});

test('a segment of which nothing can be used has as many damaged groups as it had groups', async () => {
  const { bench, segments, verify } = await gapOf();
  const { media, index } = segments[0]!;
  bench.disk.content(media)[20]! ^= 1;
  bench.disk.content(index)[5]! ^= 1;
  expect(await verify()).toEqual({ ...NO_DAMAGE, groups: 2, tags: 4, damagedGroups: 2, damagedHeaders: 1 });
});

test('a segment that is gone was confirmed, and is no damage', async () => {
  const { bench, segments, verify } = await gapOf();
  await bench.disk.remove(segments[0]!.media);
  await bench.disk.remove(segments[0]!.index);
  expect(await verify()).toEqual({ ...WHOLE, groups: 2, tags: 4 });
});

test('a segment whose index is there is missing, unless it was confirmed', async () => {
  const { bench, segments, verify } = await gapOf();
  await bench.disk.remove(segments[0]!.media);
  expect(await verify()).toEqual({ ...WHOLE, groups: 2, tags: 4, missingGroups: 2 });
  bench.gap.acknowledged = { segment: 1, group: 1 };
  expect(await verify()).toEqual({ ...WHOLE, groups: 2, tags: 4, missingGroups: 1 });
  bench.gap.acknowledged = { segment: 2, group: 0 };
  expect(await verify()).toEqual({ ...WHOLE, groups: 2, tags: 4 });
});

test('a segment whose media goes while the others are read, and its index last, was confirmed', async () => {
  const { bench, segments, verify } = await gapOf();
  await bench.disk.remove(segments[0]!.media);
  let isThere = true;
  bench.disk.onStep = ({ call, path }) => {
    if (call !== 'read' || path !== segments[1]!.media || !isThere) return undefined;
    isThere = false;
    void bench.disk.remove(segments[0]!.index);
    return undefined;
  };
  expect(await verify()).toEqual({ ...WHOLE, groups: 2, tags: 4 });
});

test('groups that a finished segment has lost are missing; what an unfinished index does not name is not', async () => {
  const { bench, segments, verify } = await gapOf();
  const { media, bytes, groups } = segments[1]!;
  bench.disk.setContent(media, bytes.subarray(0, groups[1]!.offset));
  expect(await verify()).toEqual({ ...WHOLE, groups: 3, tags: 6, missingGroups: 1 });
  const crashed = new ReaderBench();
  const stored = await crashed.store(1, { isFinished: false, indexed: 1 });
  crashed.disk.setContent(stored.media, stored.bytes.subarray(0, -1));
  const damage = await verifyGap(crashed.disk, FOLDER, crashed.gap);
  expect(damage).toMatchObject({ damagedGroups: 0, missingGroups: 0, damagedHeaders: 0 });
  expect(damage.cutBytes).toBeGreaterThan(0);
});

test('a disk that cannot be read is told', async () => {
  const { bench, verify } = await gapOf();
  bench.disk.onStep = ({ call }) => (call === 'read' ? diskError('EIO') : undefined);
  await expect(verify()).rejects.toMatchObject({ code: 'EIO' });
  expect(bench.disk.openFiles).toBe(0);
});
