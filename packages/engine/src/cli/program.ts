import { createRequire } from 'node:module';
import { Command, InvalidArgumentError, Option } from 'commander';
import { byteSize, collect, frameRate, integer, positive } from './argument-types.js';
import { decryptProgram } from './decrypt/decrypt-program.js';
import { DEFAULT_FOLDER, demoCommand } from './demo/demo-command.js';
import { inspectProgram } from './inspect/inspect-program.js';
import type { Interruption } from './interruption.js';
import type { Output } from './output.js';
import { pushCommand } from './push/push-command.js';
import { receiveProgram } from './receive/receive-program.js';
import { tokenServerProgram } from './token-server/token-server-program.js';

/** Seconds that a timer can still count: 24 days. */
const MAX_SECONDS = 2_000_000;
const MAX_CHANNELS = 65_535;
/** What `--loop` without a number says. */
export const FOREVER = 'forever';

/** What the parser gives to the commands. */
export interface CommandContext {
  readonly output: Output;
  readonly interruption: Interruption;
  /** Called with the exit code of the command that ran. */
  readonly done: (exitCode: number) => void;
}

/** The command line as a whole: commands, options, help. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('cloudpush')
    .description('Push live camera media over RTMP, on many connections at once.')
    .version(version(), '-V, --version')
    .helpCommand(true)
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .addHelpText('after', EXIT_CODES);
  program
    .addCommand(push(context))
    .addCommand(receiveProgram(context))
    .addCommand(inspectProgram(context))
    .addCommand(decryptProgram(context))
    .addCommand(demo(context))
    .addCommand(tokenServerProgram(context));
  return program;
}

const EXIT_CODES = `
Exit codes:
  0  all went well (push, demo: every frame was accepted to the end)
  1  something went wrong on the way (inspect: the file is damaged)
  2  the arguments make no sense, or name a file that is not there
  129, 130, 143  push and demo were ended by SIGHUP, SIGINT or SIGTERM (streams are ended cleanly; a second signal
     ends at once); receive and token-server end that way with 0, or with 1 when a recording failed
  141  nobody read what was written to stdout any more
`;

function push({ output, interruption, done }: CommandContext): Command {
  const command = new Command('push')
    .description('push media files to a server')
    .usage('[options] <input...> [url]')
    .argument('<input...>', 'one video file, one audio file, one of each, or one .flv file; then the URL')
    .option(
      '--fps <n>',
      'frame rate of raw video, such as 25 or 30000/1001 (default: what the stream says, else 25)',
      frameRate,
    )
    .addOption(
      new Option('--loop [n]', 'play the input n times, or for ever').preset(FOREVER).argParser(loopCount),
    )
    .option('--duration <seconds>', 'end after this much media', positive(MAX_SECONDS))
    .option(
      '--channels <n>',
      'how many connections; {i} in the URL is the number of each, from 1',
      channelCount,
      1,
    )
    .option('--also <url>', 'push the same stream to this URL, too; may be given several times', collect)
    .option('--token-server <url>', 'ask this token server for URL and token, instead of naming a URL')
    .option('--device <serial-number>', 'the device to ask for; {i} in it is the number of each channel')
    .option('--client <id>', 'who asks; its secret is taken from CLOUDPUSH_CLIENT_SECRET')
    .option('--as-fast-as-possible', 'do not keep to the pace of the media')
    .addOption(
      new Option(
        '--overflow <policy>',
        'when the server is too slow: wait for it (reject), or drop frames as a camera does',
      )
        .choices(['reject', 'drop'])
        .default('reject'),
    )
    .option('--reconnect', 'make lost connections again');
  addEngineOptions(command)
    .option('--json', 'write the summary to stdout as JSON')
    .addHelpText('after', PUSH_HELP);
  return command.action(async (words: string[], options) => {
    done(await pushCommand(words, options, output, interruption));
  });
}

const PUSH_HELP = `
Inputs by file name: .h264 .264 (H.264), .h265 .265 .hevc (H.265), .aac (ADTS), .mp3, .flv.
With several channels and no {i} in the URL, -1, -2, … is put behind the stream name.

Examples:
  cloudpush push clip.h264 clip.aac rtmp://localhost/live/cam
  cloudpush push clip.flv --loop --duration 60 --channels 100 'rtmp://localhost/live/cam{i}'
  cloudpush push clip.flv rtmp://main/live/cam --also rtmp://backup/live/cam
  cloudpush push clip.flv --token-server https://cloud.example/connection/token/get --device SN-1
`;

function demo({ output, interruption, done }: CommandContext): Command {
  const command = new Command('demo')
    .description(
      'push the bundled clip on several channels into a receiver of its own, and compare every frame',
    )
    .argument('[url]', 'push to this server instead, without comparison')
    .option('--channels <n>', 'how many connections', channelCount, 8)
    .option('--duration <seconds>', 'how long to push', positive(MAX_SECONDS), 10)
    .option('--record <dir>', `where to put the recordings (default: "${DEFAULT_FOLDER}")`);
  return addEngineOptions(command)
    .option('--json', 'write the verdict to stdout as JSON')
    .addHelpText('after', DEMO_HELP)
    .action(async (url: string | undefined, options) => {
      done(await demoCommand(url, options, output, interruption));
    });
}

const DEMO_HELP = `
With a URL, {i} in it is the number of each channel; without {i}, -1, -2, … is put behind the stream name:
  cloudpush demo rtmp://localhost/live/cam    publishes cam-1 to cam-8
`;

function addEngineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--hevc <form>', 'how H.265 is sent: as Enhanced RTMP or as codec id 12')
        .choices(['auto', 'enhanced', 'legacy'])
        .default('auto'),
    )
    .option('--pool <size>', 'bytes of the media pool, such as 256M (default: 64M)', byteSize)
    .option(
      '--shards <n>',
      'worker threads (default: one for every 256 destinations, at most one a processor, and 16)',
      integer(1),
    )
    .option(
      '--connect-timeout <seconds>',
      'the longest that connecting may take (default: 10)',
      positive(600),
    )
    .option(
      '--close-timeout <seconds>',
      'the longest to wait at the end for what is queued (default: 10)',
      positive(600),
    )
    .option('-q, --quiet', 'show no progress')
    .option('-v, --verbose', 'write the log of the engine to stderr, as JSON lines');
}

function loopCount(text: string): number {
  return text === FOREVER ? Number.POSITIVE_INFINITY : integer(1)(text);
}

function channelCount(text: string): number {
  const value = integer(1)(text);
  if (value > MAX_CHANNELS) {
    throw new InvalidArgumentError(`At most ${MAX_CHANNELS} channels are possible.`);
  }
  return value;
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../../package.json') as { version: string };
  return manifest.version;
}
