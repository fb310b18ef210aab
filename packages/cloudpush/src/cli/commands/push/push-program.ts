import { Command, Option } from 'commander';
import { collect, frameRate, integer, positive } from '../../argument-types.js';
import type { CommandContext } from '../../command-context.js';
import {
  addEngineOptions,
  channelsOption,
  FOREVER,
  formatOption,
  MAX_SECONDS,
  overflowOption,
} from '../../engine-options.js';
import { KEY_VARIABLE } from '../decrypt/keys.js';
import { TOKEN_VARIABLE } from './connection-arguments.js';
import { addConnectionOptions } from './connection-options.js';
import { pushCommand } from './push-command.js';

/** `cloudpush push`, its options and its help. */
export function pushProgram({ output, interruption, done }: CommandContext): Command {
  const command = new Command('push')
    .description('push media files, or media from a pipe, to a server')
    .usage('[options] <input...> [url]')
    .argument(
      '<input...>',
      'one video file, one audio file, one of each, or one file with both (.flv, .mp4, .mkv, …); - is stdin; then the URL',
    )
    .option(
      '--fps <n>',
      'frame rate of raw video, such as 25 or 30000/1001 (default: what the stream says, else 25)',
      frameRate,
    )
    .addOption(formatOption())
    .addOption(
      new Option('--loop [n]', 'play the input n times, or for ever').preset(FOREVER).argParser(loopCount),
    )
    .option('--duration <seconds>', 'end after this much media', positive(MAX_SECONDS))
    .addOption(channelsOption())
    .option('--also <url>', 'push the same stream to this URL, too; may be given several times', collect)
    .option('--token-server <url>', 'ask this token server for URL and token, instead of naming a URL')
    .option('--device <serial-number>', 'the device to ask for; {i} in it is the number of each channel')
    .option(
      '--client <id>',
      'the id of the client that asks; its secret is taken from CLOUDPUSH_CLIENT_SECRET',
    )
    .option('--as-fast-as-possible', 'send as fast as possible instead of in real time')
    .addOption(overflowOption('reject'))
    .option('--reconnect', 'reconnect when a connection is lost')
    .option(
      '--spool <folder>',
      'reconnect, and keep in a folder what the server cannot be sent until it can',
    );
  addConnectionOptions(command);
  return addEngineOptions(command)
    .option('--json', 'write the summary to stdout as JSON')
    .addHelpText('after', HELP)
    .action(async (words: string[], options) => {
      done(await pushCommand(words, options, output, interruption));
    });
}

const HELP = `
Inputs by file name: .h264 .264 (H.264), .h265 .265 .hevc (H.265), .ivf (AV1, VP9), .obu (AV1), .aac (ADTS), .mp3, .opus (Ogg),
.flac, .ac3, .eac3 .ec3, .flv, .mp4 .m4v .mov .mkv .webm .ts .mts .m2ts; any other name: by content.
- and /dev/stdin are the standard input, and a FIFO may be named as a file: FLV, or one elementary stream, as it is made.
Live media goes out at the pace of its own times; with --as-fast-as-possible at the pace at which it comes.
With several channels and no {i} in the URL, -1, -2, … is put behind the stream name.

Others on the same machine can read a command line: a token may be in ${TOKEN_VARIABLE}, a key in
${KEY_VARIABLE} or in a file, a client's secret in CLOUDPUSH_CLIENT_SECRET.

Exit code 0: every frame was accepted to the end, also when a server had to be asked several times before it took the
stream; 1: something was lost, at one of the destinations at least; 2: the arguments make no sense.

Examples:
  cloudpush push clip.h264 clip.aac rtmp://localhost/live/cam
  cloudpush push clip.flv --loop --duration 60 --channels 100 'rtmp://localhost/live/cam{i}'
  cloudpush push clip.flv rtmp://main/live/cam --also rtmp://backup/live/cam
  cloudpush push clip.flv rtmps://host/live/cam --ca our-ca.pem --token secret --encrypt all --key file:camera.key
  ffmpeg -i rtsp://camera/stream -c copy -f flv - | cloudpush push - rtmp://host/live/cam --reconnect
  cloudpush push clip.flv --token-server https://cloud.example/connection/token/get --device SN-1
`;

function loopCount(text: string): number {
  return text === FOREVER ? Number.POSITIVE_INFINITY : integer(1)(text);
}
