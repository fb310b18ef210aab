import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Longest time of a test, and of what it sets up, in ms: tests that need sockets, processes or other programs may be slow on a busy
 * machine; one that hangs still ends.
 */
const PATIENT = 60_000;

/** Test files at a time. */
const PROCESSORS = availableParallelism();

/** Looked for until it is so: on a busy machine that may be long. */
const EXPECTED = { poll: { timeout: 20_000 } };

/** What is built is loaded as its users load it, by Node.js itself: Vite would transform each module again for each file of tests. */
const BUILT = { deps: { external: [/\/packages\/[^/]+\/(dist|lib)\//] } };

/** Of all projects. */
const COMMON = { testTimeout: PATIENT, hookTimeout: PATIENT, expect: EXPECTED, server: BUILT };

const MODELS = ['packages/*/src/**/*.model.test.ts'];

// One project a kind of test: `vitest run --project unit`.
export default defineConfig({
  test: {
    globalSetup: '.ci/bundle.mjs',
    // What was transformed stays in node_modules, by its content: the next run takes it from there.
    experimental: { fsModuleCache: true },
    projects: [
      {
        // Beside the sources: no process, no other program. They leave nothing behind, and so share what they import: loading
        // it anew for each file would take longer than all tests. Each wants a processor, and nothing of the machine beside it.
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: MODELS,
          isolate: false,
          ...COMMON,
          maxWorkers: PROCESSORS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // The same kind, where a test takes half a second or more: random steps beside a model, a fault at each byte or call, whole
        // clusters, large inputs. They take as long as all others together.
        test: {
          name: 'model',
          include: MODELS,
          isolate: false,
          ...COMMON,
          maxWorkers: PROCESSORS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // The packages as their users see them: threads, sockets, the command line, what npm would publish.
        test: {
          name: 'house',
          include: ['test/**/*.test.ts'],
          exclude: ['test/interop/**', 'test/fuzz/**'],
          ...COMMON,
          maxWorkers: PROCESSORS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Foreign servers and clients.
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          ...COMMON,
          maxWorkers: PROCESSORS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Bounded runs of the fuzzers.
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          ...COMMON,
          maxWorkers: PROCESSORS,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
