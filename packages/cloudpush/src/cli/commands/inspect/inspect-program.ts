import { Command } from 'commander';
import { integer } from '../../argument-types.js';
import type { CommandContext } from '../../command-context.js';
import { inspectCommand } from './inspect-command.js';

const HELP = `
Exit code 0: the file is intact, 1: it is damaged, 2: there is no such file, or it is of no format that is known.

Examples:
  cloudpush inspect recording.flv
  cloudpush inspect camera.h264 --json | jq '.tracks[0].gops'
`;

/** `cloudpush inspect`, its options and its help. */
export function inspectProgram({ output, interruption, done }: CommandContext): Command {
  return new Command('inspect')
    .description('describe an FLV file or an elementary stream, and its faults')
    .argument('<file>', 'FLV, H.264, H.265, AAC (ADTS) or MP3, whatever its name is')
    .option(
      '--gap <ms>',
      'samples further apart than this have a gap between them (default: 1000)',
      integer(1),
    )
    .option('--json', 'write the report to stdout as JSON')
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', HELP)
    .action(async (path: string, options) => {
      done(await inspectCommand(path, options, output, interruption));
    });
}
