import { expect, test } from 'vitest';
import { diskError, SimulatedDisk } from './testing/simulated-disk.js';
import { put } from './testing/stored-segment.js';
import { readText, removeIfThere, replaceText, writeAll } from './text-file.js';

const FOLDER = '/spool/series';
const PATH = `${FOLDER}/text`;

/** A file that takes so many bytes a call, and what it was given. */
function slowFile(most: number): {
  content: Buffer;
  calls: number;
  write: Parameters<typeof writeAll>[0]['write'];
} {
  const file = {
    content: Buffer.alloc(0),
    calls: 0,
    write: async (parts: readonly Uint8Array[], position: number) => {
      await Promise.resolve();
      file.calls++;
      expect(position).toBe(file.content.length);
      const taken = Buffer.concat(parts).subarray(0, most);
      file.content = Buffer.concat([file.content, taken]);
      return taken.length;
    },
  };
  return file;
}

test('all bytes are written, however few the disk takes at a time', async () => {
  const parts = ['one', '', 'two and', ' three'].map((text) => Buffer.from(text));
  for (let most = 1; most < 20; most++) {
    const file = slowFile(most);
    await writeAll(file, parts, 0);
    expect(file.content.toString()).toBe('onetwo and three');
    expect(file.calls).toBe(Math.ceil(16 / most));
  }
});

test('nothing to write is no call of the disk, and a disk that takes nothing is an error', async () => {
  const file = slowFile(0);
  await writeAll(file, [Buffer.alloc(0)], 0);
  expect(file.calls).toBe(0);
  await expect(writeAll(file, [Buffer.from('text')], 0)).rejects.toThrow('took none');
});

test('a text is read as it was written, and one that is not there is none', async () => {
  const disk = new SimulatedDisk();
  expect(await readText(disk, PATH)).toBeUndefined();
  await put(disk, PATH, Buffer.from('häuser'));
  expect(await readText(disk, PATH)).toBe('häuser');
  disk.onStep = () => diskError('EIO');
  await expect(readText(disk, PATH)).rejects.toMatchObject({ code: 'EIO' });
  expect(disk.openFiles).toBe(0);
  disk.open = () => Promise.reject(diskError('EACCES'));
  await expect(readText(disk, PATH)).rejects.toMatchObject({ code: 'EACCES' });
});

test('a text takes the place of another at once, also where a draft was left', async () => {
  const disk = new SimulatedDisk();
  await put(disk, PATH, Buffer.from('old'));
  await put(disk, `${PATH}.new`, Buffer.from('a draft that is longer'));
  await replaceText(disk, FOLDER, PATH, 'new');
  expect(await readText(disk, PATH)).toBe('new');
  expect([disk.paths, disk.openFiles, disk.durableBytes(PATH)]).toEqual([[PATH], 0, 3]);
  disk.onStep = ({ call }) => (call === 'write' ? diskError('ENOSPC') : undefined);
  await expect(replaceText(disk, FOLDER, PATH, 'newer')).rejects.toMatchObject({ code: 'ENOSPC' });
  expect([await readText(disk, PATH), disk.openFiles]).toEqual(['new', 0]);
});

test('a file that is gone already is removed; one that cannot be is told', async () => {
  const disk = new SimulatedDisk();
  await removeIfThere(disk, PATH);
  await put(disk, PATH, Buffer.from('text'));
  disk.onStep = () => diskError('EROFS');
  await expect(removeIfThere(disk, PATH)).rejects.toMatchObject({ code: 'EROFS' });
  expect(disk.paths).toEqual([PATH]);
});
