import { Command } from 'commander';
import { integer } from '../../argument-types.js';
import type { CommandContext } from '../../command-context.js';
import { spoolDrop } from './spool-drop.js';
import { spoolExport } from './spool-export.js';
import { spoolList } from './spool-list.js';
import { spoolVerify } from './spool-verify.js';

const HELP = `
FOLDER is the folder that a gateway, or a program with the engine, spools to. list, verify and export only read, and may be
used while it is running; drop needs the folder for itself.

Exit code 0: all went well, 1: something is damaged, cannot be written, or is in use, 2: the arguments make no sense, or
there is no such folder.

Examples:
  cloudpush spool list /var/lib/cloudpush/spool
  cloudpush spool verify /var/lib/cloudpush/spool --json
  cloudpush spool export /var/lib/cloudpush/spool recordings --series yard_cloud_6f1e0c5d2a3b --joined
  cloudpush spool drop /var/lib/cloudpush/spool --series yard_cloud_6f1e0c5d2a3b --gap 3 --yes
`;

/** `cloudpush spool`, its commands and their help. */
export function spoolProgram(context: CommandContext): Command {
  return new Command('spool')
    .description(
      'list, check, export or remove media kept on disk for destinations that could not be reached',
    )
    .addCommand(list(context))
    .addCommand(verify(context))
    .addCommand(exportCommand(context))
    .addCommand(drop(context))
    .addHelpText('after', HELP);
}

function list({ output, done }: CommandContext): Command {
  return selecting(new Command('list').description('show every gap, its time and size'))
    .option('--json', 'write the list to stdout as JSON')
    .action(async (folder: string, options) => done(await spoolList(folder, options, output)));
}

function verify({ output, interruption, done }: CommandContext): Command {
  return selecting(new Command('verify').description('read everything, and compare every checksum'))
    .option('--json', 'write the result to stdout as JSON')
    .action(async (folder: string, options) =>
      done(await spoolVerify(folder, options, output, interruption)),
    );
}

function exportCommand({ output, interruption, done }: CommandContext): Command {
  return selecting(
    new Command('export').description('copy gaps to FLV files, with timestamps from 0'),
    (command) => command.argument('<target>', 'a folder for the files; it is made where it is not there'),
  )
    .option('--joined', 'one file for each series rather than for each gap')
    .option('--force', 'replace files that exist')
    .option('--json', 'write the files to stdout as JSON')
    .action(async (folder: string, target: string, options) =>
      done(await spoolExport({ folder, target }, options, output, interruption)),
    );
}

function drop({ output, done }: CommandContext): Command {
  return selecting(new Command('drop').description('remove gaps for good'))
    .option('--yes', 'confirm: nothing is removed without it')
    .option('--json', 'write what was removed to stdout as JSON')
    .action(async (folder: string, options) => done(await spoolDrop(folder, options, output)));
}

function selecting(command: Command, more: (command: Command) => Command = (same) => same): Command {
  return more(command.argument('<folder>', 'the folder of the spool'))
    .option('--series <name>', 'this series alone, by the name of its folder')
    .option('--gap <number>', 'this gap alone, by its number in its series', integer(1));
}
