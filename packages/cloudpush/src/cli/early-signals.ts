import { constants } from 'node:os';

/** Signals that ask for the end, or mean something to a command. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const kept: NodeJS.Signals[] = [];

/**
 * Keeps signals until a command is there to obey them: loading takes a second or two on a small machine, and
 * a signal that nobody handles ends the process with a code that calls it a failure. A second one ends it at
 * once.
 */
export function keepEarlySignals(): void {
  for (const name of SIGNALS) process.on(name, keep);
}

/** Signals that came meanwhile, in their order; from now on somebody else handles them. */
export function takeEarlySignals(): readonly NodeJS.Signals[] {
  for (const name of SIGNALS) process.off(name, keep);
  return kept.splice(0);
}

function keep(name: NodeJS.Signals): void {
  if (kept.length > 0) process.exit(128 + constants.signals[name]);
  kept.push(name);
}
