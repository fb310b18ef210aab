import { randomUUID } from 'node:crypto';
import { link, readFile, readlink, rename, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CloudPushError } from '../base/errors.js';
import { diskIo } from './disk-io.js';
import { spoolFailed } from './spool-failed.js';
import { removeIfThere } from './text-file.js';

/** The file that says who writes a spool. */
const LOCK_FILE = 'lock';
/** Between its name and a token: the file of the one that takes it over from the owner of that token. */
const SUCCESSOR = '.after-';

/** A process that has a spool; enough to tell whether it lives. */
export interface LockOwner {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /**
   * The kernel's name of the space that process ids are unique in, and when the process began; Linux only.
   */
  readonly namespace: string | undefined;
  readonly startedAt: string | undefined;
}

/** The machine went down while it was written. */
const TORN: LockOwner = { token: 'torn', pid: 0, host: '', namespace: undefined, startedAt: undefined };

/** A spool is one process's alone for as long as it holds this. Readers need none. */
export class SpoolLock {
  readonly #path: string;
  readonly #token: string;

  private constructor(path: string, token: string) {
    this.#path = path;
    this.#token = token;
  }

  /**
   * Makes the folder, and takes it.
   * @throws CloudPushError `ERR_CLOUDPUSH_SPOOL_IN_USE` where another process that lives has it,
   *   `ERR_CLOUDPUSH_SPOOL_FAILED` where the folder cannot be made or written
   */
  static async acquire(folder: string): Promise<SpoolLock> {
    try {
      await diskIo.makeFolder(folder);
      return await acquire(folder);
    } catch (error) {
      if (error instanceof CloudPushError) throw error;
      throw spoolFailed(folder, error);
    }

    async function acquire(root: string): Promise<SpoolLock> {
      const path = join(root, LOCK_FILE);
      const own = await thisProcess();
      const draft = `${path}.${own.token}`;
      await writeFile(draft, JSON.stringify(own), { mode: 0o600, flag: 'wx' });
      try {
        for (;;) {
          const { free, owner } = await lastOf(path);
          if (free === undefined) throw inUse(root, owner!.pid);
          if (await linked(draft, free)) {
            if (free === path) break;
            // Somebody may have taken the lock over and given it back since it was looked at.
            if ((await lastOf(path)).owner?.token === own.token) {
              await settle(root, free);
              break;
            }
            await unlink(free);
          }
        }
      } finally {
        await unlink(draft);
      }
      return new SpoolLock(path, own.token);
    }
  }

  /** Gives it back; what another process has taken over stays. */
  async release(): Promise<void> {
    const owner = await readOwner(this.#path);
    if (owner?.token === this.#token) await unlink(this.#path);
  }
}

/** The process that has a spool now; undefined where none that lives does. */
export async function spoolOwner(folder: string): Promise<LockOwner | undefined> {
  const { free, owner } = await lastOf(join(folder, LOCK_FILE));
  return free === undefined ? owner : undefined;
}

/** The process that has a spool, or had it last. */
interface LastOwner {
  readonly owner: LockOwner | undefined;
  /** The name that makes its file the next owner; undefined: that is not wanted, as the owner lives. */
  readonly free: string | undefined;
}

/**
 * A lock whose process is gone stays where it is until its successor has it for certain: that one is named
 * after it, and as no token comes twice, there can be only one.
 */
async function lastOf(path: string): Promise<LastOwner> {
  let last: LockOwner | undefined;
  for (let name = path; ; ) {
    const owner = await readOwner(name);
    if (owner === undefined) return { owner: last, free: name };
    if (await isAlive(owner)) return { owner, free: undefined };
    last = owner;
    name = `${path}${SUCCESSOR}${owner.token}`;
  }
}

/**
 * The last of those who followed one another takes the place of the first, and nothing is left of the others.
 */
async function settle(folder: string, name: string): Promise<void> {
  await rename(name, join(folder, LOCK_FILE));
  for (const other of await diskIo.list(folder))
    if (other.startsWith(LOCK_FILE + SUCCESSOR)) await removeIfThere(diskIo, join(folder, other));
}

function inUse(folder: string, pid: number): CloudPushError {
  return new CloudPushError(
    'ERR_CLOUDPUSH_SPOOL_IN_USE',
    `the spool ${folder} is in use by process ${pid}: stop it, or name another folder`,
    { details: { folder, pid } },
  );
}

/** Whether the name could be given to the file: never where there is one already. */
async function linked(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined where there is none. */
async function readOwner(path: string): Promise<LockOwner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockOwner;
  } catch (error) {
    if (error instanceof SyntaxError) return TORN;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function thisProcess(): Promise<LockOwner> {
  const { pid } = process;
  return {
    token: randomUUID(),
    pid,
    host: hostname(),
    namespace: await ownNamespace(),
    startedAt: await startOf(pid),
  };
}

/** A process id says nothing beyond the host and the container that it is of. */
async function isAlive({ pid, host, namespace, startedAt }: LockOwner): Promise<boolean> {
  if (host !== hostname() || namespace !== (await ownNamespace())) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startedAt === (await startOf(pid));
}

/** The boot of the machine, and the space of process ids on it. */
async function ownNamespace(): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

/** Start of a process in clock ticks since the boot: field 22 of its `stat`. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
