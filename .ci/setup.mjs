// Set-up for `npm start` and `npm test`: installs what the lock file names, builds what changed, and otherwise
// does nothing, quickly. Built-ins only, because it runs before anything is installed. It speaks on standard error,
// so that the standard output of what follows stays clean.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/**
 * Projects to compile, in order: a folder with its tsconfig.json, its sources, and the compiler's notes on
 * its output.
 */
const projects = [
  ...['muxer', 'transport', 'engine'].map((name) => project(`packages/${name}`, 'src', 'dist')),
  project('packages/engine/examples', '.', '../dist/examples'),
  project('packages/cloudpush', 'src', 'dist'),
  project('packages/cloudpush/src/gateway/dashboard', '.', '../../../dist/gateway/dashboard'),
];
/** What bundles the compiler's output, by what it bundles; and what is there when they have. */
const bundlers = {
  'the packages': join(root, '.ci', 'bundle.mjs'),
  'the dashboard': join(root, 'packages', 'cloudpush', 'scripts', 'build-dashboard.mjs'),
};
const bundles = [
  ...['muxer', 'transport', 'engine'].map((name) => join(root, 'packages', name, 'lib', 'index.js')),
  join(root, 'packages', 'cloudpush', 'lib', 'start.js'),
  join(root, 'packages', 'cloudpush', 'dist', 'gateway', 'dashboard', 'static', 'index.html'),
];
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const buildStamp = join(root, 'node_modules', '.cache', 'cloudpush', 'build');

class SetupError extends Error {}

function project(folder, sources, output) {
  const path = join(root, folder);
  return { folder, path, sources: join(path, sources), notes: join(path, output, '.tsbuildinfo') };
}

function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new SetupError(`${path} cannot be read: ${error.message}`);
  }
}

/** The floor is written once, in package.json: "engines": { "node": ">=X.Y.Z" }. */
function checkNode() {
  const range = readJson(join(root, 'package.json')).engines.node;
  const floor = range.replace('>=', '').split('.').map(Number);
  const found = process.versions.node.split('.').map(Number);
  const at = floor.findIndex((part, index) => part !== found[index]);
  if (at >= 0 && found[at] < floor[at]) {
    throw new SetupError(
      `Node.js ${floor.join('.')} or newer is needed; this is ${process.versions.node} (${process.execPath})`,
    );
  }
}

/**
 * Returns the reason why an install is needed, or undefined. npm leaves a list of what it installed in
 * node_modules/.package-lock.json.
 */
function staleInstall() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (wanted === undefined) throw new SetupError('package-lock.json is missing');
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined) return 'node_modules is missing or incomplete';
  for (const [path, entry] of Object.entries(installed)) {
    if (excludes(entry.os, process.platform)) return `${path} is for another operating system`;
    if (excludes(entry.cpu, process.arch)) return `${path} is for another processor`;
  }
  for (const [path, entry] of Object.entries(wanted)) {
    const found = installed[path];
    if (path === '' || (found === undefined && entry.optional && !isOurChoice(wanted, path))) continue;
    const same = found?.version === entry.version && found?.integrity === entry.integrity;
    if (!same) return `${path} is not as locked`;
  }
  return undefined;
}

/**
 * Tells whether one of this repository's packages names an optional package, which is then for every machine. Those
 * that others name are mostly for one kind of machine each, and left out on the rest.
 */
function isOurChoice(wanted, path) {
  const name = path.replace('node_modules/', '');
  return Object.entries(wanted).some(
    ([where, entry]) => !where.includes('node_modules/') && entry.optionalDependencies?.[name] !== undefined,
  );
}

/** Tells whether a package's "os" or "cpu" list, such as ["linux"] or ["!win32"], rules this machine out. */
function excludes(list, here) {
  if (list === undefined) return false;
  return list.includes(`!${here}`) || (list.every((name) => !name.startsWith('!')) && !list.includes(here));
}

/** npm by the path that it gave us when it is our parent, else the one on the PATH. */
function runNpm(args) {
  const parent = process.env.npm_execpath;
  if (parent?.endsWith('npm-cli.js')) return run(process.execPath, [parent, ...args]);
  return run('npm', args, { shell: process.platform === 'win32' });
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (result.error) throw new SetupError(`${command} cannot be started: ${result.error.message}`);
  return result.signal ?? result.status;
}

function install() {
  const reason = staleInstall();
  if (reason === undefined) return;
  say(`installing dependencies (${reason}): npm ci`);
  const status = runNpm(['ci', '--include=dev', '--no-audit', '--no-fund']);
  if (status !== 0) {
    throw new SetupError(
      `npm ci failed (${status}); npm says why above. It needs the package registry, or a filled npm cache.`,
    );
  }
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(path) : [path];
  });
}

/** Fingerprint of the sources of the build, by size and time of change. */
function fingerprintSources() {
  const hash = createHash('sha256');
  const common = [join(root, 'tsconfig.json'), join(root, 'node_modules', '.package-lock.json')];
  const inputs = [...common, ...Object.values(bundlers)];
  for (const { path, sources } of projects) inputs.push(join(path, 'tsconfig.json'), ...sourceFiles(sources));
  for (const path of inputs) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function build() {
  const fingerprint = fingerprintSources();
  const built = existsSync(buildStamp) ? readFileSync(buildStamp, 'utf8') : undefined;
  // The compiler keeps its notes among its outputs: where they are gone, it builds anew.
  const isThere = projects.every(({ notes }) => existsSync(notes)) && bundles.every(existsSync);
  if (isThere && built === fingerprint) return;
  const folders = projects.map(({ folder }) => folder);
  say(`building (${isThere ? 'sources changed' : 'not built yet'}): tsc -b ${folders.join(' ')}`);
  const status = run(process.execPath, [tsc, '-b', ...folders]);
  if (status !== 0) throw new SetupError(`the build failed (${status}); the compiler says why above`);
  for (const [what, script] of Object.entries(bundlers)) {
    const outcome = run(process.execPath, [script]);
    if (outcome !== 0) throw new SetupError(`bundling ${what} failed (${outcome}); see above`);
  }
  mkdirSync(dirname(buildStamp), { recursive: true });
  writeFileSync(buildStamp, fingerprint);
}

try {
  checkNode();
  install();
  build();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
