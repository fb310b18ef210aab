import { Problem } from './problem.js';

/** No configuration nests deeper; code that walks a body by recursion is safe below it. */
const MAX_DEPTH = 16;

/** @throws Problem for a body that is nested deeper than any configuration. */
export function checkDepth(body: unknown): void {
  if (isDeeper(body, MAX_DEPTH)) {
    throw new Problem('invalid-request', `the body is nested more than ${MAX_DEPTH} levels deep`);
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((part) => isDeeper(part, levels - 1));
}
