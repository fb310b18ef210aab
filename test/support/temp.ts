import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder of a test's own, gone with its contents at the end of the scope: `await using folder = await
 * TempFolder.create()`.
 */
export class TempFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TempFolder> {
    return new TempFolder(await mkdtemp(join(tmpdir(), 'cloudpush-test-')));
  }

  /** The path of `name` inside the folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file into the folder and returns its path. */
  async write(name: string, data: Uint8Array): Promise<string> {
    const path = this.file(name);
    await writeFile(path, data);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}
