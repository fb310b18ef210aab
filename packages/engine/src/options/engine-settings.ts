import { availableParallelism } from 'node:os';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  checkedOptions,
  integer,
  invalidParameter,
  invalidType,
  optionalBoolean,
  optionalFunction,
  requireObject,
} from '../base/validation.js';
import type { EngineLogger } from '../logging/engine-logger.js';
import { Fence } from '../memory/fence.js';
import { MAX_POOL_SIZE, MIN_POOL_SIZE } from '../memory/pool.js';
import type { TargetCache } from '../targets/target-cache.js';
import type { TargetSettings } from '../targets/target-finder.js';
import type { PushEngineOptions } from './options.js';
import { type SpoolStoreConfig, spoolStoreConfig } from './spool-config.js';

const DEFAULT_POOL_SIZE = 64 * 1024 * 1024;

/** Number of shards, and when they are used. */
export interface ShardPlan {
  readonly count: number;
  /** The next shard gets channels when those before it have so many each. */
  readonly channelsEach: number;
}

export interface EngineSettings {
  readonly poolSize: number;
  readonly maxConnections: number;
  readonly shards: ShardPlan;
  readonly maxBatchDelay: number;
  readonly maxAudioDelay: number;
  readonly maxConnecting: number;
  readonly debugPool: boolean;
  readonly targets: TargetSettings;
  /** Undefined: there is none. */
  readonly spool: SpoolStoreConfig | undefined;
  /** Undefined: the file beside the engine's own. */
  readonly workerUrl: string | undefined;
  readonly fence: Fence | undefined;
}

/**
 * Checks the options and fills in the defaults.
 * @param processors of the machine
 */
export function engineSettings(
  given: PushEngineOptions,
  processors: number = availableParallelism(),
): EngineSettings {
  const options = checkedOptions('', given, ENGINE_OPTIONS);
  const { logger } = options;
  if (logger !== undefined && !isLogger(logger))
    throw invalidType('logger', logger, 'a logger, as pino is one');
  const maxConnections = integer('maxConnections', options.maxConnections, {
    preset: 1024,
    least: 1,
    most: 65_535,
  });
  return {
    targets: targetSettings(options),
    poolSize: integer('poolSize', options.poolSize, {
      preset: DEFAULT_POOL_SIZE,
      least: MIN_POOL_SIZE,
      most: MAX_POOL_SIZE,
    }),
    maxConnections,
    shards: shardPlan(options.shards, maxConnections, processors),
    maxBatchDelay: integer('maxBatchDelay', options.maxBatchDelay, { preset: 0, least: 0, most: 1000 }),
    maxAudioDelay: integer('maxAudioDelay', options.maxAudioDelay, {
      preset: DEFAULT_AUDIO_DELAY,
      least: 0,
      most: 1000,
    }),
    maxConnecting: integer('maxConnecting', options.maxConnecting, { preset: 256, least: 1, most: 65_535 }),
    debugPool:
      optionalBoolean('debugPool', options.debugPool) ?? (process.env['CLOUDPUSH_DEBUG_POOL'] ?? '') !== '',
    workerUrl: workerFile(options.workerUrl),
    fence: fenceOf(options.fence),
    spool: spoolStoreConfig(options.spool),
  };
}

function fenceOf(given: Fence | undefined): Fence | undefined {
  if (given === undefined || given instanceof Fence) return given;
  throw invalidType('fence', given, 'a Fence');
}

function isLogger(given: Partial<EngineLogger> | null): boolean {
  return [given?.info, given?.warn, given?.error].every((log) => typeof log === 'function');
}

function workerFile(given: string | URL | undefined): string | undefined {
  if (given === undefined) return undefined;
  const permitted = 'a file: URL or an absolute path';
  if (!(given instanceof URL) && typeof given !== 'string')
    throw invalidParameter('workerUrl', given, permitted);
  const text = String(given);
  if (isAbsolute(text)) return pathToFileURL(text).href;
  if (!URL.canParse(text) || new URL(text).protocol !== 'file:')
    throw invalidParameter('workerUrl', text, permitted);
  return text;
}

const ENGINE_OPTIONS: Readonly<Record<keyof PushEngineOptions, true>> = {
  poolSize: true,
  maxConnections: true,
  shards: true,
  maxBatchDelay: true,
  maxAudioDelay: true,
  maxConnecting: true,
  signal: true,
  debugPool: true,
  tokenServer: true,
  tokenProvider: true,
  targets: true,
  logger: true,
  workerUrl: true,
  fence: true,
  spool: true,
};

/** From one picture to the next, at 25 a second. */
const DEFAULT_AUDIO_DELAY = 40;
/**
 * A thread that many channels share is the cheaper for each of them; when it has too many, they wait for each
 * other.
 */
const CHANNELS_PER_SHARD = 256;
/** Enough shards to carry away whatever the caller's thread can hand over. */
const MOST_DEFAULT_SHARDS = 16;

function shardPlan(wanted: number | undefined, maxConnections: number, processors: number): ShardPlan {
  if (wanted !== undefined)
    return { count: integer('shards', wanted, { preset: 1, least: 1, most: 64 }), channelsEach: 1 };
  const needed = Math.ceil(maxConnections / CHANNELS_PER_SHARD);
  const count = Math.min(needed, processors, MOST_DEFAULT_SHARDS);
  return { count, channelsEach: CHANNELS_PER_SHARD };
}

function targetSettings({ targets, tokenServer, tokenProvider }: PushEngineOptions): TargetSettings {
  const given = Object.entries({ targets, tokenServer, tokenProvider }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1) {
    const names = given.map(([name]) => name).join(' and ');
    throw invalidParameter('targets, tokenServer, tokenProvider', names, 'one of them');
  }
  if (targets !== undefined && typeof (targets as Partial<TargetCache> | null)?.get !== 'function')
    throw invalidType('targets', targets, 'a TargetCache');
  const server =
    typeof tokenServer === 'string' ? { url: tokenServer } : tokenServer === undefined ? {} : tokenServer;
  const provider = optionalFunction('tokenProvider', tokenProvider);
  return { shared: targets, server: requireObject('tokenServer', server), provider };
}
