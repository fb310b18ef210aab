// What makes lib/ of dist/, in a repository of a few lines.

import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ProcessResult, run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { root } from './support/installed.js';

const MANIFEST = {
  type: 'module',
  exports: { '.': { types: './dist/index.d.ts', default: './lib/index.js' } },
};
const STARTER = `export const thread = new URL('./thread.js', import.meta.url);\n`;

/** A repository with one package, whose modules are compiled. */
class SmallRepository implements AsyncDisposable {
  readonly #folder: TempFolder;

  private constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async create(modules: Readonly<Record<string, string>>): Promise<SmallRepository> {
    const folder = await TempFolder.create();
    const repository = new SmallRepository(folder);
    for (const place of ['.ci', 'packages/muxer/src', 'packages/muxer/dist'])
      mkdirSync(folder.file(place), { recursive: true });
    await copyFile(join(root, '.ci/bundle.mjs'), folder.file('.ci/bundle.mjs'));
    symlinkSync(join(root, 'node_modules'), folder.file('node_modules'));
    await folder.write('packages/muxer/package.json', Buffer.from(JSON.stringify(MANIFEST)));
    for (const [name, text] of Object.entries(modules)) await repository.compile(name, text);
    return repository;
  }

  /** As the compiler does it: what it has made stays when its source goes. */
  async compile(name: string, text: string): Promise<void> {
    for (const place of ['src', 'dist']) mkdirSync(join(this.path(place), name, '..'), { recursive: true });
    await this.#folder.write(`packages/muxer/src/${name}.ts`, Buffer.from(text));
    await this.#folder.write(`packages/muxer/dist/${name}.js`, Buffer.from(text));
  }

  bundle(script = '.ci/bundle.mjs'): Promise<ProcessResult> {
    return run(process.execPath, [this.#folder.file(script), 'muxer']);
  }

  /** A link to the whole, inside of it. */
  link(name: string): void {
    symlinkSync(this.#folder.path, this.#folder.file(name));
  }

  path(name: string): string {
    return this.#folder.file(`packages/muxer/${name}`);
  }

  bundles(): string[] {
    return readdirSync(this.path('lib'))
      .filter((name) => name.endsWith('.js'))
      .sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

test('a bundle that is gone is made again', async () => {
  await using repository = await SmallRepository.create({ index: 'export const a = 1;\n' });
  await repository.bundle();
  rmSync(repository.path('lib/index.js'));
  const { code, stderr } = await repository.bundle();
  expect([code, stderr, repository.bundles()]).toEqual([0, '', ['index.js']]);
});

test('the bundler does its work when it is called over a link', async () => {
  await using repository = await SmallRepository.create({ index: 'export const a = 1;\n' });
  repository.link('linked');
  const { code, stderr } = await repository.bundle('linked/.ci/bundle.mjs');
  expect([code, stderr, repository.bundles()]).toEqual([0, '', ['index.js']]);
});

test('what the compiler made of a source that has moved is not bundled', async () => {
  await using repository = await SmallRepository.create({
    index: `export { thread } from './old/start.js';\n`,
    'old/start': STARTER,
    'old/thread': 'export const old = true;\n',
  });
  await repository.bundle();
  rmSync(repository.path('src/old'), { recursive: true });
  await repository.compile('new/start', STARTER);
  await repository.compile('new/thread', 'export const moved = true;\n');
  await repository.compile('index', `export { thread } from './new/start.js';\n`);
  const { code, stderr } = await repository.bundle();
  expect([code, stderr, repository.bundles()]).toEqual([0, '', ['index.js', 'thread.js']]);
  expect(readFileSync(repository.path('lib/thread.js'), 'utf8')).toContain('moved');
});
