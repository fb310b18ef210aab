import { textOf } from '../base/errors.js';
import type { EngineLogger } from './engine-logger.js';
import { type LogLine, logLines } from './log-lines.js';

/** Writes what happens in an engine to the caller's logger, if there is one. */
export class EventLog {
  readonly #logger: EngineLogger | undefined;
  #hasThrown = false;

  constructor(logger: EngineLogger | undefined) {
    this.#logger = logger;
  }

  /**
   * A logger that throws costs its lines, and nothing else.
   * @param line which line
   * @param fields what is written with it, without secrets
   */
  write(line: LogLine, fields: object = {}): void {
    if (this.#logger === undefined) return;
    try {
      this.#writeTo(this.#logger, line, fields);
    } catch (error) {
      if (this.#hasThrown) return;
      this.#hasThrown = true;
      process.emitWarning(`the logger has thrown: ${textOf(error)}`, { code: 'CLOUDPUSH_LOG' });
    }
  }

  #writeTo(logger: EngineLogger, line: LogLine, fields: object): void {
    const [level, text] = logLines[line];
    switch (level) {
      case 'trace':
        logger.trace?.(fields, text);
        return;
      case 'main':
        if (logger.main === undefined) logger.info(fields, text);
        else logger.main(fields, text);
        return;
      case 'info':
      case 'warn':
      case 'error':
        logger[level](fields, text);
        return;
      default:
        level satisfies never;
    }
  }
}
