import { MAX_POOL_SIZE, MIN_POOL_SIZE } from '@cloudpush/engine';
import { FORMAT_NAMES } from '@cloudpush/engine/sources';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { byteSize, integer, integerBetween, positive } from './argument-types.js';

/** Seconds that a timer can still count: 24 days. */
export const MAX_SECONDS = 2_000_000;
/** The value of `--loop` without a number. */
export const FOREVER = 'forever';
const MAX_CHANNELS = 65_535;
const MAX_SHARDS = 64;

/** `--channels`, of commands that push to `{i}` in a URL. */
export function channelsOption(): Option {
  const description = 'number of connections; {i} in the URL is the number of each, from 1';
  return new Option('--channels <n>', description).argParser(channelCount).default(1);
}

/** `--format`, of commands that read media. */
export function formatOption(): Option {
  const description =
    'the format of an input whose name does not tell it (default: detected from its content)';
  return new Option('--format <name>', description).choices(FORMAT_NAMES);
}

/** `--overflow`, of commands that push. */
export function overflowOption(policy: 'reject' | 'drop'): Option {
  const description = 'when the server is too slow: wait for it (reject), or drop frames as a camera does';
  return new Option('--overflow <policy>', description).choices(['reject', 'drop']).default(policy);
}

/** The options of commands that run an engine. */
export function addEngineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--hevc <form>', 'the form of H.265: Enhanced RTMP, or codec id 12')
        .choices(['auto', 'enhanced', 'legacy'])
        .default('auto'),
    )
    .option('--pool <size>', 'bytes of the media pool, such as 256M (default: 64M)', poolSize)
    .option(
      '--shards <n>',
      'worker threads (default: one for every 256 destinations, at most one a processor, and 16)',
      integerBetween(1, MAX_SHARDS),
    )
    .option('--connect-timeout <seconds>', 'the longest time to connect (default: 10)', positive(600))
    .option(
      '--close-timeout <seconds>',
      'the longest wait at the end for queued media (default: 10)',
      positive(600),
    )
    .option('-q, --quiet', 'show no progress')
    .option('-v, --verbose', 'write the log of the engine to stderr, as JSON lines');
}

export function channelCount(text: string): number {
  const value = integer(1)(text);
  if (value > MAX_CHANNELS) {
    throw new InvalidArgumentError(`At most ${MAX_CHANNELS} channels are possible.`);
  }
  return value;
}

function poolSize(text: string): number {
  const value = byteSize(text);
  if (value < MIN_POOL_SIZE || value > MAX_POOL_SIZE) {
    throw new InvalidArgumentError(
      `That is ${value} bytes; a size from ${MIN_POOL_SIZE / 1024}K to 4G less 64 bytes is needed, such as 64M.`,
    );
  }
  return value;
}
