import { expect, test } from 'vitest';
import { Acknowledgements } from './acknowledgements.js';
import { checked } from './index-format.js';
import { SimulatedDisk } from './testing/simulated-disk.js';
import { put } from './testing/stored-segment.js';

const FOLDER = '/spool/series';
const PATH = `${FOLDER}/places`;

async function loaded(disk: SimulatedDisk): Promise<Acknowledgements> {
  const places = new Acknowledgements(disk, FOLDER);
  await places.load();
  return places;
}

test('places and the highest number of a gap are found again, but for those that are forgotten', async () => {
  const disk = new SimulatedDisk();
  const places = await loaded(disk);
  places.lastGap = 17;
  places.set(16, { segment: 2, group: 3 });
  places.set(17, { segment: 1, group: 0 });
  places.forget(17);
  await Promise.all([places.save(), places.save()]);
  const again = await loaded(disk);
  expect([again.lastGap, again.get(16), again.get(17)]).toEqual([17, { segment: 2, group: 3 }, undefined]);
});

test.each(['cloudpush-places 2 17', 'cloudpush-spool 1 17'])(
  'a file that begins with %s says nothing',
  async (head) => {
    const disk = new SimulatedDisk();
    await put(disk, PATH, Buffer.from(checked(head) + checked('16 2 3')));
    const places = await loaded(disk);
    expect([places.lastGap, places.get(16)]).toEqual([0, undefined]);
  },
);

test('a place whose line is damaged is none, and the others are', async () => {
  const disk = new SimulatedDisk();
  const lines = ['cloudpush-places 1 17', '15 1 1', '16 2 3'].map(checked);
  lines[1] = lines[1]!.replace('15 1 1', '15 9 1');
  await put(disk, PATH, Buffer.from(lines.join('')));
  const places = await loaded(disk);
  expect([places.get(15), places.get(16)]).toEqual([undefined, { segment: 2, group: 3 }]);
});
