import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderLock } from '@cloudpush/engine/spool';

/**
 * A folder of a node on its machine: one process has it at a time, and finds there the lease of the one
 * before it, which it may revoke as that process is no more.
 */
export class NodeFolder {
  readonly #path: string;
  readonly #lock: FolderLock;
  /** The lease of the process before; undefined: there was none. */
  readonly predecessor: string | undefined;

  private constructor(path: string, lock: FolderLock, predecessor: string | undefined) {
    this.#path = path;
    this.#lock = lock;
    this.predecessor = predecessor;
  }

  /** @throws Error when another process has it, or it cannot be made or written */
  static async take(path: string): Promise<NodeFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const inUse = (pid: number): Error =>
      new Error(`process ${pid} runs as the same node: it has ${join(path, 'lock')}`);
    const lock = await FolderLock.acquire(path, inUse);
    const lease = await readFile(join(path, 'lease'), 'utf8').catch(() => '');
    return new NodeFolder(path, lock, /^\d+$/.test(lease) ? lease : undefined);
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
    await this.#lock.release();
  }
}
