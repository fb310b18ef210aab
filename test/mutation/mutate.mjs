// Puts small faults into the source, one at a time, and says which of them no test beside the source notices.
//
//   npm run mutate -- [file or folder …]      default: the pool's memory, and the queues of the workers
//
// Source files stay as they are: the tests are given a changed text. Tests that need a build, or a worker thread, do not take part.

import { fork } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { importsOf } from './modules.mjs';

/** The part of their runs that models take, which run anew for each fault; the environment may ask for another. */
const MODEL_SHARE = '0.1';
const SOURCE = 'packages/engine/src';
const DEFAULT = [
  'memory',
  'worker',
  'worker/channel',
  'worker/destination',
  'worker/connection',
  'engine/channel/packet-sender.ts',
].map((name) => join(SOURCE, name));

function sourcesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(path, name));
}

/** Farther away, a test is about something else, and takes long. */
const FARTHEST = 3;

/** Number of imports that a test is away from a file. */
function distance(test, file) {
  let modules = [test];
  for (let steps = 1; steps <= FARTHEST; steps++) {
    modules = [...new Set(modules.flatMap(importsOf))];
    if (modules.includes(file)) return steps;
  }
  return Number.POSITIVE_INFINITY;
}

/** The tests that may judge a file, nearest first: a mutant is done with at its first failure. */
function judgesOf(file) {
  const beside = file.replace(/\.ts$/, '.test.ts');
  return allTests()
    .map((test) => ({ test, far: test === beside ? 0 : distance(test, file) }))
    .filter(({ far }) => far <= FARTHEST)
    .sort((a, b) => a.far - b.far)
    .map(({ test }) => test);
}

function allTests(folder = SOURCE) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

/** Runs the mutants from one on, until they are through or one hangs. */
function runFrom(file, { tests, from, known }, { onVerdict, onUnfit, onJudges }) {
  return new Promise((settle) => {
    let current;
    const child = fork(
      join(import.meta.dirname, 'runner.mjs'),
      [JSON.stringify({ file, tests, from, known })],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { MODEL_SHARE, ...process.env } },
    );
    let timer;
    child.on('message', (message) => {
      clearTimeout(timer);
      if (message.type === 'begin') {
        current = message;
        timer = setTimeout(() => child.kill('SIGKILL'), message.limit);
      } else if (message.type === 'verdict') {
        onVerdict(current, message.killed);
        current = undefined;
      } else if (message.type === 'judges') {
        onJudges(message.judges);
      } else if (message.type === 'unfit') {
        onUnfit(relative('.', message.root), message.message);
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

const files = (process.argv.length > 2 ? process.argv.slice(2) : DEFAULT).flatMap((path) =>
  sourcesIn(relative('.', resolve(path))),
);
let total = 0;
let alive = 0;
for (const file of files) {
  const reaching = judgesOf(file);
  if (reaching.length === 0) {
    process.stdout.write(`${file}: no test beside the source reaches it\n`);
    continue;
  }
  let count = 0;
  let survivors = 0;
  let from = 0;
  let known;
  const on = {
    onVerdict: ({ line, what }, killed) => {
      count++;
      if (killed) return;
      survivors++;
      process.stdout.write(`${file}:${line}: ${what}\n`);
    },
    onUnfit: (test, message) =>
      process.stdout.write(`${test} takes no part, it fails without a fault: ${message}\n`),
    onJudges: (judges) => {
      known = judges;
    },
  };
  while (from !== undefined) from = await runFrom(file, { tests: reaching, from, known }, on);
  process.stdout.write(`${file}: ${count - survivors} of ${count} noticed\n`);
  total += count;
  alive += survivors;
}
process.stdout.write(`${total - alive} of ${total} noticed\n`);
