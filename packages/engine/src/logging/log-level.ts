/**
 * Level of the log, the most first: `verbose` everything, `info` information, `main` the milestones of an
 * engine and its channels, `warn` what went wrong and mends itself, `error` what does not, `silent` nothing.
 */
export type LogLevel = 'verbose' | 'info' | 'main' | 'warn' | 'error' | 'silent';

/** The level of milestones lies between pino's `info` (30) and `warn` (40). */
export const customLevels = { main: 35 } as const;

/** The levels as pino calls them. */
export const pinoLevels = {
  verbose: 'trace',
  info: 'info',
  main: 'main',
  warn: 'warn',
  error: 'error',
  silent: 'silent',
} as const satisfies Record<LogLevel, string>;
