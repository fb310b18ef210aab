import type { Parameters } from 'fast-check';

const seed = process.env['MODEL_SEED'];
const path = process.env['MODEL_PATH'];

/** How many sequences of commands are tried, and from where. */
export const parameters: Parameters<unknown> = {
  numRuns: Number(process.env['MODEL_RUNS'] ?? 12),
  seed: seed === undefined ? 1 : Number(seed),
  ...(path === undefined ? {} : { path }),
};
