import { CloudPushError } from '../base/errors.js';
import { diskIo } from './disk-io.js';
import { FolderLock } from './folder-lock.js';
import { spoolFailed } from './spool-failed.js';

/** A spool is one process's alone for as long as it holds this. Readers need none. */
export class SpoolLock {
  readonly #lock: FolderLock;

  private constructor(lock: FolderLock) {
    this.#lock = lock;
  }

  /**
   * Makes the folder, and takes it.
   * @throws CloudPushError `ERR_CLOUDPUSH_SPOOL_IN_USE` where another process that lives has it,
   *   `ERR_CLOUDPUSH_SPOOL_FAILED` where the folder cannot be made or written
   */
  static async acquire(folder: string): Promise<SpoolLock> {
    try {
      await diskIo.makeFolder(folder);
      return new SpoolLock(await FolderLock.acquire(folder, (pid) => inUse(folder, pid)));
    } catch (error) {
      if (error instanceof CloudPushError) throw error;
      throw spoolFailed(folder, error);
    }
  }

  /** Gives it back; what another process has taken over stays. */
  async release(): Promise<void> {
    await this.#lock.release();
  }
}

function inUse(folder: string, pid: number): CloudPushError {
  return new CloudPushError(
    'ERR_CLOUDPUSH_SPOOL_IN_USE',
    `the spool ${folder} is in use by process ${pid}: stop it, or name another folder`,
    { details: { folder, pid } },
  );
}
