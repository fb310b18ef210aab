import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/architecture.md', root), 'utf8');
const sources = (name: string): string => `packages/${name}/src`;

/** Folders that the page names two floors deep. */
const DEEP = [
  'transport:session',
  'transport:io',
  'engine:engine',
  'engine:worker',
  'engine:sources',
  'cloudpush:cli',
  'cloudpush:gateway',
  'cloudpush:cluster',
];

function foldersOf(path: string): string[] {
  return readdirSync(new URL(path, root), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
    .map(({ name }) => name);
}

/** Rows of the table about the sources of a package. */
function rowsOf(name: string): string[] {
  const begin = text.indexOf(`| folder of \`${sources(name)}\``);
  expect(begin).toBeGreaterThan(0);
  return text.slice(begin, text.indexOf('\n\n', begin)).split('\n').slice(2);
}

test.each(['muxer', 'transport', 'engine', 'cloudpush'])('every folder of %s is in its table', (name) => {
  const named = rowsOf(name).flatMap((row) => row.split('|')[1]!.match(/[\w-]+/g) ?? []);
  expect(named.toSorted()).toEqual(foldersOf(sources(name)).toSorted());
});

test.each(DEEP.map((place) => place.split(':') as [string, string]))(
  'every folder of %s: %s is in its row',
  (name, folder) => {
    const row = rowsOf(name).find((line) => line.startsWith(`| \`${folder}\` `));
    for (const inner of foldersOf(`${sources(name)}/${folder}`)) expect(row).toContain(`\`${inner}\``);
  },
);

test('every file and folder that is named with its path is there', () => {
  const paths = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)+)`/g)].map(([, path]) => path!);
  // A name without a folder stands behind an arrow, and lies beside the one in front of it.
  const places = ['.', sources('engine'), sources('cloudpush')];
  const missing = paths.filter(
    (path) => !places.some((place) => existsSync(new URL(`${place}/${path}`, root))),
  );
  expect(missing).toEqual([]);
});
