import { Command } from 'commander';
import { collect } from '../../argument-types.js';
import type { CommandContext } from '../../command-context.js';
import { decryptCommand } from './decrypt-command.js';
import { KEY_VARIABLE } from './keys.js';

const HELP = `
A key is the text itself, hex: and hexadecimal digits, or file: and the path of a file that holds it; a text that
begins like one of these stands behind text:. Others on the same machine can read a command line: a
key may also be in the environment variable ${KEY_VARIABLE}, or in a file. Samples tell which key they need, and keys
are never written out.

Exit code 0: all that was encrypted is in the clear, 1: something is not, or has lost its marks of encryption, or
nothing in the file is marked so (then there is no output, unless --tolerant; each failure is told with its place),
2: the arguments make no sense, or the input is no FLV file. FFmpeg makes an FLV file of MPEG-TS, HLS and MP4 without
touching what is encrypted: ffmpeg -i recording.ts -c copy recording.flv

Examples:
  ${KEY_VARIABLE}=vavakey cloudpush decrypt recording.flv clear.flv
  cloudpush decrypt recording.flv clear.flv --key file:monday.key --key file:tuesday.key
`;

/** `cloudpush decrypt`, its options and its help. */
export function decryptProgram({ output, interruption, done }: CommandContext): Command {
  return new Command('decrypt')
    .description('decrypt a recording of a stream that cloudpush has encrypted')
    .argument('<input>', 'an FLV file')
    .argument('<output>', 'the FLV file to be made')
    .option('--key <key>', 'a key that the stream may have been encrypted with (repeatable)', collect)
    .option('--tolerant', 'copy samples that cannot be decrypted as they are, and count them')
    .option('--force', 'replace an output that exists')
    .option('--json', 'write the summary to stdout as JSON')
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', HELP)
    .action(async (inputPath: string, outputPath: string, options) => {
      done(await decryptCommand({ inputPath, outputPath }, options, output, interruption));
    });
}
