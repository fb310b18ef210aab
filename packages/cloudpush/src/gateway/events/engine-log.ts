import type { EngineLogger } from '@cloudpush/engine';

/**
 * Warnings and errors of the engine of which the gateway writes a line of its own, with the names of channel
 * and destination and the time of the next attempt. The engine's README lists its lines.
 */
const TOLD_BY_THE_GATEWAY: ReadonlySet<string> = new Set([
  'connection lost, connecting again',
  'destination ended',
  'source lost',
  'source is silent',
  'packet refused',
  'packet repaired',
  'key-frame hint ignored',
]);

/**
 * A logger for the engine that tells nothing twice: such lines of its own are details, for `verbose` alone.
 */
export function engineLogger(logger: EngineLogger): EngineLogger {
  const unlessTold = (level: 'warn' | 'error') => (fields: object, text: string) => {
    if (TOLD_BY_THE_GATEWAY.has(text)) logger.trace?.(fields, text);
    else logger[level](fields, text);
  };
  return {
    main: (fields: object, text?: string) => (logger.main ?? logger.info).call(logger, fields, text),
    trace: (fields: object, text?: string) => logger.trace?.(fields, text),
    info: (fields: object, text?: string) => logger.info(fields, text),
    warn: unlessTold('warn'),
    error: unlessTold('error'),
  } as EngineLogger;
}
