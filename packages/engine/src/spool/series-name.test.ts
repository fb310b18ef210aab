import { expect, test } from 'vitest';
import { keepSeriesNames, readSeriesNames, seriesName } from './series-name.js';
import { diskError, SimulatedDisk } from './testing/simulated-disk.js';

test('a name says whose series it is, and is the same in every run', () => {
  expect(seriesName({ channel: 'Yard 1', destination: 'Cloud' })).toMatch(/^yard-1_cloud_[0-9a-f]{12}$/);
  expect(seriesName({ channel: 'a', destination: 'b' })).toBe(seriesName({ channel: 'a', destination: 'b' }));
});

test.each([
  [
    { channel: 'ab', destination: 'c' },
    { channel: 'a', destination: 'bc' },
  ],
  [
    { channel: 'Yard', destination: 'c' },
    { channel: 'yard', destination: 'c' },
  ],
  [
    { channel: 'a/b', destination: 'c' },
    { channel: 'a-b', destination: 'c' },
  ],
])('names that differ in anything have folders that do: %j, %j', (one, other) => {
  expect(seriesName(one)).not.toBe(seriesName(other));
});

test.each(['../..', '', '.', 'ä\0/'.repeat(200), 'CON', '-x-'])(
  '%j makes a safe name of a folder',
  (name) => {
    expect(seriesName({ channel: name, destination: name })).toMatch(/^[a-z0-9][a-z0-9_-]{0,140}$/);
  },
);

test('names lie beside their media, and are read as they were written', async () => {
  const disk = new SimulatedDisk();
  expect(await readSeriesNames(disk, '/s')).toBeUndefined();
  await keepSeriesNames(disk, '/s', { channel: 'Yard', destination: 'Cloud' });
  expect(await readSeriesNames(disk, '/s')).toEqual({ channel: 'Yard', destination: 'Cloud' });
  const { steps } = disk;
  await keepSeriesNames(disk, '/s', { channel: 'Yard', destination: 'Cloud' });
  expect(disk.steps).toBe(steps + 1);
  await keepSeriesNames(disk, '/s', { channel: 'Yard', destination: 'Archive' });
  expect(await readSeriesNames(disk, '/s')).toMatchObject({ destination: 'Archive' });
});

test.each(['', '{', '{"channel":1,"destination":"a"}', '{"channel":"a"}'])(
  '%j names nothing',
  async (text) => {
    const disk = new SimulatedDisk();
    await keepSeriesNames(disk, '/s', { channel: 'a', destination: 'b' });
    disk.setContent('/s/series.json', Buffer.from(text));
    expect(await readSeriesNames(disk, '/s')).toBeUndefined();
  },
);

test('names that cannot be read are no names that are damaged', async () => {
  const disk = new SimulatedDisk();
  await keepSeriesNames(disk, '/s', { channel: 'a', destination: 'b' });
  disk.onStep = () => diskError('EIO');
  await expect(readSeriesNames(disk, '/s')).rejects.toMatchObject({ code: 'EIO' });
});
