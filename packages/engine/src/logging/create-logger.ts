import { redactLine } from '@cloudpush/transport';
import { type DestinationStream, type Logger, pino } from 'pino';
import {
  checkedOptions,
  integer,
  invalidType,
  oneOf,
  optionalBoolean,
  optionalFunction,
  requireObject,
} from '../base/validation.js';
import { prepareLogFolder } from './log-folder.js';
import { customLevels, type LogLevel, pinoLevels } from './log-level.js';
import { LogOutput } from './log-output.js';
import type { LoggerOptions } from './logger-options.js';
import type { RollingFileOptions } from './rolling-files.js';

const OPTIONS: Readonly<Record<keyof LoggerOptions, true>> = {
  level: true,
  console: true,
  folder: true,
  fileSize: true,
  fileCount: true,
  onError: true,
};

/** A logger, and what writes its lines. */
export interface EngineLog extends AsyncDisposable {
  /** A pino logger with the level `main`: for `PushEngineOptions.logger`, and for a program's own lines. */
  readonly logger: Logger<'main'>;
  /**
   * Resolves when every line has been written; what is logged after that goes nowhere. A process that ends
   * without it writes what is left in its last moment.
   */
  close(): Promise<void>;
}

/**
 * Makes a log for the console, for files that are rolled by size, or for both. Threads of their own write it;
 * queries and user info of URLs, tokens, keys and other secrets are left out of it. Nobody waits for a disk
 * or a terminal that is slow: when 20 MB have not been written, further lines are left out, and a line says
 * how many.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, `ERR_CLOUDPUSH_LOG_FOLDER`.
 *
 * @example
 * await using log = createLogger({ level: 'info', folder: './log' });
 * await using engine = await PushEngine.create({ logger: log.logger });
 */
export function createLogger(options: LoggerOptions = {}): EngineLog {
  const level = checkedLevel(requireObject('options', options).level);
  const output = openOutput(options);
  const close = () => output.close();
  return { logger: loggerTo(output, level), close, [Symbol.asyncDispose]: close };
}

/**
 * A logger that writes lines without secrets.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export function loggerTo(output: DestinationStream, level: LogLevel): Logger<'main'> {
  if (typeof (output as Partial<DestinationStream> | null)?.write !== 'function')
    throw invalidType('output', output, 'a stream that can be written to');
  return pino(
    {
      level: pinoLevels[checkedLevel(level)],
      customLevels,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { streamWrite: redactLine },
    },
    output,
  );
}

/** @throws CloudPushError as {@link createLogger}. */
export function openOutput(given: LoggerOptions): LogOutput {
  const options = checkedOptions('', given, OPTIONS);
  const files = rollingFiles(options);
  const toConsole = optionalBoolean('console', options.console) ?? files === undefined;
  return new LogOutput(toConsole, files, optionalFunction('onError', options.onError) ?? warn);
}

function checkedLevel(level: LogLevel | undefined): LogLevel {
  return oneOf<LogLevel>('level', level, ['main', 'verbose', 'info', 'warn', 'error', 'silent']);
}

function rollingFiles({ folder, fileSize, fileCount }: LoggerOptions): RollingFileOptions | undefined {
  const limits = {
    fileSize: integer('fileSize', fileSize, { preset: 10 * 1024 * 1024, least: 1024, most: 2 ** 40 }),
    fileCount: integer('fileCount', fileCount, { preset: 10, least: 2, most: 10_000 }),
  };
  if (folder !== undefined && typeof folder !== 'string') throw invalidType('folder', folder, 'a path');
  return folder === undefined ? undefined : { folder: prepareLogFolder(folder), ...limits };
}

function warn(error: Error): void {
  process.emitWarning(`the log can no longer be written: ${error.message}`, { code: 'CLOUDPUSH_LOG' });
}
