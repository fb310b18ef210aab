// Runs the tests that reach one source file against each of its mutants, and sends the verdicts to its parent.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createVitest } from 'vitest/node';
// biome-ignore lint/correctness/useImportExtensions: it is no TypeScript module
import { mutantsOf } from './mutants.mjs';

const { file, tests, from } = JSON.parse(process.argv[2]);
const path = resolve(file);
let mutant;

const plugin = {
  name: 'mutant',
  enforce: 'pre',
  transform: (_code, id) =>
    mutant !== undefined && id.split('?', 1)[0] === path ? { code: mutant.text, map: null } : undefined,
};
const vitest = await createVitest(
  'test',
  {
    watch: false,
    bail: 1,
    include: tests,
    pool: 'threads',
    fileParallelism: false,
    reporters: [{}],
    testTimeout: 20_000,
    passWithNoTests: true,
  },
  { plugins: [plugin], logLevel: 'silent' },
);
const specifications = await vitest.globTestSpecifications();
// The shortest way to a verdict first: the test that stands beside the file.
const beside = path.replace(/\.ts$/, '.test.ts');
specifications.sort((a, b) => Number(b.moduleId === beside) - Number(a.moduleId === beside));

const mutants = mutantsOf(readFileSync(path, 'utf8'));
for (let i = from; i < mutants.length; i++) {
  mutant = mutants[i];
  process.send({ type: 'begin', index: i, count: mutants.length, line: mutant.line, what: mutant.what });
  vitest.invalidateFile(path);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications, true);
  const failed = unhandledErrors.length > 0 || testModules.some((one) => !one.ok());
  vitest.state.clearErrors?.();
  process.send({ type: 'verdict', index: i, killed: failed });
}
await vitest.close();
process.exit(0);
