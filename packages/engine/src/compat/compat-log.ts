import type { DestinationStream } from 'pino';
import { invalidParameter } from '../base/validation.js';
import { loggerTo, openOutput } from '../logging/create-logger.js';
import { type LogLevel, pinoLevels } from '../logging/log-level.js';
import type { LogOutput } from '../logging/log-output.js';
import { E_SV_LOG_LEVEL, SV_LOG_OUTPUT_MODE } from './log-level.js';

const LEVELS: Readonly<Record<number, LogLevel>> = {
  [E_SV_LOG_LEVEL.VERB]: 'verbose',
  [E_SV_LOG_LEVEL.INFO]: 'info',
  [E_SV_LOG_LEVEL.MAIN]: 'main',
  [E_SV_LOG_LEVEL.WARN]: 'warn',
  [E_SV_LOG_LEVEL.ERROR]: 'error',
  [E_SV_LOG_LEVEL.DISABLE]: 'silent',
};
const ALL_FLAGS = SV_LOG_OUTPUT_MODE.CONSOLE | SV_LOG_OUTPUT_MODE.FILE;

/** The log of an engine that is made before anybody has said where its lines go. */
export class CompatLog implements DestinationStream {
  readonly logger = loggerTo(this, 'silent');
  #output: LogOutput | undefined;
  #isSet = false;
  /** Outputs that others have taken the place of, on their way to their end. */
  readonly #ending: Promise<void>[] = [];

  /**
   * Says what is logged, and where.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, `ERR_CLOUDPUSH_LOG_FOLDER`: the log stays as it
   *   is.
   */
  set(level: number, flags: number, folder: string | null | undefined): void {
    const name = LEVELS[level];
    if (name === undefined) throw invalidParameter('eLogLevel', level, '1 to 6');
    if (!Number.isInteger(flags) || (flags & ~ALL_FLAGS) !== 0)
      throw invalidParameter('nLogFlag', flags, '0 to 3');
    const output = outputFor(flags, folder);
    this.#end();
    this.#output = output;
    this.#isSet = true;
    this.logger.level = pinoLevels[name];
  }

  write(line: string): void {
    this.#output?.write(line);
  }

  /** Tells what the caller's own code has thrown; nobody else would hear of it when there is no log yet. */
  callbackFailed(lcid: number, error: unknown): void {
    this.logger.error({ lcid, err: error }, 'a callback has thrown');
    if (!this.#isSet) process.emitWarning(error instanceof Error ? error : String(error));
  }

  /** Resolves when every line has been written. */
  async close(): Promise<void> {
    this.#end();
    await Promise.all(this.#ending);
  }

  #end(): void {
    if (this.#output !== undefined) this.#ending.push(this.#output.close());
    this.#output = undefined;
  }
}

function outputFor(flags: number, folder: string | null | undefined): LogOutput | undefined {
  const toConsole = (flags & SV_LOG_OUTPUT_MODE.CONSOLE) !== 0;
  const toFile = (flags & SV_LOG_OUTPUT_MODE.FILE) !== 0;
  if (toFile && typeof folder !== 'string') throw invalidParameter('pLogPath', folder, 'a folder');
  if (!toConsole && !toFile) return undefined;
  return openOutput({ console: toConsole, folder: toFile ? (folder ?? undefined) : undefined });
}
