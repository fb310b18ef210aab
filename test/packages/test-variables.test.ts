import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The system's, which tests hand on or change. */
const SYSTEM = ['NODE_TLS_REJECT_UNAUTHORIZED', 'PATH'];
const IS_OF_TESTS = /^test\/.*\.ts$|\.test\.ts$|\/testing\/.*\.ts$/;

test('every variable that tests read is in the table of CONTRIBUTING.md, and no other', () => {
  const files = ['test', ...readdirSync(`${root}packages`).map((name) => `packages/${name}/src`)].flatMap(
    (folder) => readdirSync(root + folder, { recursive: true }).map((name) => `${folder}/${name}`),
  );
  const read = new Set<string>();
  for (const file of files.filter((name) => IS_OF_TESTS.test(name))) {
    const text = readFileSync(`${root}${file}`, 'utf8');
    for (const [, name] of text.matchAll(/process\.env\['(\w+)'\]/g)) read.add(name!);
    // Where the name is a constant.
    for (const [, constant] of text.matchAll(/process\.env\[(\w+)\]/g))
      read.add(text.match(new RegExp(`const ${constant} = '(\\w+)'`))![1]!);
  }
  for (const name of SYSTEM) read.delete(name);
  expect(read.size).toBeGreaterThan(10);
  const rows = readFileSync(`${root}CONTRIBUTING.md`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => row.split('|')[1]!.match(/\w+/g) ?? []);
  expect(named.toSorted()).toEqual([...read].toSorted());
});
