import * as fs from 'node:fs';
import { mkdir, readdir, rename, rmdir, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { SpoolFile, SpoolIo } from './spool-io.js';

const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);
const fsync = promisify(fs.fsync);
const fdatasync = promisify(fs.fdatasync);
const ftruncate = promisify(fs.ftruncate);

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Calls that wait for the disk itself, at a time and thread. The four threads of libuv serve the whole
 * process: writes and name look-ups must not wait behind them.
 */
const MAX_SYNCS = 3;

/** Lets so many calls run at a time. */
class Limiter {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_SYNCS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

const syncs = new Limiter();

class DiskFile implements SpoolFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(parts: readonly Uint8Array[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.writev(this.#fd, parts as Uint8Array[], position, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    });
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const count = await this.#readOnce(target, done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  #readOnce(target: Uint8Array, offset: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, target, offset, target.length - offset, position, (error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
  }

  async size(): Promise<number> {
    return (await fstat(this.#fd)).size;
  }

  sync(): Promise<void> {
    return syncs.run(() => fdatasync(this.#fd));
  }

  truncate(size: number): Promise<void> {
    return ftruncate(this.#fd, size);
  }

  close(): Promise<void> {
    return close(this.#fd);
  }
}

/**
 * Level by level, each name durable: where nothing can be made, Node's recursive `mkdir` may never come back.
 */
async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  try {
    await mkdir(folder, FOLDER_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || parent === folder) throw error;
    await makeFolder(parent);
    await mkdir(folder, FOLDER_MODE);
  }
  await syncFolder(parent);
}

async function syncFolder(folder: string): Promise<void> {
  const fd = await open(folder, fs.constants.O_RDONLY);
  try {
    await syncs.run(() => fsync(fd));
  } finally {
    await close(fd);
  }
}

/** The file system of the machine. */
export const diskIo: SpoolIo = {
  create: async (path) => new DiskFile(await open(path, 'wx+', FILE_MODE)),
  open: async (path, access) => new DiskFile(await open(path, access === 'read' ? 'r' : 'r+')),
  list: (folder) => readdir(folder),
  makeFolder,
  syncFolder,
  rename,
  remove: unlink,
  removeFolder: rmdir,
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};
