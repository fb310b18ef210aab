// Puts what the compiler has made of a package's sources (dist/) into few files (lib/), which is what users load: a
// thread of the engine would load some five hundred files otherwise, and take twice as long to start.
//
//   node .ci/bundle.mjs [PACKAGE ...]
//
// Each package is bundled by itself, and the others are imported by their names, so that every module is there
// once. What is there already is left alone as long as the compiler's output stays the same.

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PACKAGES = ['muxer', 'transport', 'engine', 'cloudpush'];
/** What a package's `bin` loads: the compiler's output, by the name of its file in lib/. */
const PROGRAMS = { cloudpush: { start: 'cli/start.js' } };
/** Files that a module finds by its own place: scripts of threads and processes, and what lies beside the code. */
const REFERENCE = /(new URL\(\s*|createRequire\(import\.meta\.url\)\(\s*)(['"])(\.[^'"]*)\2/g;
const STAMP = '.bundled';

class BundleError extends Error {}

/** Before tests, which load the packages as their users do: from lib/. */
export async function setup() {
  await bundlePackages(PACKAGES);
}

async function bundlePackages(names) {
  for (const name of names) await bundlePackage(join(root, 'packages', name));
}

/** Does nothing when the compiled code has not changed since, and every bundle is there. */
async function bundlePackage(folder) {
  const compiled = compiledFiles(folder);
  if (compiled.length === 0) throw new BundleError(`${folder} is not compiled: npx tsc -b`);
  const lib = join(folder, 'lib');
  const fingerprint = fingerprintOf(folder, compiled);
  const [bundled, ...files] = (readOrNothing(join(lib, STAMP)) ?? '').split('\n');
  if (bundled === fingerprint && files.every((name) => existsSync(join(lib, name)))) return;
  const entries = entryPoints(folder, compiled);
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: entries,
    outdir: lib,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    chunkNames: 'chunk-[hash]',
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
    plugins: [placesOfFiles(folder, lib, entries)],
  });
  const bundles = outputFiles.map(({ path, text }) => ({
    name: basename(path),
    contents: path.endsWith('.js') ? withClassNames(withoutBareImports(text)) : text,
  }));
  const stamp = [fingerprint, ...bundles.map(({ name }) => name)].join('\n');
  replaceFiles(folder, [...chunksFirst(bundles), { name: STAMP, contents: stamp }]);
}

/**
 * The compiler's modules: without what is for tests and examples, and for browsers; and without those whose source is
 * gone, which the compiler leaves behind.
 */
function compiledFiles(folder) {
  const dist = join(folder, 'dist');
  const sourceOf = (path) => join(folder, 'src', relative(dist, path)).replace(/\.js$/, '.ts');
  return readdirSync(dist, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        path.endsWith('.js') && !/[\\/](testing|examples|dashboard)[\\/]/.test(path.slice(dist.length)),
    )
    .filter((path) => existsSync(sourceOf(path)))
    .sort();
}

function fingerprintOf(folder, compiled) {
  const hash = createHash('sha256');
  for (const path of [fileURLToPath(import.meta.url), join(folder, 'package.json'), ...compiled]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Modules that something outside of the bundle loads, by their names in lib/. */
function entryPoints(folder, compiled) {
  const dist = join(folder, 'dist');
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = {};
  const add = (name, path) => {
    if (entries[name] !== undefined && entries[name] !== path)
      throw new BundleError(`${entries[name]} and ${path} would both be lib/${name}.js`);
    entries[name] = path;
  };
  for (const place of Object.values(exports))
    if (place.types !== undefined)
      add(basename(place.default, '.js'), join(folder, place.types.replace(/\.d\.ts$/, '.js')));
  for (const [name, path] of Object.entries(PROGRAMS[basename(folder)] ?? {})) add(name, join(dist, path));
  for (const path of compiled)
    for (const [, , , place] of readFileSync(path, 'utf8').matchAll(REFERENCE))
      if (place.endsWith('.js')) add(basename(place, '.js'), resolve(dirname(path), place));
  return entries;
}

/** Where a module names a file by its distance from itself, it names it by the distance from lib/. */
function placesOfFiles(folder, lib, entries) {
  const names = new Map(Object.entries(entries).map(([name, path]) => [path, `./${name}.js`]));
  return {
    name: 'places of files',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]dist[\\/].*\.js$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        if (!source.includes('import.meta.url') || !path.startsWith(folder)) return undefined;
        const contents = source.replace(REFERENCE, (_, call, quote, place) => {
          const target = resolve(dirname(path), place);
          const from = names.get(target) ?? urlPath(relative(lib, target)) + (place.endsWith('/') ? '/' : '');
          return `${call}${quote}${from}${quote}`;
        });
        if (/new URL\(\s*`[^`]*`, import\.meta\.url/.test(contents))
          throw new BundleError(`${path}: what lies beside the code must have a name that is written out`);
        return { contents, loader: 'js' };
      });
    },
  };
}

function urlPath(path) {
  return path.replaceAll(sep, '/');
}

/**
 * Imports of no name keep an order of side effects. Our modules have none, as package.json says, and the bundler of a
 * user would warn of them.
 */
function withoutBareImports(text) {
  return text.replace(/^import "\.\/[^"]+";$/gm, '');
}

/**
 * A class that names itself becomes `var Name = class _Name`, and its errors and stack traces would say "_Name". A blank
 * takes the place of the underscore, as source maps count columns.
 */
function withClassNames(text) {
  let named = text;
  for (const [, name] of text.matchAll(/^var (\w+) = class _\1\b/gm))
    named = named.replace(new RegExp(`(?<![\\w$.#])_${name}(?![\\w$])`, 'g'), ` ${name}`);
  return named;
}

/** What others import is there before them. */
function chunksFirst(bundles) {
  const isChunk = ({ name }) => name.startsWith('chunk-');
  return [...bundles.filter(isChunk), ...bundles.filter((bundle) => !isChunk(bundle))];
}

/**
 * A program that runs meanwhile finds each file whole, the old one or the new one. Files are written in a folder of this
 * process: another one may bundle at the same time.
 */
function replaceFiles(folder, files) {
  const lib = join(folder, 'lib');
  mkdirSync(lib, { recursive: true });
  const workshop = mkdtempSync(join(folder, 'dist', '.bundling-'));
  try {
    for (const { name, contents } of files) {
      writeFileSync(join(workshop, name), contents);
      renameSync(join(workshop, name), join(lib, name));
    }
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  const kept = new Set(files.map(({ name }) => name));
  for (const name of readdirSync(lib))
    if (!kept.has(name)) rmSync(join(lib, name), { recursive: true, force: true });
}

function readOrNothing(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

// The path that it was called by may lead over a link.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const names = process.argv.slice(2);
    await bundlePackages(names.length > 0 ? names : PACKAGES);
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    process.stderr.write(`bundle: ${error.message}\n`);
    process.exitCode = 1;
  }
}
