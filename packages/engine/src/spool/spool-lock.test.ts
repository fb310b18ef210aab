import { existsSync, renameSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderLock } from './folder-lock.js';
import { SpoolLock } from './spool-lock.js';

let folder = '';
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'cloudpush-lock-')), 'deep', 'spool');
});
afterEach(async () => {
  await rm(join(folder, '..', '..'), { recursive: true });
});

async function owner(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, 'lock'), 'utf8')) as Record<string, unknown>;
}

async function ownFacts(): Promise<Record<string, unknown>> {
  const lock = await SpoolLock.acquire(folder);
  const facts = await owner();
  await lock.release();
  return facts;
}

async function leave(changes: object): Promise<void> {
  const left = { ...(await ownFacts()), token: 'left', ...changes };
  await writeFile(join(folder, 'lock'), JSON.stringify(left));
}

test('a spool belongs to one process until it is given back', async () => {
  expect(await FolderLock.ownerOf(folder)).toBeUndefined();
  const lock = await SpoolLock.acquire(folder);
  expect(await FolderLock.ownerOf(folder)).toBe(process.pid);
  await expect(SpoolLock.acquire(folder)).rejects.toMatchObject({
    code: 'ERR_CLOUDPUSH_SPOOL_IN_USE',
    class: 'fatal',
    details: { folder, pid: process.pid },
  });
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
  await (await SpoolLock.acquire(folder)).release();
});

test.each([
  ['whose process is gone', { pid: 2 ** 22 + 1 }],
  ['of a process before the one that has its number now', { startedAt: '1' }],
  ['of another machine', { host: 'other.example' }],
  ['of another container, or from before the machine was started', { namespace: 'other' }],
])('a lock %s is taken over', async (_what, changes) => {
  await leave(changes);
  expect(await FolderLock.ownerOf(folder)).toBeUndefined();
  const lock = await SpoolLock.acquire(folder);
  expect(await owner()).toMatchObject({ pid: process.pid });
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
});

test('a lock that was torn by a power loss is taken over', async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'lock'), '{"pid":');
  await (await SpoolLock.acquire(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('a lock is taken over of which each that took it over was torn by a power loss, too', async () => {
  await mkdir(folder, { recursive: true });
  const lock = join(folder, 'lock');
  await writeFile(lock, '{"pid":');
  const { ino, mtimeNs } = await stat(lock, { bigint: true });
  for (const token of ['torn', `file-${ino}-${mtimeNs}`]) await writeFile(`${lock}.after-${token}`, '');
  expect(await FolderLock.ownerOf(folder)).toBeUndefined();
  await (await SpoolLock.acquire(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test.skipIf(process.platform !== 'linux')(
  'the lock of an earlier version is respected while its process lives',
  async () => {
    await mkdir(folder, { recursive: true });
    const { startedAt, pid } = await ownFacts();
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid, startedAt }));
    expect(await FolderLock.ownerOf(folder)).toBe(pid);
    await expect(SpoolLock.acquire(folder)).rejects.toMatchObject({ details: { folder, pid } });
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid, startedAt: '1' }));
    await (await SpoolLock.acquire(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  },
);

test('of many who want a spool that was left, one gets it, and the others are told that it is in use', async () => {
  for (let round = 0; round < 5; round++) {
    await leave({ pid: 2 ** 22 + 1 });
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => SpoolLock.acquire(folder)));
    const locks = tries.filter((each) => each.status === 'fulfilled');
    expect(locks).toHaveLength(1);
    for (const each of tries)
      if (each.status === 'rejected')
        expect(each.reason).toMatchObject({ code: 'ERR_CLOUDPUSH_SPOOL_IN_USE' });
    expect(await FolderLock.ownerOf(folder)).toBe(process.pid);
    await locks[0]!.value.release();
    expect(await readdir(folder)).toEqual([]);
  }
});

test('who is late is told that a spool is in use, also where the one that has it has tidied up', async () => {
  await leave({});
  const [lock, winner, late] = ['lock', 'winner', 'lock.after-left'].map((name) => join(folder, name));
  await writeFile(winner!, JSON.stringify({ ...(await owner()), token: 'next' }));
  await writeFile(lock!, JSON.stringify({ ...(await owner()), pid: 2 ** 22 + 1 }));
  const acquired = SpoolLock.acquire(folder);
  while (!existsSync(late!)) await turn();
  renameSync(winner!, lock!);
  rmSync(late!);
  await expect(acquired).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_SPOOL_IN_USE' });
  expect(await readdir(folder)).toEqual(['lock']);
});

test('a lock is taken over from one whose process went while it took it over', async () => {
  await leave({ pid: 2 ** 22 + 1 });
  const successor = join(folder, 'lock.after-left');
  await writeFile(successor, JSON.stringify({ ...(await owner()), token: 'next' }));
  await (await SpoolLock.acquire(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('a lock that is being taken over is in use', async () => {
  await leave({});
  const { token: _token, ...self } = await owner();
  await writeFile(join(folder, 'lock'), JSON.stringify({ ...self, token: 'left', pid: 2 ** 22 + 1 }));
  await writeFile(join(folder, 'lock.after-left'), JSON.stringify({ ...self, token: 'next' }));
  expect(await FolderLock.ownerOf(folder)).toBe(process.pid);
  await expect(SpoolLock.acquire(folder)).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_SPOOL_IN_USE' });
});

test('a lock that another has taken over is not given back for it', async () => {
  const lock = await SpoolLock.acquire(folder);
  await writeFile(join(folder, 'lock'), JSON.stringify({ ...(await owner()), token: 'other' }));
  await lock.release();
  expect(await owner()).toMatchObject({ token: 'other' });
});

test('a folder that cannot be made is told with its path and the reason', async () => {
  await mkdir(join(folder, '..'), { recursive: true });
  await writeFile(folder, '');
  await expect(SpoolLock.acquire(join(folder, 'below'))).rejects.toMatchObject({
    code: 'ERR_CLOUDPUSH_SPOOL_FAILED',
    class: 'retryable',
    details: { errno: 'ENOTDIR' },
  });
});
