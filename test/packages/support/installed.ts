import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../support/process.js';
import { TempFolder } from '../../support/temp.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export const packageNames = ['muxer', 'transport', 'engine', 'cloudpush'] as const;

/**
 * A project with the packages as they would be published: packed, unpacked, and installed as pnpm does it, so
 * that the project sees the engine alone, and each package sees what its own manifest names.
 */
export class InstalledPackages implements AsyncDisposable {
  readonly folder: TempFolder;

  private constructor(folder: TempFolder) {
    this.folder = folder;
  }

  static async create(): Promise<InstalledPackages> {
    const folder = await TempFolder.create();
    try {
      const installed = new InstalledPackages(folder);
      const folders = packageNames.map((name) => join(root, 'packages', name));
      await succeed('npm', ['pack', ...folders, '--ignore-scripts', '--pack-destination', folder.path]);
      for (const name of packageNames) await installed.#install(name);
      installed.#link(folder.path, '@cloudpush/engine');
      installed.#link(folder.path, '@types/node');
      return installed;
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Folder of a package of ours. */
  of(name: string): string {
    return this.folder.file(`store/${name}`);
  }

  /** Files of a package, by their paths inside it. */
  filesOf(name: string): string[] {
    return readdirSync(this.of(name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) => join(entry.parentPath, entry.name).slice(this.of(name).length + 1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }

  async #install(name: string): Promise<void> {
    const place = this.of(name);
    mkdirSync(place, { recursive: true });
    const start = name === 'cloudpush' ? /^cloudpush-\d/ : new RegExp(`^cloudpush-${name}-\\d`);
    const tarball = readdirSync(this.folder.path).find((file) => start.test(file))!;
    await succeed('tar', ['-xzf', join('../..', tarball), '--strip-components=1'], place);
    const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    for (const dependency of Object.keys(manifest.dependencies ?? {})) this.#link(place, dependency);
  }

  #link(from: string, dependency: string): void {
    const ours = /^@cloudpush\/(\w+)$/.exec(dependency)?.[1];
    const link = join(from, 'node_modules', dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(ours === undefined ? join(root, 'node_modules', dependency) : this.of(ours), link);
  }
}

/** Runs a program that must succeed. */
async function succeed(command: string, args: readonly string[], cwd = root): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { cwd, timeoutMs: 120_000 });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed (${code})\n${stdout}${stderr}`);
  return stdout;
}
