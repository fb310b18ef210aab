import type { TestContext } from 'vitest';

/** Tests of whole clusters take minutes of a machine of their own: they run where somebody asks for them. */
export const areClustersWanted = process.env['CLUSTER_TESTS'] === '1';

/** Skips the running test, with the reason, unless tests of whole clusters are asked for. */
export function requireWanted(context: TestContext): void {
  if (!areClustersWanted) context.skip('CLUSTER_TESTS=1 runs it');
}
