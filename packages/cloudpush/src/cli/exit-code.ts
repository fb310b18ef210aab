import { constants } from 'node:os';

/**
 * The exit codes of the command line. After SIGINT it is 130, after SIGTERM 143 (128 + the signal's number).
 */
export const ExitCode = {
  /** Everything was done: for a push, every frame was accepted to the end. */
  ok: 0,
  /** Something went wrong on the way. */
  failure: 1,
  /** The arguments make no sense, or name a file that is not there: nothing was begun. */
  usage: 2,
  /** Nobody read what the command wrote, as if by SIGPIPE. */
  readerGone: 128 + constants.signals.SIGPIPE,
} as const;

/** An end of the command that is explained to the user in one line. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The arguments are at fault. */
export function usageError(message: string): CommandError {
  return new CommandError(message, ExitCode.usage);
}
