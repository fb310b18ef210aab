// Files that the packages would publish.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstalledPackages, packageNames, root } from './support/installed.js';

let installed: InstalledPackages;
beforeAll(async () => {
  installed = await InstalledPackages.create();
}, 120_000);
afterAll(() => installed[Symbol.asyncDispose]());

const manifestOf = (folder: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<string, unknown>;

for (const name of packageNames) {
  test(`${name} holds its licence, its pages and its types, and nothing that only tests or compilers need`, () => {
    const files = installed.filesOf(name);
    const entry =
      name === 'cloudpush' ? ['bin/cloudpush.js', 'lib/start.js'] : ['lib/index.js', 'dist/index.d.ts'];
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', ...entry]));
    const surplus = files.filter((file) =>
      /(^|\/)testing\/|\.test\.|tsbuildinfo|\.bundled|\.d\.ts\.map$|^src\/|^(dist\/)?examples\/|^dist\/(?!gateway\/dashboard\/static\/).*\.js/.test(
        file,
      ),
    );
    expect(surplus).toEqual([]);
    expect(readFileSync(join(installed.of(name), 'LICENSE'), 'utf8')).toBe(
      readFileSync(join(root, 'LICENSE'), 'utf8'),
    );
  });

  test(`${name}'s source maps hold their sources`, () => {
    const maps = installed.filesOf(name).filter((file) => file.endsWith('.js.map'));
    const scripts = installed.filesOf(name).filter((file) => /^lib\/.*\.js$/.test(file));
    expect(maps.sort()).toEqual(scripts.map((file) => `${file}.map`).sort());
    for (const map of maps) {
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(installed.of(name), map), 'utf8')) as {
        sources: string[];
        sourcesContent?: (string | null)[];
      };
      expect(sourcesContent?.filter((source) => source !== null).length, map).toBe(sources.length);
      expect(sources.filter((source) => !/^\.\.\/src\/.*\.ts$/.test(source))).toEqual([]);
    }
  });

  test(`${name}'s classes have the names that its sources give them`, () => {
    const renamed = installed
      .filesOf(name)
      .filter((file) => /^lib\/.*\.js$/.test(file))
      .flatMap(
        (file) => readFileSync(join(installed.of(name), file), 'utf8').match(/^var \w+ = class _\w+/gm) ?? [],
      );
    expect(renamed).toEqual([]);
  });

  test(`${name}'s manifest agrees with the repository's`, () => {
    const { engines, license } = manifestOf('.');
    expect(manifestOf(`packages/${name}`)).toMatchObject({
      engines,
      license,
      keywords: expect.arrayContaining(['rtmp']),
      scripts: { prepack: expect.stringMatching(/^tsc -b/) },
    });
  });
}

test('every page that a README of a package links to is in the package', () => {
  for (const name of packageNames) {
    const files = installed.filesOf(name);
    const readme = readFileSync(join(installed.of(name), 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
    // Links to sources and to other packages are for readers of the repository.
    const own = links.filter((link) => link.startsWith('docs/'));
    expect(own.filter((link) => !files.includes(link))).toEqual([]);
  }
});
