import { DEFAULT_RECORDING_NAME, RECORDING_PLACEHOLDERS } from '@cloudpush/engine/recording';
import { Command, Option } from 'commander';
import {
  byteSize,
  integer,
  listenAddress,
  MAX_MESSAGE,
  messageSize,
  nonNegative,
  positive,
} from '../../argument-types.js';
import type { CommandContext } from '../../command-context.js';
import { receiveCommand } from './receive-command.js';

/** Seconds that a timer can still count: 24 days. */
const MAX_SECONDS = 2_000_000;
const RTMP_PORT = 1935;
const DEFAULT_ADDRESS = `127.0.0.1:${RTMP_PORT}`;

const HELP = `
It listens on this machine only, unless --listen says otherwise: --listen :${RTMP_PORT} listens on all addresses. Any
client that reaches it may publish, within the limits; there are no passwords.

--name makes folders of slashes: --name '{app}/{date}/{name}_{time}'. A file that exists is never overwritten:
the next one gets -2 behind its name. An empty stream leaves no file.

A connection holds at most two messages of --max-message that are still incomplete (32 MiB), all connections --max-memory.

--join-gaps is what a server does with the gaps of a publisher that spools: it makes APP_NAME_joined.flv of all recordings
of a stream in this run, each group of pictures once, by wall clock.

Exit code 0: it was ended by SIGINT, SIGTERM, SIGHUP or --duration, whatever publishers did wrong; 1: it could not listen,
or a recording could not be written.

Examples:
  cloudpush receive --record recordings
  cloudpush receive --listen :${RTMP_PORT} --record recordings --name '{app}-{name}' --max-streams 16
`;

/** `cloudpush receive`, its options and its help. */
export function receiveProgram({ output, interruption, done }: CommandContext): Command {
  const address = listenAddress(RTMP_PORT);
  return new Command('receive')
    .description('receive streams, count them, and record them as FLV files')
    .addOption(
      new Option('--listen <host:port>', 'where to listen; port 0 takes any free one')
        .argParser(address)
        .default(address(DEFAULT_ADDRESS), DEFAULT_ADDRESS),
    )
    .option('--record <dir>', 'record every stream to a file of its own in this folder')
    .option(
      '--name <template>',
      `names of the recordings, of ${RECORDING_PLACEHOLDERS} (default: ${DEFAULT_RECORDING_NAME})`,
    )
    .option('--duration <seconds>', 'end after this time', positive(MAX_SECONDS))
    .option('--max-streams <n>', 'most streams at once; more are refused (default: 1024)', integer(1))
    .option(
      '--max-connections <n>',
      'most connections at once; those that publish nothing give way (default: 1024)',
      integer(1),
    )
    .option(
      '--max-memory <size>',
      'memory for messages that are still incomplete; above it, the connection that holds most is closed (default: 256M)',
      byteSize,
    )
    .addOption(
      new Option(
        '--max-message <size>',
        'longest message, a picture with its head: a longer one closes its connection',
      )
        .argParser(messageSize)
        .default(MAX_MESSAGE, `${MAX_MESSAGE}, the most of RTMP`),
    )
    .option(
      '--idle-timeout <seconds>',
      'close a publisher that sends nothing for so long; 0: never (default: 20)',
      nonNegative(MAX_SECONDS),
    )
    .option(
      '--join-gaps',
      'at the end, join each stream with the gaps that were sent later to one file in order (needs --record)',
    )
    .option('--json', 'write events to stdout, one JSON object a line')
    .option('-q, --quiet', 'show no rates while streams are received')
    .addHelpText('after', HELP)
    .action(async (options) => done(await receiveCommand(options, output, interruption)));
}
