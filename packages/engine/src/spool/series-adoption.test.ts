import { expect, test } from 'vitest';
import { FakeClock } from '../base/testing/fake-clock.js';
import { adoptSeries } from './series-adoption.js';
import { SpoolSeries } from './spool-series.js';
import { diskError, SimulatedDisk } from './testing/simulated-disk.js';
import { HEADERS, keyFrame, picture } from './testing/tags.js';

const FROM = '/spool/former';
const TO = '/spool/yard_cloud';
const clock = new FakeClock();

/** Gaps of two groups each, which begin at these timestamps. */
async function leave(disk: SimulatedDisk, folder: string, starts: readonly number[]): Promise<void> {
  const names = { channel: '', destination: folder };
  const series = await SpoolSeries.open({ folder, io: disk, clock, names });
  for (const start of starts) {
    series.begin(HEADERS);
    for (const at of [0, 40, 1000, 1040])
      series.append(at % 1000 === 0 ? keyFrame(start + at) : picture(start + at), clock.wallTime());
    await series.end();
  }
  await series.close();
}

/** The first timestamps of all groups that are yet to be sent, gap by gap. */
async function groupsIn(disk: SimulatedDisk, folder: string): Promise<number[]> {
  const series = await SpoolSeries.open({ folder, io: disk, clock });
  const found: number[] = [];
  for (const gap of series.gaps)
    for await (const { tags } of series.read(gap)) found.push(tags[0]!.timestamp);
  expect(series.missing).toEqual([]);
  await series.close();
  return found;
}

async function confirmFirst(disk: SimulatedDisk, folder: string): Promise<void> {
  const series = await SpoolSeries.open({ folder, io: disk, clock });
  await series.acknowledge(series.gaps[0]!, { segment: 1, group: 1 });
  await series.close();
}

function left(disk: SimulatedDisk): string[] {
  return disk.paths.filter((path) => path.startsWith(FROM));
}

test('all gaps come into a new series, with their indexes, and with what was confirmed of them', async () => {
  const disk = new SimulatedDisk();
  await leave(disk, FROM, [0, 10_000]);
  await confirmFirst(disk, FROM);
  await adoptSeries(disk, FROM, TO);
  expect(left(disk)).toEqual([]);
  expect(disk.paths.filter((path) => path.endsWith('.idx'))).toHaveLength(2);
  expect(await groupsIn(disk, TO)).toEqual([1000, 10_000, 11_000]);
});

test('they come behind the gaps of a series that has some', async () => {
  const disk = new SimulatedDisk();
  await leave(disk, FROM, [0, 10_000]);
  await confirmFirst(disk, FROM);
  await leave(disk, TO, [50_000]);
  await adoptSeries(disk, FROM, TO);
  expect(left(disk)).toEqual([]);
  expect(await groupsIn(disk, TO)).toEqual([50_000, 51_000, 1000, 10_000, 11_000]);
});

test('a series that is not there, or empty, is nothing to take over', async () => {
  const disk = new SimulatedDisk();
  await adoptSeries(disk, FROM, TO);
  await leave(disk, FROM, []);
  await adoptSeries(disk, FROM, TO);
  expect(disk.paths.filter((path) => path.startsWith(TO))).toEqual([]);
});

test('wherever it is broken off, the next attempt goes on, and nothing is lost', async () => {
  for (const before of [[], [50_000]]) {
    let steps = 1;
    for (let isWhole = false; !isWhole; steps++) {
      const disk = new SimulatedDisk();
      await leave(disk, FROM, [0, 10_000]);
      if (before.length > 0) await leave(disk, TO, before);
      let step = 0;
      disk.onStep = () => (++step >= steps ? diskError('EIO') : undefined);
      isWhole = await adoptSeries(disk, FROM, TO).then(
        () => true,
        () => false,
      );
      disk.onStep = () => undefined;
      await adoptSeries(disk, FROM, TO);
      const wanted = [0, 1000, 10_000, 11_000, ...before.flatMap((start) => [start, start + 1000])];
      expect((await groupsIn(disk, TO)).sort((a, b) => a - b)).toEqual(wanted);
    }
    expect(steps).toBeGreaterThan(8);
  }
});
