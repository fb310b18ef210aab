import { randomUUID } from 'node:crypto';
import {
  type FileHandle,
  link,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { requireText } from '../base/validation.js';

/** The file that says who has a folder. */
const LOCK_FILE = 'lock';
/** Between its name and a token: the file of the one that takes it over from the owner of that token. */
const SUCCESSOR = '.after-';

/** A process that has a folder; enough to tell whether it lives. */
interface LockOwner {
  /** No two have the same. */
  readonly token: string;
  readonly pid: number;
  /** Undefined: an earlier version's lock of a node, which tells a process and when it began, and no more. */
  readonly host: string | undefined;
  /**
   * The kernel's name of the space that process ids are unique in, and when the process began; Linux only.
   */
  readonly namespace: string | undefined;
  readonly startedAt: string | undefined;
}

/** The machine went down while it was written, or it is no lock of ours. */
const TORN: Omit<LockOwner, 'token'> = { pid: 0, host: '', namespace: undefined, startedAt: undefined };

/**
 * A folder is one process's alone for as long as it holds this; that of a process which is gone is taken over
 * by one that wants it, however many do.
 */
export class FolderLock {
  readonly #path: string;
  readonly #token: string;

  private constructor(path: string, token: string) {
    this.#path = path;
    this.#token = token;
  }

  /**
   * Takes a folder that there is.
   * @param inUse the error with which it fails where a process that lives has the folder, by the id of that
   * @throws that error, or the system's
   */
  static async acquire(folder: string, inUse: (pid: number) => Error): Promise<FolderLock> {
    const path = join(requireText('folder', folder), LOCK_FILE);
    const own = await thisProcess();
    const draft = `${path}.${own.token}`;
    await writeFile(draft, JSON.stringify(own), { mode: 0o600, flag: 'wx' });
    try {
      for (;;) {
        const { free, owner } = await lastOf(path);
        if (free === undefined) throw inUse(owner!.pid);
        if (!(await linked(draft, free))) continue;
        if (free === path) break;
        // Somebody may have taken the lock over and given it back since it was looked at.
        if ((await lastOf(path)).owner?.token === own.token) {
          await settle(folder, free);
          break;
        }
        // The one that has it may have removed this as well.
        await rm(free, { force: true });
      }
    } finally {
      await unlink(draft);
    }
    return new FolderLock(path, own.token);
  }

  /** The id of the process that has a folder; undefined where none that lives does. */
  static async ownerOf(folder: string): Promise<number | undefined> {
    const { free, owner } = await lastOf(join(requireText('folder', folder), LOCK_FILE));
    return free === undefined ? owner?.pid : undefined;
  }

  /** Gives it back; what another process has taken over stays. */
  async release(): Promise<void> {
    const owner = await readOwner(this.#path);
    if (owner?.token === this.#token) await unlink(this.#path);
  }
}

/** The process that has a folder, or had it last. */
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
  for (const other of await readdir(folder))
    if (other.startsWith(LOCK_FILE + SUCCESSOR)) await rm(join(folder, other), { force: true });
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
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { ino, mtimeNs } = await file.stat({ bigint: true });
    return ownerIn(await file.readFile('utf8'), `file-${ino}-${mtimeNs}`);
  } finally {
    await file.close();
  }
}

/** @param identity of the file: the token of one that has none */
function ownerIn(text: string, identity: string): LockOwner {
  const { token, ...owner } = fieldsIn(text);
  const isToken = typeof token === 'string' && /^[\w-]+$/.test(token);
  return { ...owner, token: isToken ? token : identity };
}

function fieldsIn(text: string): Omit<LockOwner, 'token'> & { readonly token?: unknown } {
  try {
    return (JSON.parse(text) as LockOwner | null) ?? TORN;
  } catch {
    return TORN;
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
  if (host === undefined) return startedAt !== undefined && startedAt === (await startOf(pid));
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
