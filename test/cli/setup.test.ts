// First steps of a new user: the two commands, the lock file, a command that has not been built.

import { mkdirSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { minVersion, satisfies } from 'semver';
import { expect, test } from 'vitest';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';

const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** The fields of an entry of the lock file that this file reads. */
interface LockEntry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(pathOf('package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockEntry>>;
};

test('set-up does nothing, and says nothing, when nothing has changed', { timeout: 60_000 }, async () => {
  const script = pathOf('.ci/setup.mjs');
  const first = await run(process.execPath, [script]);
  expect(first.code).toBe(0);
  const second = await run(process.execPath, [script]);
  expect([second.code, second.stdout, second.stderr]).toEqual([0, '', '']);
});

test('the lock file names the packages of every platform, so that npm ci installs on each', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) => {
    const folders = path
      .split('/node_modules/')
      .map((_, i, parts) => parts.slice(0, i + 1).join('/node_modules/'));
    const places = ['', ...folders.map((folder) => `${folder}/`)];
    return Object.keys(optionalDependencies).filter((name) =>
      places.every((place) => packages[`${place}node_modules/${name}`] === undefined),
    );
  });
  expect(missing).toEqual([]);
  for (const system of ['darwin-arm64', 'darwin-x64', 'win32-x64', 'linux-arm64', 'linux-x64'])
    expect(packages).toHaveProperty([`node_modules/@biomejs/cli-${system}`]);
});

test('the lock file records no download address', () => {
  const downloaded = Object.entries(packages).filter(
    ([, { resolved, link }]) => resolved !== undefined && !link,
  );
  expect(downloaded).toEqual([]);
});

test('every package that a user installs takes the oldest Node.js that ours take', () => {
  const floor = minVersion(packages['']!.engines!.node!)!;
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);
  const refusing = installed.filter(([, { engines }]) => !satisfies(floor, engines?.node ?? '*'));
  expect(refusing.map(([path, { engines }]) => `${path} wants ${engines?.node}`)).toEqual([]);
});

test('README and continuous integration name the same two commands', () => {
  const readme = readFileSync(pathOf('README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```sh\n(npm \w+)\n```$/gm)].map(([, command]) => command);
  expect(blocks).toEqual(['npm start', 'npm test']);
  const script = readFileSync(pathOf('.ci/run'), 'utf8');
  for (const command of blocks) expect(script).toMatch(new RegExp(`^as_new_user \\w+ ${command} -- `, 'm'));
});

test('a command that was not built says so in one line', async () => {
  await using folder = await TempFolder.create();
  mkdirSync(folder.file('bin'));
  await folder.write('package.json', Buffer.from('{"type":"module"}'));
  await copyFile(pathOf('packages/cloudpush/bin/cloudpush.js'), folder.file('bin/cloudpush.js'));
  const { code, stdout, stderr } = await run(process.execPath, [
    folder.file('bin/cloudpush.js'),
    '--version',
  ]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toBe('cloudpush is not built: run "npm run build" in the repository\n');
});
