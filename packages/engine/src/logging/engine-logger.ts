import type { BaseLogger, LogFn } from 'pino';

/** What an engine needs of a logger: pino's own, with or without the level `main`, or another of its form. */
export interface EngineLogger extends Pick<BaseLogger, 'info' | 'warn' | 'error'> {
  readonly main?: LogFn;
}

/** Logs a milestone: at `main` where there is such a level, else as information. */
export function logMilestone(logger: EngineLogger | undefined, facts: object, message: string): void {
  if (logger?.main === undefined) logger?.info(facts, message);
  else logger.main(facts, message);
}
