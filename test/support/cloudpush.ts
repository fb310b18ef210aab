import type { SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ChildProgram, type ProcessResult, run } from './process.js';

/** The program that a user runs. */
export const COMMAND = fileURLToPath(new URL('../../packages/cloudpush/bin/cloudpush.js', import.meta.url));
const RUN_TIMEOUT_MS = 60_000;

/** Runs the command line as a user does, to its end. Neither input nor outputs are a terminal. */
export function cloudpush(
  args: readonly string[],
  options: SpawnOptions & { timeoutMs?: number } = {},
): Promise<ProcessResult> {
  return run(process.execPath, [COMMAND, ...args], { timeoutMs: RUN_TIMEOUT_MS, ...options });
}

/** Starts the command line as a user does. */
export function startCloudpush(args: readonly string[]): ChildProgram {
  return new ChildProgram(process.execPath, [COMMAND, ...args]);
}

/** Starts the command line with a terminal as its output, as far as it can tell. */
export function startOnTerminal(args: readonly string[]): ChildProgram {
  const command = [process.execPath, COMMAND, ...args].map((word) => `'${word}'`).join(' ');
  return new ChildProgram('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    stdio: 'pipe',
  });
}
