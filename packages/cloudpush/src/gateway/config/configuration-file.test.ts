import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConfigurationFile } from './configuration-file.js';
import { FileWatcher } from './file-watcher.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloudpush-file-'));
  path = join(folder, 'gateway.yaml');
  await writeFile(path, 'old');
});
afterEach(() => rm(folder, { recursive: true }));

test('a file is replaced whole, with its mode, and nothing is left beside it', async () => {
  await chmod(path, 0o640);
  await new ConfigurationFile(path).write('new');
  expect(await readFile(path, 'utf8')).toBe('new');
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(['gateway.yaml']);
});

test('a link stays a link', async () => {
  const link = join(folder, 'link.yaml');
  await symlink('gateway.yaml', link);
  await new ConfigurationFile(link).write('new');
  expect(await readlink(link)).toBe('gateway.yaml');
  expect(await readFile(path, 'utf8')).toBe('new');
});

test.each([
  ['is written in place', () => writeFile(path, 'new')],
  [
    'is renamed over',
    async () => {
      await writeFile(join(folder, 'x.tmp'), 'new');
      await rename(join(folder, 'x.tmp'), path);
    },
  ],
])('a change is told when the file %s', async (_, change) => {
  const onChange = vi.fn();
  const watcher = new FileWatcher(path, onChange);
  await watcher.ready();
  await change();
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), 5000);
  await watcher.close();
});

test('a change is told when a link is swapped, as Kubernetes does', async () => {
  const mount = await mkdtemp(join(tmpdir(), 'cloudpush-mount-'));
  for (const version of ['..1', '..2']) {
    await mkdir(join(mount, version));
    await writeFile(join(mount, version, 'gateway.yaml'), version);
  }
  await symlink('..1', join(mount, '..data'));
  await symlink('..data/gateway.yaml', join(mount, 'gateway.yaml'));
  const onChange = vi.fn();
  const watcher = new FileWatcher(join(mount, 'gateway.yaml'), onChange);
  await watcher.ready();
  await symlink('..2', join(mount, '..data_tmp'));
  await rename(join(mount, '..data_tmp'), join(mount, '..data'));
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), 5000);
  expect(await new ConfigurationFile(join(mount, 'gateway.yaml')).read()).toBe('..2');
  await watcher.close();
  await rm(mount, { recursive: true });
});
