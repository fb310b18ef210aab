import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { loadModule } from './load-module.js';

function refuse(): never {
  throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
}

test('a module is not begun without descriptors: that is told, and it is loaded when there are some', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cloudpush-module-'));
  const path = join(folder, 'module.mjs');
  await writeFile(path, 'export const openSource = 1;');
  const { href } = pathToFileURL(path);
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(loadModule(href, refuse)).rejects.toMatchObject({
      ...{ code: 'ERR_CLOUDPUSH_SOURCE_MODULE', class: 'retryable' },
      message: `the source module ${href} cannot be loaded now: this process has too many open files (EMFILE)`,
    });
  }
  expect(await loadModule(href)).toMatchObject({ openSource: 1 });
  await rm(folder, { recursive: true });
});

test('a module that is broken is told, and not worth another attempt', async () => {
  await expect(loadModule('data:text/javascript,no%20script')).rejects.toMatchObject({
    class: 'fatal',
    message: 'the source module data:text/javascript cannot be loaded',
  });
});
