// Runs the tests that reach one source file against each of its mutants, and sends the verdicts to its parent.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { vi } from 'vitest';
import { importsOf, Modules } from './modules.mjs';
import { mutantsOf } from './mutants.mjs';
import { firstFailure, functions } from './suite.mjs';

/** A test that takes longer than this, ms, judges only what it imports itself. */
const SLOW = 1500;
/** A test that waits for what a mutant never does is given this long beyond what it takes without one, ms. */
const PATIENCE = 1500;

const { file, tests, from, known } = JSON.parse(process.argv[2]);
const path = resolve(file);
const roots = tests.map((test) => resolve(test));
// vitest's fake timers and matchers ask for the settings of a vitest that runs.
globalThis.__vitest_worker__ = { config: { fakeTimers: {}, expect: {}, snapshotOptions: {} } };
const doMock = (name, exports) => modules.replace(name, exports);
const modules = await Modules.for(roots, { vitest: { ...functions, vi: { ...vi, doMock } } });

async function failureOf(root, changed, limit) {
  const failure = await firstFailure(() => modules.run(root, changed), limit);
  vi.useRealTimers();
  vi.restoreAllMocks();
  return failure;
}

// A test that does not pass without a mutant, or not here, says nothing about one.
async function measured() {
  const fit = [];
  for (const root of roots) {
    const start = Date.now();
    const failure = await failureOf(root, undefined, 60_000);
    const took = Date.now() - start;
    if (failure === undefined) fit.push({ root, took });
    else process.send({ type: 'unfit', root, message: failure.message });
  }
  // A slow test waits for something that a nearer test does not wait for: it is worth the wait only where
  // there is no other.
  const quick = fit.filter(({ root, took }) => took <= SLOW || importsOf(root).includes(path));
  return (quick.length > 0 ? quick : fit).map(({ root, took }) => ({ root, limit: PATIENCE + 3 * took }));
}
const judges = known ?? (await measured());
process.send({ type: 'judges', judges });

const mutants = judges.length === 0 ? [] : mutantsOf(readFileSync(path, 'utf8'));
for (let index = from; index < mutants.length; index++) {
  const { line, what, text } = mutants[index];
  const changed = { path, text };
  let killed = false;
  for (const { root, limit } of judges) {
    process.send({ type: 'begin', index, count: mutants.length, line, what, limit: limit + PATIENCE });
    killed = (await failureOf(root, changed, limit)) !== undefined;
    if (killed) break;
  }
  process.send({ type: 'verdict', killed });
}
process.send({ type: 'end' }, () => process.exit(0));
