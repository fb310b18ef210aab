import { randomUUID } from 'node:crypto';
import { link, readFile, readlink, rename, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CloudPushError } from '../base/errors.js';
import { diskIo } from './disk-io.js';
import { spoolFailed } from './spool-failed.js';

/** The file that says who writes a spool. */
const LOCK_FILE = 'lock';

/** A process that has a spool; enough to tell whether it lives. */
export interface LockOwner {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** The kernel's name of the space that process ids are unique in, and when the process began; Linux only. */
  readonly namespace: string | undefined;
  readonly startedAt: string | undefined;
}

/** Tries of taking over a lock whose process is gone, when others try as well. */
const MAX_TRIES = 5;

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
        for (let tries = 1; !(await linked(draft, path)); tries++) {
          const owner = await readOwner(path);
          if (owner !== undefined && (tries > MAX_TRIES || (await isAlive(owner))))
            throw inUse(root, owner.pid);
          await takeAway(path, owner);
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
  const owner = await readOwner(join(folder, LOCK_FILE));
  return owner !== undefined && (await isAlive(owner)) ? owner : undefined;
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

/** Removes a lock, but for the one of somebody who was faster. */
async function takeAway(path: string, judged: LockOwner | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const owner = await readOwner(aside);
  if (owner?.token !== judged?.token) await linked(aside, path);
  await unlink(aside);
}

/** Undefined where there is none, or the machine went down while it was written. */
async function readOwner(path: string): Promise<LockOwner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockOwner;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
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
