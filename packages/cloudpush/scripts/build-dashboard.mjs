// Bundles the gateway's dashboard into dist/gateway/dashboard/static, which the gateway serves: one page,
// its scripts and styles with a hash of their content in their names, and the licences of what is bundled.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(folder, 'src', 'gateway', 'dashboard');
const output = join(folder, 'dist', 'gateway', 'dashboard', 'static');

/** The bundles, their names by the source that they begin with, and all files that went into one. */
async function bundle() {
  const { metafile, outputFiles: bundles } = await build({
    absWorkingDir: folder,
    entryPoints: [join(sources, 'page', 'main.tsx'), join(sources, 'styles', 'main.css')],
    outdir: output,
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    target: ['es2022', 'chrome110', 'firefox115', 'safari16.4'],
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    write: false,
  });
  const entries = Object.entries(metafile.outputs)
    .filter(([, { entryPoint }]) => entryPoint !== undefined)
    .map(([name, { entryPoint }]) => [basename(entryPoint), basename(name)]);
  return { names: new Map(entries), inputs: Object.keys(metafile.inputs), bundles };
}

/** The licence of each package that a bundle holds a part of. @throws Error when one has none. */
function licencesOf(files) {
  const packages = new Set(
    files.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  const texts = [...packages].sort().map((path) => {
    const home = join(folder, path);
    const { name, version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    const file = readdirSync(home).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file in ${relative(folder, home)}`);
    return `${name} ${version}\n\n${readFileSync(join(home, file), 'utf8').trim()}\n`;
  });
  return `The dashboard of cloudpush holds parts of these packages.\n\n${texts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}

/** Puts a file in its place as a whole: a gateway that serves it never reads a part of it. */
function place(name, content) {
  const path = join(output, name);
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}

mkdirSync(output, { recursive: true });
const before = readdirSync(output);
const { names, inputs, bundles } = await bundle();
// The page comes last: all that it names is there then. What the page before names goes after that.
for (const { path, contents } of bundles) place(basename(path), contents);
const page = readFileSync(join(sources, 'index.html'), 'utf8')
  .replace('{{script}}', names.get('main.tsx'))
  .replace('{{style}}', names.get('main.css'));
const others = {
  'icon.svg': readFileSync(join(sources, 'icon.svg')),
  'licences.txt': licencesOf(inputs),
  'index.html': page,
};
for (const [name, content] of Object.entries(others)) place(name, content);
const made = new Set([...bundles.map(({ path }) => basename(path)), ...Object.keys(others)]);
for (const name of before) if (!made.has(name)) rmSync(join(output, name), { recursive: true, force: true });
