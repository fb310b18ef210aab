import { Command } from 'commander';
import { bitRate, frameRate, positive } from '../../argument-types.js';
import type { CommandContext } from '../../command-context.js';
import {
  addEngineOptions,
  channelsOption,
  formatOption,
  MAX_SECONDS,
  overflowOption,
} from '../../engine-options.js';
import { addConnectionOptions } from '../push/connection-options.js';
import { benchCommand } from './bench-command.js';

/** Channels a second that a ramp may have at most. */
const MAX_RAMP = 100_000;
/** s between two key frames. */
const MAX_KEY_INTERVAL = 60;

/** `cloudpush bench`, its options and its help. */
export function benchProgram({ output, interruption, done }: CommandContext): Command {
  const command = new Command('bench')
    .description(
      'measure an RTMP server: many channels at once, how fast it takes them, and whether it keeps up',
    )
    .usage('[options] [input...] <url>')
    .argument('<input...>', 'files to send, as push takes them (default: the bundled clip); then the URL')
    .addOption(channelsOption())
    .option('--ramp <n>', 'begin this many channels a second (default: all at once)', positive(MAX_RAMP))
    .option(
      '--duration <seconds>',
      'end this long after the last channel has begun',
      positive(MAX_SECONDS),
      10,
    )
    .option('--pull', 'play each stream back, and measure how long its pictures are under way')
    .option('--pull-from <url>', 'the same, from another URL than the one that is published to')
    .option('--bitrate <rate>', 'send synthetic pictures of this bit rate, such as 4M (default: 2M)', bitRate)
    .option(
      '--fps <n>',
      'frame rate of synthetic pictures (default: 25), or of raw video in a file (default: what the stream says)',
      frameRate,
    )
    .option(
      '--key-interval <seconds>',
      'time between key frames of synthetic pictures (default: 2)',
      positive(MAX_KEY_INTERVAL),
    )
    .addOption(formatOption())
    .addOption(overflowOption('drop'))
    .option('--reconnect', 'reconnect when a connection is lost');
  addConnectionOptions(command);
  return addEngineOptions(command)
    .option('--json', 'write the report to stdout as JSON')
    .addHelpText('after', HELP)
    .action(async (words: string[], options) => {
      done(await benchCommand(words, options, output, interruption));
    });
}

const HELP = `
Inputs are sent over and over in real time. Without any, --bitrate, --fps or --key-interval ask for synthetic pictures: H.264
of plain grey, made as large as the bit rate wants, with the sound of the bundled clip.
With several channels and no {i} in the URL, -1, -2, … is put behind the stream name.

With --pull each picture carries the time at which it was due, in user data that players skip; the server must play what it is
sent, and all of it passes through this machine twice.

A row a second goes to stderr, the report to stdout: how long connecting, publishing and the first media took, failures and
retries by cause, and whether the server kept up: nothing dropped, no queue that grows.

Exit code 0: every channel was published to the end on one connection, and with --pull played; 1: at least one was not, or this
machine was the limit; 2: the arguments make no sense, or ask for pictures that RTMP or --pool cannot hold; 130: ended by SIGINT, with the report up to then.

Examples:
  cloudpush bench rtmp://localhost/live/load --channels 100
  cloudpush bench 'rtmp://localhost/live/load-{i}' --channels 500 --ramp 50 --duration 60 --bitrate 4M --fps 30
  cloudpush bench 'rtmp://localhost/live/load-{i}' --channels 20 --pull
  cloudpush bench camera.mp4 rtmps://host/live/load --channels 20 --insecure --json > report.json
`;
