import type { BaseLogger, LogFn } from 'pino';

/** A logger, as an engine needs it: pino's own, with or without the level `main`, or another of its form. */
export interface EngineLogger extends Pick<BaseLogger, 'info' | 'warn' | 'error'> {
  /** Milestones. Without it they are information. */
  readonly main?: LogFn;
  /** Details. Without it they are left out. */
  readonly trace?: LogFn;
}
