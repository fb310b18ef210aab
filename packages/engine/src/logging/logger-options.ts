import type { LogLevel } from './log-level.js';

/** Options of a log. Console and folder may be used both at once. */
export interface LoggerOptions {
  /** Default `'main'`. */
  readonly level?: LogLevel | undefined;
  /**
   * True: the log is written to stderr, one readable line an entry. Default: true, unless there is a folder.
   */
  readonly console?: boolean | undefined;
  /**
   * Folder of the log files, `cloudpush.1.log`, `cloudpush.2.log` and so on, one JSON object a line; made if
   * it is not there. A folder belongs to one process. Default: no files.
   */
  readonly folder?: string | undefined;
  /** Bytes of a log file after which the next is begun, 1,024 to 2^40. Default 10 MiB. */
  readonly fileSize?: number | undefined;
  /** The most log files that are kept beside the one that is being written, 2 to 10,000. Default 10. */
  readonly fileCount?: number | undefined;
  /**
   * Called when the console or the files can no longer be written, such as on a full disk; the other one goes
   * on, and so does the engine. Default: a warning of the process.
   */
  readonly onError?: ((error: Error) => void) | undefined;
}
