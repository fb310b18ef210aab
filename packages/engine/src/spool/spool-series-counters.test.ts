import { expect, test } from 'vitest';
import { readSeriesNames } from './series-name.js';
import { Bench, FOLDER, group } from './testing/series-bench.js';
import { diskError } from './testing/simulated-disk.js';
import { put } from './testing/stored-segment.js';
import { HEADERS, keyFrame, picture } from './testing/tags.js';

function sizeOf(tags: readonly { readonly size: number }[]): number {
  return tags.reduce((sum, { size }) => sum + size, 0);
}

test('what was taken, refused and lost is counted in tags, bytes of their bodies, and ms', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(picture(0), picture(40), ...group(1000));
  await bench.pass(200);
  bench.disk.onStep = ({ call }) => (call === 'write' ? diskError('EIO') : undefined);
  bench.append(...group(2000));
  await bench.pass(200);
  expect(series.counters).toMatchObject({
    spooledTags: 3,
    spooledBytes: sizeOf(group(1000)),
    lostTags: 5,
    lostBytes: 2 * picture(0).size + sizeOf(group(2000)),
    lostMs: 40 + 1000,
  });
  await series.close();
});

test('what was confirmed, removed for its age and damaged is counted in bytes on disk, and ms', async () => {
  const bench = new Bench();
  const series = await bench.open({ policy: { segmentMs: 1000 } });
  series.begin(HEADERS);
  bench.append(...group(0), ...group(1000), ...group(2000), ...group(3000));
  await series.end();
  const [gap] = series.gaps;
  const [first, second, third] = gap!.parts.map(({ bytes }) => bytes);
  const group3 = bench.disk.content(`${FOLDER}/00000001-00003.flv`);
  group3[group3.length - 100]! ^= 1;
  for await (const { next } of series.read(gap!)) expect(next.group).toBe(1);
  expect(series.counters).toMatchObject({ damagedGroups: 1, damagedMs: 40 });
  expect(series.counters.damagedBytes).toBeLessThan(third!);
  expect(series.counters.damagedBytes).toBeGreaterThan(sizeOf(group(0)));
  await series.acknowledge(gap!, { segment: 1, group: 1 });
  expect(series.counters).toMatchObject({ acknowledgedBytes: first, acknowledgedMs: 40, expiredBytes: 0 });
  await series.expire(1);
  expect(series.counters).toMatchObject({ expiredBytes: second, expiredMs: 40 });
  await series.expireBefore(Number.MAX_SAFE_INTEGER);
  expect(series.counters.expiredMs).toBe(3 * 40);
  await series.acknowledge(gap!, { segment: 4, group: 1 });
  expect(series.counters).toMatchObject({ acknowledgedBytes: first, acknowledgedMs: 40 });
});

test('a bound that is met does not end the segment that is being written', async () => {
  const bench = new Bench();
  const series = await bench.open({ policy: { segmentMs: 1000 } });
  series.begin(HEADERS);
  bench.append(...group(0), ...group(1000));
  await series.flush();
  await series.expire(series.gaps[0]!.parts[0]!.bytes);
  bench.append(...group(1500));
  expect(series.gaps[0]!.parts).toHaveLength(1);
  await series.expire(1);
  bench.append(...group(1800));
  expect(series.gaps[0]!.parts).toHaveLength(2);
  await series.close();
});

test('other headers belong to what follows them', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  series.setHeaders(HEADERS.slice(1));
  bench.append(...group(1000));
  await series.end();
  const headers: number[] = [];
  for await (const read of series.read(series.gaps[0]!)) headers.push(read.headers.length);
  expect(headers).toEqual([HEADERS.length, HEADERS.length - 1]);
});

test('a series that is opened again goes on where it was confirmed, and is cleared of leftovers', async () => {
  const bench = new Bench();
  const series = await bench.open({ policy: { segmentMs: 1000 } });
  series.begin(HEADERS);
  bench.append(...group(0), ...group(1000), ...group(1500));
  await series.end();
  await series.acknowledge(series.gaps[0]!, { segment: 1, group: 1 });
  await series.acknowledge(series.gaps[0]!, { segment: 2, group: 1 });
  await series.close();
  await put(bench.disk, `${FOLDER}/places.new`, Buffer.from('draft'));
  const names = { channel: 'camera', destination: 'rtmp://server/live/camera' };
  const again = await bench.open({ names });
  expect(again.gaps).toMatchObject([{ number: 1, acknowledged: { segment: 2, group: 1 } }]);
  expect(await bench.read()).toEqual([1500, 1520, 1540]);
  expect(bench.disk.paths).not.toContain(`${FOLDER}/places.new`);
  expect(await readSeriesNames(bench.disk, FOLDER)).toEqual(names);
  again.begin(HEADERS);
  bench.append(keyFrame(9000));
  expect(again.openGap?.number).toBe(2);
  await again.close();
});

test('segments that were confirmed when a process died go when the series is opened again', async () => {
  const bench = new Bench();
  const series = await bench.open();
  series.begin(HEADERS);
  bench.append(...group(0));
  await series.end();
  bench.disk.onStep = ({ call, path }) =>
    call === 'remove' && path.endsWith('.flv') ? diskError('EIO') : undefined;
  await expect(series.acknowledge(series.gaps[0]!, { segment: 1, group: 1 })).rejects.toThrow('EIO');
  bench.disk.onStep = () => undefined;
  expect(bench.disk.paths.filter((path) => path.endsWith('.flv'))).toHaveLength(1);
  const again = await bench.open();
  expect([again.gaps, bench.disk.paths]).toEqual([[], [`${FOLDER}/places`]]);
});

test('a folder that cannot be made is an error of the spool', async () => {
  const bench = new Bench();
  bench.disk.makeFolder = () => Promise.reject(diskError('EACCES'));
  await expect(bench.open()).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_SPOOL_FAILED' });
});
