import { expect, test } from 'vitest';
import { ClosedSeries, ClosedSeriesSet } from './closed-series.js';
import { diskError, SimulatedDisk } from './testing/simulated-disk.js';
import { GAP_START, put, storeSegment } from './testing/stored-segment.js';

const SPOOL = '/spool';

/** A spool with series of these names, of two segments each. */
async function spoolOf(...names: readonly string[]): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  for (const name of names)
    for (const segment of [1, 2])
      await storeSegment(disk, `${SPOOL}/${name}`, { gap: 1, segment }, { groups: [segment * 1000] });
  return disk;
}

test('a series that is closed is looked at, and nothing of it is mended', async () => {
  const disk = await spoolOf('a');
  await put(disk, `${SPOOL}/a/places.new`, Buffer.from('draft'));
  const before = disk.paths;
  await ClosedSeries.open(disk, `${SPOOL}/a`, () => false);
  expect(disk.paths).toEqual(before);
});

test('segments go with their index, by their age only where bytes do not ask for them', async () => {
  const disk = await spoolOf('a');
  const series = await ClosedSeries.open(disk, `${SPOOL}/a`, () => false);
  const end = GAP_START + 1040;
  await series.expireSpool(0, end);
  expect(disk.paths).toHaveLength(4);
  await series.expireSpool(0, end + 1);
  expect(disk.paths).toEqual([`${SPOOL}/a/00000001-00002.flv`, `${SPOOL}/a/00000001-00002.idx`]);
});

test('a series that a destination opens meanwhile is left alone', async () => {
  const disk = await spoolOf('a');
  let isOpen = false;
  const series = await ClosedSeries.open(disk, `${SPOOL}/a`, () => isOpen);
  disk.onStep = ({ call }) => {
    if (call === 'remove') isOpen = true;
    return undefined;
  };
  await series.expireSpool(Number.MAX_SAFE_INTEGER, 0);
  expect(disk.paths).toHaveLength(2);
});

test('those that destinations have open are left out, at once or with the next look', async () => {
  const disk = await spoolOf('a', 'b', 'c');
  const open = new Set(['a']);
  const set = new ClosedSeriesSet(disk, SPOOL, () => open);
  set.forgetOpen();
  await set.update();
  const [b, c] = [...set.all];
  expect([b!.spooledBytes > 0, c !== undefined, [...set.all].length]).toEqual([true, true, 2]);
  open.add('b');
  set.forgetOpen();
  expect([...set.all]).toEqual([c]);
  open.delete('b');
  open.add('c');
  await set.update();
  const [again, ...others] = [...set.all];
  expect([again!.spooledBytes, others]).toEqual([b!.spooledBytes, []]);
});

test('a series that is known is not read again, and what is gone is forgotten', async () => {
  const disk = await spoolOf('a', 'b');
  const set = new ClosedSeriesSet(disk, SPOOL, () => new Set());
  await set.update();
  const before = [...set.all];
  await set.update();
  const after = [...set.all];
  expect([after[0] === before[0], after[1] === before[1], after.length]).toEqual([true, true, 2]);
  for (const path of disk.paths) if (path.startsWith(`${SPOOL}/a/`)) await disk.remove(path);
  await set.update();
  expect([...set.all]).toEqual([before[1]]);
});

test('a file beside the series, such as the lock, is none', async () => {
  const disk = await spoolOf('a');
  await put(disk, `${SPOOL}/lock`, Buffer.from('pid'));
  const list = disk.list.bind(disk);
  disk.list = (folder) => (folder.endsWith('lock') ? Promise.reject(diskError('ENOTDIR')) : list(folder));
  const set = new ClosedSeriesSet(disk, SPOOL, () => new Set());
  await set.update();
  expect([...set.all].map(({ spooledBytes }) => spooledBytes > 0)).toEqual([true]);
});
