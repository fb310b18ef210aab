import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Holder of a folder: a process, and when it was started, as numbers of processes are used again. */
interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

/**
 * A folder of a node on its machine: one process has it at a time, and finds there the lease of the one
 * before it, which it may revoke as that process is no more.
 */
export class NodeFolder {
  readonly #path: string;
  /** The lease of the process before; undefined: there was none. */
  readonly predecessor: string | undefined;

  private constructor(path: string, predecessor: string | undefined) {
    this.#path = path;
    this.predecessor = predecessor;
  }

  /** @throws Error when another process has it, or it cannot be made or written */
  static async take(path: string): Promise<NodeFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await lock(path);
    const lease = await readFile(join(path, 'lease'), 'utf8').catch(() => '');
    return new NodeFolder(path, /^\d+$/.test(lease) ? lease : undefined);
  }

  /** Remembers the lease that the next process may revoke. */
  async keep(lease: string): Promise<void> {
    const temporary = join(this.#path, `lease.${process.pid}`);
    await writeFile(temporary, lease, { mode: 0o600 });
    await rename(temporary, join(this.#path, 'lease'));
  }

  /** The lease is over: there is nothing to be revoked. */
  async leave(): Promise<void> {
    await rm(join(this.#path, 'lease'), { force: true });
    await rm(join(this.#path, 'lock'), { force: true });
  }
}

async function lock(path: string): Promise<void> {
  const place = join(path, 'lock');
  const own: Holder = { pid: process.pid, startedAt: await startOf(process.pid) };
  const mine = join(path, `lock.${randomUUID()}`);
  await writeFile(mine, JSON.stringify(own), { mode: 0o600 });
  try {
    // A link, other than a file that is opened, is there whole or not at all.
    for (let attempt = 0; attempt < 3; attempt++) {
      const isTaken = await link(mine, place).then(
        () => false,
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
          return true;
        },
      );
      if (!isTaken) return;
      await removeStale(place);
    }
    throw new Error(`${place} changes its holder again and again`);
  } finally {
    await rm(mine, { force: true });
  }
}

/** @throws Error when its holder lives */
async function removeStale(place: string): Promise<void> {
  const text = await readFile(place, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const { pid, startedAt } = holderOf(text);
  if (startedAt !== '' && startedAt === (await startOf(pid))) {
    throw new Error(`process ${pid} runs as the same node: it has ${place}`);
  }
  // Of two who find it stale, one renames it; what that one got may be the other's new lock, which is then
  // put back.
  const stale = `${place}.${randomUUID()}`;
  await rename(place, stale).catch(() => {});
  const moved = await readFile(stale, 'utf8').catch(() => text);
  if (moved !== text) await link(stale, place).catch(() => {});
  await rm(stale, { force: true });
}

/** The holder of a lock; one that a machine which lost its power has left damaged has none. */
function holderOf(text: string): Holder {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<Holder>;
    return { pid: Number(pid), startedAt: String(startedAt) };
  } catch {
    return { pid: 0, startedAt: '' };
  }
}

/** When a process was started, in ticks since the machine was; '' of one that is no more. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name of the program, in parentheses, may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
