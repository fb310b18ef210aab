import { CloudPushError } from '@cloudpush/engine';
import { sourceErrorCodes } from '@cloudpush/engine/sources';
import { type Command, CommanderError } from 'commander';
import { FOREVER } from './engine-options.js';
import { errorText } from './error-text.js';
import { CommandError, ExitCode } from './exit-code.js';
import { Interruption } from './interruption.js';
import { createProgram } from './program.js';
import type { Output } from './terminal/output.js';
import { withoutSecretsOf } from './terminal/shown-text.js';

/** Errors of the engine that mean that the user has named the wrong thing. */
const WRONG_ARGUMENTS: readonly string[] = [
  sourceErrorCodes.unreadable,
  sourceErrorCodes.unsupported,
  'ERR_CLOUDPUSH_INVALID_PARAMETER',
  'ERR_CLOUDPUSH_INVALID_OPTION',
  'ERR_CLOUDPUSH_INVALID_URL',
];

/**
 * Runs the command line.
 * @param words the arguments, without the program's name.
 * @returns the exit code.
 */
export async function run(words: readonly string[], output: Output): Promise<number> {
  using interruption = new Interruption();
  output.whenReaderGone(() => interruption.readerGone());
  let exitCode: number = ExitCode.ok;
  const done = (code: number) => {
    exitCode = code;
  };
  const program = await createProgram({ output, interruption, done }, words);
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => output.result(text.trimEnd()),
      writeErr: (text) => output.note(text.trimEnd()),
      outputError: (text) => output.error(withoutSecretsOf(words, withoutUnknownValue(words, text))),
    });
  }
  try {
    await program.parseAsync(withExplicitLoop(words), { from: 'user' });
  } catch (error) {
    exitCode = explain(error, output);
  }
  return await afterResults(exitCode, output);
}

/** A command and all below it: what is set for one that has been added to another holds for it alone. */
function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** The parser's words; the value of an option that it does not know may be a secret: a token, behind a typing error. */
function withoutUnknownValue(words: readonly string[], text: string): string {
  let shown = text.replace(/^error: /, '').trimEnd();
  for (const word of words)
    if (/^--[^=]+=/.test(word))
      shown = shown.replace(`unknown option '${word}'`, () => `unknown option '${word.split('=', 1)[0]}'`);
  return shown;
}

/** A result that nobody got is no success, however well the rest went. */
async function afterResults(exitCode: number, output: Output): Promise<number> {
  const error = await output.written();
  if (error === undefined) return exitCode;
  if (error.code === 'EPIPE') return ExitCode.readerGone;
  output.error(`the result could not be written (${error.code ?? error.message})`);
  return ExitCode.failure;
}

/** `--loop` takes a number if one follows, right or wrong; a file name that follows is an input. */
function withExplicitLoop(words: readonly string[]): string[] {
  const made: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const [word, next] = [words[index]!, words[index + 1]];
    if (word !== '--loop' || next === undefined) {
      made.push(word);
    } else if (/^([-+]?[\d.]+|forever)$/.test(next)) {
      made.push(`--loop=${next}`);
      index++;
    } else {
      made.push(`--loop=${FOREVER}`);
    }
  }
  return made;
}

function explain(error: unknown, output: Output): number {
  if (error instanceof CommanderError) {
    // The parser has said what there is to say.
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
  if (error instanceof CommandError) {
    output.error(error.message);
    return error.exitCode;
  }
  output.error(errorText(error));
  const { code } = CloudPushError.wrap(error);
  return WRONG_ARGUMENTS.includes(code) ? ExitCode.usage : ExitCode.failure;
}
