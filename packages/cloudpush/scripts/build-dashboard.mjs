// Bundles the gateway's dashboard into dist/gateway/dashboard/static, which the gateway serves: one page,
// its scripts and styles with a hash of their content in their names, and the licences of what is bundled.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(folder, 'src', 'gateway', 'dashboard');
const output = join(folder, 'dist', 'gateway', 'dashboard', 'static');

/** Names of bundles by the source that they begin with, and all files that went into one. */
async function bundle() {
  const { metafile } = await build({
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
  });
  const entries = Object.entries(metafile.outputs)
    .filter(([, { entryPoint }]) => entryPoint !== undefined)
    .map(([name, { entryPoint }]) => [basename(entryPoint), basename(name)]);
  return { names: new Map(entries), inputs: Object.keys(metafile.inputs) };
}

/** The licence of each package that a bundle holds a part of. @throws Error when one has none. */
function licencesOf(files) {
  const packages = new Set(
    files.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  const texts = [...packages].sort().map((path) => {
    const place = join(folder, path);
    const { name, version } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
    const file = readdirSync(place).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file in ${relative(folder, place)}`);
    return `${name} ${version}\n\n${readFileSync(join(place, file), 'utf8').trim()}\n`;
  });
  return `The dashboard of cloudpush holds parts of these packages.\n\n${texts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const { names, inputs } = await bundle();
const page = readFileSync(join(sources, 'index.html'), 'utf8')
  .replace('{{script}}', names.get('main.tsx'))
  .replace('{{style}}', names.get('main.css'));
writeFileSync(join(output, 'index.html'), page);
writeFileSync(join(output, 'icon.svg'), readFileSync(join(sources, 'icon.svg')));
writeFileSync(join(output, 'licences.txt'), licencesOf(inputs));
