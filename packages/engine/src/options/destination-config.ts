import { parseRtmpUrl, publishedName } from '@cloudpush/transport';
import type { ReconnectPolicy } from '../base/backoff.js';
import { CloudPushError } from '../base/errors.js';
import {
  checkedOptions,
  integer,
  invalidParameter,
  invalidType,
  oneOf,
  optionalBoolean,
} from '../base/validation.js';
import { checkTargetRequest, type TargetRequest } from '../targets/target-request.js';
import { type ConnectionOptions, checkedConnection } from './connection-options.js';
import type { ChannelOptions, DestinationOptions, StandbyOptions, Watermark } from './options.js';
import { type SpoolConfig, spoolConfig } from './spool-config.js';
import type { SpooledPlace } from './spooled-place.js';

/** Target of a connection. It holds credentials: never to be logged or quoted. */
export interface ShardTarget {
  /** `$time` may stand in it. */
  readonly url: string;
  /** Instead of the one in {@link ConnectionOptions}. */
  readonly token: string | undefined;
  /** The host that the caller had named, when a server has named this one. */
  readonly home?: string | undefined;
  /** True when this target was named by a server that had not been shown token and arguments either. */
  readonly untrusted?: boolean | undefined;
}

/** The configuration of a destination: how its shard brings the stream to one server. */
export interface DestinationConfig {
  /** Undefined: the caller's thread is asked before each connection. */
  readonly target: ShardTarget | undefined;
  readonly highWatermark: Watermark;
  readonly lowWatermark: Watermark;
  /** Above the high watermark the caller is refused, or queued media is dropped, or goes to disk. */
  readonly overflow: 'reject' | 'drop' | 'spool';
  /** With `overflow: 'spool'` only. */
  readonly spool: SpoolConfig | undefined;
  /** Undefined: a lost connection ends the destination. */
  readonly reconnect: ReconnectPolicy | undefined;
  /** ms after which a connection that takes nothing is given up; 0: never. */
  readonly stallTimeout: number;
  /** The longest that connecting may take from DNS to the answer to `publish`, in ms. */
  readonly connectTimeout: number;
  /** The longest that a close may wait for queued media to leave, in ms. */
  readonly closeTimeout: number;
  /**
   * Above so many bytes on their way to the kernel, what follows waits in the queue, where it can still be
   * dropped.
   */
  readonly inFlightLimit: number;
  readonly chunkSize: number | undefined;
  readonly endOfSequence: boolean;
  /** The connection of the next segment's stream: the one of the segment before, or a new one. */
  readonly segmentConnection: 'auto' | 'same' | 'new';
  readonly connection: ConnectionOptions;
}

const MIB = 1024 * 1024;
/** Bytes on their way to the kernel: enough to keep it busy. */
const MAX_IN_FLIGHT = MIB / 4;
const MIN_IN_FLIGHT = 16 * 1024;

/** The names that `addDestination` takes. */
export const DESTINATION_OPTIONS: Readonly<Record<keyof DestinationOptions, true>> = {
  url: true,
  target: true,
  overflow: true,
  spool: true,
  reconnect: true,
  stallTimeout: true,
  highWatermark: true,
  lowWatermark: true,
  connectTimeout: true,
  closeTimeout: true,
  chunkSize: true,
  endOfSequence: true,
  segmentConnection: true,
  observer: true,
  signal: true,
  connection: true,
};

/** The names that `openStandby` takes. */
export const STANDBY_OPTIONS: Readonly<Record<keyof StandbyOptions, true>> = {
  label: true,
  video: true,
  audio: true,
  videoConfig: true,
  audioConfig: true,
  trackWait: true,
  hevc: true,
  inputClock: true,
  encryption: true,
  source: true,
};

/** The names that `openChannel` takes. */
export const CHANNEL_OPTIONS: Readonly<Record<keyof ChannelOptions, true>> = {
  ...DESTINATION_OPTIONS,
  ...STANDBY_OPTIONS,
  preRoll: true,
};

const WATERMARK: Readonly<Record<keyof Watermark, true>> = { bytes: true, ms: true };
const RECONNECT: Readonly<Record<keyof ReconnectPolicy, true>> = {
  maxAttempts: true,
  initialDelay: true,
  maxDelay: true,
  resetAfter: true,
  maxRefusals: true,
};

/** The engine, as far as a destination's options depend on it. */
export interface PlanContext {
  /** The largest packet that the pool could hold for the channel, in bytes. */
  readonly maxPacket: number;
  /** There is a disk spool. */
  readonly hasSpool?: boolean | undefined;
}

/** Checks the options and fills in the defaults. */
export function destinationConfig(
  options: DestinationOptions,
  { maxPacket, hasSpool = false }: PlanContext,
): DestinationConfig {
  const high = watermark('highWatermark', options.highWatermark, { bytes: 8 * MIB, ms: 5000 });
  const half = { bytes: Math.floor(high.bytes / 2), ms: Math.floor(high.ms / 2) };
  const low = watermark('lowWatermark', options.lowWatermark, half);
  requireBelow('lowWatermark.bytes', low.bytes, high.bytes);
  requireBelow('lowWatermark.ms', low.ms, high.ms);
  const connection = checkedConnection(options.connection);
  const overflow = oneOf('overflow', options.overflow, ['reject', 'drop', 'spool']);
  if (overflow === 'spool' && !hasSpool)
    throw invalidParameter('overflow', overflow, "'reject', 'drop'; 'spool' where the engine has one");
  if (options.spool !== undefined && overflow !== 'spool')
    throw invalidParameter('spool', 'given', `nothing, with overflow '${overflow}'`);
  return {
    target: fixedTarget(options, connection),
    // Bytes on their way to a server that does not read cannot be dropped: they may hold only a small part of
    // the pool.
    inFlightLimit: Math.max(MIN_IN_FLIGHT, Math.min(MAX_IN_FLIGHT, Math.floor(maxPacket / 8))),
    endOfSequence: optionalBoolean('endOfSequence', options.endOfSequence) ?? false,
    segmentConnection: oneOf('segmentConnection', options.segmentConnection, ['auto', 'same', 'new']),
    connection,
    highWatermark: high,
    lowWatermark: low,
    overflow,
    spool: overflow === 'spool' ? spoolConfig(options.spool, spooledPlace(options)) : undefined,
    reconnect: reconnectPolicy(options.reconnect),
    stallTimeout: integer('stallTimeout', options.stallTimeout, {
      preset: 60_000,
      least: 0,
      most: 3_600_000,
    }),
    connectTimeout: integer('connectTimeout', options.connectTimeout, {
      preset: 10_000,
      least: 1,
      most: 600_000,
    }),
    closeTimeout: integer('closeTimeout', options.closeTimeout, { preset: 10_000, least: 1, most: 600_000 }),
    chunkSize:
      options.chunkSize === undefined
        ? undefined
        : integer('chunkSize', options.chunkSize, { preset: 0, least: 128, most: 16_777_215 }),
  };
}

function spooledPlace({ url, target, connection }: DestinationOptions): SpooledPlace {
  return { url, target, streamName: connection?.streamName };
}

/** Undefined when the target is to be asked for. */
function fixedTarget(
  { url, target }: { readonly url?: unknown; readonly target?: TargetRequest | undefined },
  connection: ConnectionOptions,
): ShardTarget | undefined {
  if ((url === undefined) === (target === undefined)) {
    throw invalidParameter('url, target', url === undefined ? 'neither' : 'both', 'one of them');
  }
  if (target === undefined) return { url: checkedUrl(url, connection), token: undefined };
  checkTargetRequest(target);
  return undefined;
}

/**
 * The URL, if a stream can be published there.
 * @param connection may name app and stream itself
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_URL`, `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export function checkedUrl(url: unknown, { app, streamName: given }: ConnectionOptions): string {
  if (typeof url !== 'string') throw invalidType('url', url, 'a text: rtmp[s]://host[:port]/app/name');
  let name: string;
  try {
    name = publishedName(parseRtmpUrl(url, { app }));
  } catch (error) {
    throw CloudPushError.wrap(error);
  }
  if (name !== '' || given !== undefined) return url;
  const message = 'the URL names no stream; permitted: rtmp[s]://host[:port]/app/name';
  throw new CloudPushError('ERR_CLOUDPUSH_INVALID_URL', message, {
    class: 'fatal',
    details: { stage: 'url' },
  });
}

function watermark(name: string, given: Partial<Watermark> | undefined, preset: Watermark): Watermark {
  const { bytes, ms } = given === undefined ? {} : checkedOptions<Partial<Watermark>>(name, given, WATERMARK);
  return {
    bytes: integer(`${name}.bytes`, bytes, { preset: preset.bytes, least: 0, most: Number.MAX_SAFE_INTEGER }),
    ms: integer(`${name}.ms`, ms, { preset: preset.ms, least: 0, most: 2 ** 31 - 1 }),
  };
}

function reconnectPolicy(given: boolean | Partial<ReconnectPolicy> | undefined): ReconnectPolicy | undefined {
  if (given === undefined || given === false) return undefined;
  const { maxAttempts, initialDelay, maxDelay, resetAfter, maxRefusals } =
    given === true ? {} : checkedOptions<Partial<ReconnectPolicy>>('reconnect', given, RECONNECT);
  return {
    maxAttempts: integer('reconnect.maxAttempts', maxAttempts, {
      preset: 1_000_000,
      least: 1,
      most: 1_000_000,
    }),
    initialDelay: integer('reconnect.initialDelay', initialDelay, { preset: 500, least: 0, most: 3_600_000 }),
    maxDelay: integer('reconnect.maxDelay', maxDelay, { preset: 30_000, least: 0, most: 3_600_000 }),
    resetAfter: integer('reconnect.resetAfter', resetAfter, { preset: 60_000, least: 0, most: 3_600_000 }),
    maxRefusals: integer('reconnect.maxRefusals', maxRefusals, { preset: 10, least: 1, most: 1_000_000 }),
  };
}

function requireBelow(name: string, value: number, limit: number): void {
  if (value > limit) throw invalidParameter(name, value, `at most the high watermark of ${limit}`);
}
