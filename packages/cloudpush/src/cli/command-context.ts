import type { Interruption } from './interruption.js';
import type { Output } from './terminal/output.js';

/** The surroundings of a command, given to it by the parser. */
export interface CommandContext {
  readonly output: Output;
  readonly interruption: Interruption;
  /** Called with the exit code of the command that ran. */
  readonly done: (exitCode: number) => void;
}
