import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Reads a configuration file, and replaces it whole: whoever reads it meanwhile sees the old text or the new
 * one.
 */
export class ConfigurationFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws Error of the file system */
  async read(): Promise<string> {
    return await readFile(this.path, 'utf8');
  }

  /**
   * Replaces the text; mode and owner stay, and a link stays a link.
   * @throws Error of the file system; the text is the old one then
   */
  async write(text: string): Promise<void> {
    const path = await realpath(this.path);
    // Renaming would get around the file's own mode.
    await access(path, constants.W_OK);
    const { mode, uid, gid } = await stat(path);
    const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
    const handle = await open(temporary, 'wx', mode & 0o7777);
    try {
      await handle.chmod(mode & 0o7777);
      await handle.chown(uid, gid).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPERM') throw error;
      });
      await handle.writeFile(text);
      await handle.sync();
      await handle.close();
      await rename(temporary, path);
    } catch (error) {
      await handle.close().catch(() => {});
      await rm(temporary, { force: true });
      throw error;
    }
  }
}
