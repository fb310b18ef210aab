import { expect, test } from 'vitest';
import { parseIndex } from './index-format.js';
import { SpoolBacklog } from './spool-policy.js';
import { Bench, FOLDER, group, settle } from './testing/series-bench.js';
import { type DiskStep, diskError } from './testing/simulated-disk.js';
import { HEADERS, keyFrame, picture } from './testing/tags.js';

test.each(['ENOSPC', 'EIO', 'EROFS'])(
  'a disk that answers %s costs what waits, is told once, and is tried again 10 s later',
  async (code) => {
    const bench = new Bench();
    const series = await bench.open();
    series.begin(HEADERS);
    bench.append(...group(0), ...group(1000));
    await bench.pass(200);
    bench.disk.onStep = ({ call }) => (call === 'write' ? diskError(code) : undefined);
    bench.append(...group(2000));
    await bench.pass(200);
    expect(bench.faults).toEqual([{ code: 'ERR_CLOUDPUSH_SPOOL_FAILED', tags: 3 }]);
    expect(series.isOff).toBe(true);
    expect(bench.held).toBe(0);
    bench.disk.onStep = () => undefined;
    expect(bench.append(...group(3000))).toEqual([false, false, false]);
    expect(await bench.read()).toEqual([0, 20, 40, 1000, 1020, 1040]);
    await bench.pass(10_000);
    expect(bench.append(picture(13_000), ...group(14_000))).toEqual([false, true, true, true]);
    await series.end();
    expect(series.gaps.map(({ number, parts }) => [number, parts.length])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(await bench.read()).toEqual([0, 20, 40, 1000, 1020, 1040, 14_000, 14_020, 14_040]);
    expect(series.counters).toMatchObject({ spooledTags: 9, lostTags: 7, damagedGroups: 0 });
    await series.close();
    expect([bench.disk.openFiles, bench.clock.pending]).toEqual([0, 0]);
  },
);

test('a disk that is full in the middle of a write keeps what went before', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  await bench.pass(200);
  bench.disk.capacity = bench.disk.usedBytes + 300;
  bench.append(...group(1000));
  await bench.pass(200);
  expect(bench.faults).toHaveLength(1);
  expect(await bench.read()).toEqual([0, 20, 40]);
  await series.close();
});

test('a segment of which the disk took nothing leaves no file', async () => {
  const bench = new Bench();
  const series = await bench.open();
  bench.disk.onStep = ({ call }) => (call === 'write' ? diskError('ENOSPC') : undefined);
  series.begin(HEADERS);
  bench.append(...group(0));
  await bench.pass(200);
  expect(bench.faults).toHaveLength(1);
  await series.flush();
  expect(series.gaps).toEqual([]);
  expect(bench.disk.paths.filter((path) => /\.(flv|idx)$/.test(path))).toEqual([]);
  await series.close();
});

test('a sync that fails ends the gap, and what was written is checked before it is read', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  bench.disk.onStep = ({ call }) => (call === 'sync' ? diskError('EIO') : undefined);
  await bench.pass(200);
  await bench.pass(1000);
  expect(bench.faults).toEqual([{ code: 'ERR_CLOUDPUSH_SPOOL_FAILED', tags: 0 }]);
  expect(series.openGap).toBeUndefined();
  bench.disk.onStep = () => undefined;
  expect(await bench.read()).toEqual([0, 20, 40]);
  await series.close();
});

test('what is written while a sync is under way is in the index with the next one', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0), keyFrame(1000));
  await bench.pass(800);
  bench.disk.syncTurns = () => 400;
  await bench.pass(200);
  bench.append(...group(1100), keyFrame(2000));
  await series.flush();
  const media = `${FOLDER}/00000001-00001.flv`;
  const indexed = () => parseIndex(bench.disk.content(`${FOLDER}/00000001-00001.idx`).toString())!.groups;
  const end = (): number => {
    const { offset, bytes } = indexed().at(-1)!;
    return offset + bytes;
  };
  for (let i = 0; i < 3; i++) await settle();
  // Two groups more are written, of which nothing is durable.
  expect(indexed().map(({ firstTimestamp }) => firstTimestamp)).toEqual([0]);
  expect(end()).toBeLessThanOrEqual(bench.disk.durableBytes(media));
  expect(bench.disk.content(media).length).toBeGreaterThan(bench.disk.durableBytes(media));
  await bench.pass(1200);
  for (let i = 0; i < 3; i++) await settle();
  expect(indexed().map(({ firstTimestamp }) => firstTimestamp)).toEqual([0, 1000, 1100]);
  expect(end()).toBeLessThanOrEqual(bench.disk.durableBytes(media));
  await series.close();
});

test('a disk that is too slow is handed no more than its bound, and a group that lost a tag ends there', async () => {
  const bench = new Bench();
  const series = await bench.open({ policy: { maxWaitingBytes: 2000 } });
  let resume: (() => void) | undefined;
  const original = bench.disk.create.bind(bench.disk);
  bench.disk.create = async (path) => {
    await new Promise<void>((resolve) => {
      resume = resolve;
    });
    return await original(path);
  };
  series.begin(HEADERS);
  bench.append(...group(0));
  await bench.pass(200);
  expect(bench.append(keyFrame(1000), keyFrame(2000, 1500), picture(2040), picture(2080))).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(series.waitingBytes).toBeLessThanOrEqual(2000);
  bench.disk.create = original;
  resume?.();
  await settle();
  expect(series.waitingBytes).toBeLessThan(1000);
  bench.append(...group(3000));
  await series.end();
  expect(await bench.read()).toEqual([0, 20, 40, 1000, 3000, 3020, 3040]);
  expect(series.counters.lostTags).toBe(3);
  await series.close();
});

test('series of a thread share the memory that may wait', async () => {
  const bench = new Bench();
  const backlog = new SpoolBacklog(2000);
  const series = await bench.open({ backlog });
  series.begin(HEADERS);
  backlog.bytes = 1900;
  expect(bench.append(keyFrame(0))).toEqual([false]);
  backlog.bytes = 0;
  expect(bench.append(keyFrame(1000))).toEqual([true]);
  await series.close();
  expect(backlog.bytes).toBe(0);
});

test('a full disk does not keep confirmed media from going', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  await series.end();
  const gap = series.gaps[0]!;
  const steps: DiskStep['call'][] = [];
  bench.disk.onStep = ({ call }) => {
    steps.push(call);
    return call === 'create' && !steps.includes('remove') ? diskError('ENOSPC') : undefined;
  };
  await series.acknowledge(gap, { segment: 1, group: 1 });
  expect(series.gaps).toEqual([]);
  expect(bench.disk.paths).toEqual([`${FOLDER}/places`]);
});

test('a place is durable before the media in front of it is removed', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  await series.end();
  const steps: string[] = [];
  bench.disk.onStep = ({ call, path }) => {
    steps.push(`${call} ${path.replace(`${FOLDER}/`, '')}`);
    return undefined;
  };
  await series.acknowledge(series.gaps[0]!, { segment: 1, group: 1 });
  expect(steps.slice(1)).toEqual([
    'create places.new',
    'write places.new',
    'sync places.new',
    'rename places.new',
    `syncFolder ${FOLDER}`,
    'remove 00000001-00001.flv',
    'remove 00000001-00001.idx',
    `syncFolder ${FOLDER}`,
  ]);
});

test('a group that was damaged is left out with what refers to it, and counted', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0), ...group(1000), ...group(2000));
  await series.end();
  const media = bench.disk.content(`${FOLDER}/00000001-00001.flv`);
  media[media.indexOf(Buffer.from([0x27, 1, 0, 0, 0]), 900)]! ^= 0xff;
  const damaged: number[] = [];
  const starts: number[] = [];
  for await (const read of series.read(series.gaps[0]!)) {
    damaged.push(read.damaged);
    starts.push(read.tags[0]!.timestamp);
  }
  expect(starts).toHaveLength(2);
  expect(damaged.reduce((a, b) => a + b)).toBeLessThanOrEqual(1);
  expect(series.counters.damagedGroups).toBe(1);
});

test('the oldest media goes first, and what is being written ends where it can', async () => {
  const bench = new Bench();
  const series = await bench.open({ policy: { segmentMs: 1000 } });
  series.begin(HEADERS);
  bench.append(...group(0), ...group(1000), ...group(2000));
  await series.flush();
  const before = series.bytes;
  const first = await series.expire(1);
  expect(first.bytes).toBeGreaterThan(0);
  expect(series.bytes).toBe(before - first.bytes);
  expect(await series.expire(Number.MAX_SAFE_INTEGER)).not.toMatchObject({ bytes: 0 });
  expect(series.openGap?.parts).toHaveLength(1);
  bench.append(...group(2100));
  expect(series.openGap?.parts).toHaveLength(2);
  await series.end();
  expect(await bench.read()).toEqual([2000, 2020, 2040, 2100, 2120, 2140]);
  expect((await series.expireBefore(bench.clock.wallTime() + 1)).bytes).toBeGreaterThan(0);
  expect([series.gaps, series.bytes]).toEqual([[], 0]);
  await series.close();
});

test('groups whose stream has lost its headers on disk are left out and counted', async () => {
  const bench = new Bench();
  const series = await bench.open({ policy: { sync: 'none' } });
  series.begin(HEADERS);
  bench.append(...group(0), ...group(1000));
  await bench.pass(500);
  await series.end();
  const media = bench.disk.content(`${FOLDER}/00000001-00001.flv`);
  media[100]! ^= 0xff;
  expect(await bench.read()).toEqual([]);
  expect(series.counters).toMatchObject({ damagedGroups: 2, damagedMs: 80 });
  await series.close();
});
