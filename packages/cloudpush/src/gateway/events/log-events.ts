import type { EngineLogger } from '@cloudpush/engine';
import type { EventLog } from './event-log.js';

/** Writes what happens to the log, one line an event. */
export function logEvents(events: EventLog, logger: EngineLogger): void {
  events.subscribe(({ level, message, type, channel, destination, code }) => {
    logger[level]({ event: type, channel, destination, code }, message);
  });
}
