import { expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { SpoolSeries, seriesName } from '../../spool/index.js';
import { diskError, SimulatedDisk } from '../../spool/testing/simulated-disk.js';
import { HEADERS, keyFrame, picture } from '../../spool/testing/tags.js';
import { SpoolBounds } from './spool-bounds.js';

const clock = new FakeClock();

/** A series of two segments that a destination has left. */
async function leave(disk: SimulatedDisk, destination: string): Promise<number> {
  const names = { channel: '', destination };
  const folder = `/spool/${seriesName(names)}`;
  const series = await SpoolSeries.open({ folder, io: disk, clock, names });
  for (const start of [0, 60_000]) {
    series.begin(HEADERS);
    for (const tag of [keyFrame(start), picture(start + 40)]) series.append(tag, clock.wallTime());
    await series.end();
  }
  const { bytes } = series;
  await series.close();
  return bytes;
}

function boundsOf(disk: SimulatedDisk, open: string[], maxBytes: number, spooledBytes = 0): SpoolBounds {
  const config = { folder: '/spool', maxBytes, maxAge: 1e9, minFree: 0, sync: 'second', maxGaps: 4 } as const;
  const destinations = () =>
    open.map((destination) => ({
      seriesNames: { channel: '', destination },
      spooledBytes,
      expireSpool: () => {},
    }));
  return new SpoolBounds({ config, clock, io: disk, destinations });
}

function mediaOn(disk: SimulatedDisk): string[] {
  return disk.paths.filter((path) => path.endsWith('.flv'));
}

test("a series that a destination opens later counts once, and none of it is removed as nobody's", async () => {
  const disk = new SimulatedDisk();
  const bytes = await leave(disk, 'yard');
  const open: string[] = [];
  const bounds = boundsOf(disk, open, bytes * 1.5, bytes);
  await bounds.keep();
  open.push('yard');
  await bounds.keep();
  expect(mediaOn(disk)).toHaveLength(2);
  // The destination is over: nobody has it again.
  open.length = 0;
  for (let run = 0; run < 10; run++) await bounds.keep();
  const [first] = mediaOn(disk);
  await boundsOf(disk, open, bytes * 0.9).keep();
  expect(mediaOn(disk)).toHaveLength(1);
  expect(mediaOn(disk)).not.toContain(first);
});

test('a series that a destination opens while others are removed is left alone from then on', async () => {
  for (const removals of [1, 2, 3]) {
    const disk = new SimulatedDisk();
    await leave(disk, 'a');
    await leave(disk, 'b');
    const open: string[] = [];
    let left = removals;
    disk.onStep = ({ call, path }) => {
      if (call === 'remove' && path.endsWith('.flv') && --left === 0) open.push('a', 'b');
      return undefined;
    };
    await boundsOf(disk, open, 1).keep();
    expect(mediaOn(disk)).toHaveLength(4 - removals);
  }
});

test('a folder from which nothing can be removed keeps the others within their bounds all the same', async () => {
  const disk = new SimulatedDisk();
  await leave(disk, 'a');
  await leave(disk, 'b');
  const stuck = seriesName({ channel: '', destination: 'a' });
  disk.onStep = ({ call, path }) =>
    call === 'remove' && path.includes(stuck) ? diskError('EACCES') : undefined;
  await boundsOf(disk, [], 1).keep();
  expect(mediaOn(disk).every((path) => path.includes(stuck))).toBe(true);
  expect(mediaOn(disk)).toHaveLength(2);
});
