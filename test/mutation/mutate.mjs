// Puts small faults into the source, one at a time, and says which of them no test beside the source notices.
//
//   npm run mutate -- [file or folder …]      default: the pool's memory, and the queues of the workers
//
// Source files stay as they are: the tests are given a changed text. Tests that need a build, or a worker thread, do not take part.

import { fork } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const SOURCE = 'packages/engine/src';
const DEFAULT = ['memory', 'shard', 'packet-sender.ts'].map((name) => join(SOURCE, name));
/** Longer than all tests that reach one file take: such a mutant goes round in circles, ms. */
const LIMIT = 120_000;

function sourcesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(path, name));
}

/** The modules of ours that a module imports, types aside. */
function importsOf(path) {
  const source = readFileSync(path, 'utf8');
  const named = source.matchAll(/(?:^import (?!type )[^;]*?from|\bimport\() ?'(\.[^']+)'/gm);
  return [...named].map(([, name]) => join(dirname(path), name.replace(/\.js$/, '.ts'))).filter(existsSync);
}

/** Farther away, a test is about something else, and takes long. */
const FARTHEST = 3;

/** Whether a test reaches a file within a few imports. */
function reaches(test, file) {
  let modules = [test];
  for (let steps = 0; steps < FARTHEST; steps++) {
    modules = [...new Set(modules.flatMap(importsOf))];
    if (modules.includes(file)) return true;
  }
  return false;
}

function allTests(folder = SOURCE) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

/** Runs the mutants from one on, until they are through or one hangs. */
function runFrom(file, tests, from, onVerdict) {
  return new Promise((settle) => {
    let current;
    const child = fork(join(import.meta.dirname, 'runner.mjs'), [JSON.stringify({ file, tests, from })], {
      silent: true,
    });
    let timer;
    child.on('message', (message) => {
      clearTimeout(timer);
      if (message.type === 'begin') {
        current = message;
        timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
      } else {
        onVerdict(current, message.killed);
        current = undefined;
      }
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (current === undefined && code !== 0) throw new Error(`the tests of ${file} do not run`);
      if (current === undefined) return settle(undefined);
      // It hung, or took the process down: no test would have passed.
      onVerdict(current, true);
      settle(current.index + 1 < current.count ? current.index + 1 : undefined);
    });
  });
}

const tests = allTests();
const files = (process.argv.length > 2 ? process.argv.slice(2) : DEFAULT).flatMap((path) =>
  sourcesIn(relative('.', resolve(path))),
);
let total = 0;
let alive = 0;
for (const file of files) {
  const reaching = tests.filter((test) => reaches(test, file));
  if (reaching.length === 0) {
    process.stdout.write(`${file}: no test beside the source reaches it\n`);
    continue;
  }
  let count = 0;
  let survivors = 0;
  let from = 0;
  while (from !== undefined)
    from = await runFrom(file, reaching, from, ({ line, what }, killed) => {
      count++;
      if (killed) return;
      survivors++;
      process.stdout.write(`${file}:${line}: ${what}\n`);
    });
  process.stdout.write(`${file}: ${count - survivors} of ${count} noticed\n`);
  total += count;
  alive += survivors;
}
process.stdout.write(`${total - alive} of ${total} noticed\n`);
