import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const path = (name: string): string => fileURLToPath(new URL(name, root));

/** Files and folders of tests that a document names. */
function named(document: string): string[] {
  const text = readFileSync(path(document), 'utf8');
  return [...text.matchAll(/`((?:test|packages)\/[\w./-]+)`/g)].map(([, name]) => name!);
}

/** The test files of a folder of `test`, without its own folders. */
function testsOf(folder: string): string[] {
  const files = readdirSync(path(`test/${folder}`)).filter((name) => name.endsWith('.test.ts'));
  return files.map((name) => `test/${folder}/${name}`);
}

/** Tests of the tools, and this one. */
const TOOLS = ['test/faults/document.test.ts', 'test/soak/trend.test.ts', 'test/soak/account.test.ts'];

test.each(['docs/faults.md', 'SECURITY.md'])('%s names tests that are there', (document) => {
  const names = named(document);
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !existsSync(path(name)))).toEqual([]);
});

test('every test of faults is in the table of faults', () => {
  const tests = ['faults', 'model', 'soak'].flatMap(testsOf).filter((name) => !TOOLS.includes(name));
  expect(tests.filter((name) => !named('docs/faults.md').includes(name))).toEqual([]);
});

test('every fault in the table has a test, and says what is seen and what is lost', () => {
  const rows = readFileSync(path('docs/faults.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| **') && !line.includes('---'))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows.length).toBeGreaterThan(15);
  for (const cells of rows) {
    expect(cells).toHaveLength(4);
    expect(
      cells.every((cell) => cell !== ''),
      cells[0],
    ).toBe(true);
    expect(cells[3]).toMatch(/`(test|packages)\//);
  }
});

test('every threat has a test', () => {
  const threats = ['server', 'publisher', 'camera', 'API client', 'file', 'disk', 'log'];
  const rows = readFileSync(path('SECURITY.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '));
  for (const threat of threats)
    expect(
      rows.find((row) => row.split('|')[1]!.includes(threat) && /`(test|packages)\//.test(row)),
      threat,
    ).toBeDefined();
});
