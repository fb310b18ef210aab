import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { CommandError, ExitCode, usageError } from '../../exit-code.js';

/**
 * A file that is there under its name only when it is whole: it is written under another name in the same
 * folder. A file that is not kept is gone at the end of the scope.
 */
export class NewFile implements AsyncDisposable {
  readonly #path: string;
  readonly #partialPath: string;
  readonly #file: FileHandle;
  readonly #replace: boolean;
  #kept = false;

  private constructor(path: string, partialPath: string, file: FileHandle, replace: boolean) {
    this.#path = path;
    this.#replace = replace;
    this.#partialPath = partialPath;
    this.#file = file;
  }

  /**
   * @param replace it may take the place of a file that has its name by then
   * @throws CommandError when no file can be made there
   */
  static async create(path: string, replace: boolean): Promise<NewFile> {
    const partialPath = `${path}.${randomUUID().slice(0, 8)}.part`;
    try {
      return new NewFile(path, partialPath, await open(partialPath, 'wx'), replace);
    } catch (error) {
      throw usageError(`${path}: a file cannot be created there (${codeOf(error)})`);
    }
  }

  /** @throws CommandError */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#attempt(this.#file.writeFile(bytes));
  }

  /** Gives the file its name. @throws CommandError */
  async keep(): Promise<void> {
    await this.#attempt(this.#file.sync());
    await this.#attempt(this.#file.close());
    if (this.#replace || !(await this.#linked())) await this.#attempt(rename(this.#partialPath, this.#path));
    else await rm(this.#partialPath).catch(() => {}); // the file is whole, and has two names then
    this.#kept = true;
  }

  /**
   * A link never takes the place of a file. False where the file system knows no links: a new name may there.
   */
  async #linked(): Promise<boolean> {
    try {
      await link(this.#partialPath, this.#path);
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') return false;
      throw usageError(
        `${this.#path}: the output file was created by someone else meanwhile; --force replaces it`,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#kept) return;
    await this.#file.close();
    await rm(this.#partialPath, { force: true });
  }

  async #attempt(action: Promise<void>): Promise<void> {
    try {
      await action;
    } catch (cause) {
      const message = `${this.#path}: the file cannot be written (${codeOf(cause)})`;
      throw new CommandError(message, ExitCode.failure, { cause });
    }
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
