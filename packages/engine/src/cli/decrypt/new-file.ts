import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { CommandError, ExitCode, usageError } from '../exit-code.js';

/**
 * A file that is there under its name only when it is whole: it is written under another name in the same folder. A
 * file that is not kept is gone at the end of the scope.
 */
export class NewFile implements AsyncDisposable {
  readonly #path: string;
  readonly #partialPath: string;
  readonly #file: FileHandle;
  #kept = false;

  private constructor(path: string, partialPath: string, file: FileHandle) {
    this.#path = path;
    this.#partialPath = partialPath;
    this.#file = file;
  }

  /** @throws CommandError when no file can be made there */
  static async create(path: string): Promise<NewFile> {
    const partialPath = `${path}.${randomUUID().slice(0, 8)}.part`;
    try {
      return new NewFile(path, partialPath, await open(partialPath, 'wx'));
    } catch (error) {
      throw usageError(`${path}: no file can be made there (${codeOf(error)})`);
    }
  }

  /** @throws CommandError */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#attempt(this.#file.writeFile(bytes));
  }

  /** Gives the file its name, in the place of one that has it already. @throws CommandError */
  async keep(): Promise<void> {
    await this.#attempt(this.#file.sync());
    await this.#attempt(this.#file.close());
    await this.#attempt(rename(this.#partialPath, this.#path));
    this.#kept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#kept) {
      return;
    }
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
