import { availableParallelism } from 'node:os';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AudioCodec, HevcForm, InputClock, VideoCodec } from '@cloudpush/muxer';
import { parseRtmpUrl, publishedName } from '@cloudpush/transport';
import type { EncryptionOptions } from './encryption-options.js';
import { CloudPushError } from './errors.js';
import type { EngineLogger } from './logging/engine-logger.js';
import { MAX_POOL_SIZE, MIN_POOL_SIZE } from './memory/pool.js';
import { integer, invalidParameter, oneOf } from './parameters.js';
import type { ReconnectPolicy } from './shard/backoff.js';
import type {
  ChannelConfig,
  ConnectionOptions,
  DestinationConfig,
  ShardTarget,
  TrackPlan,
  Watermark,
} from './shard/protocol.js';
import type { TokenProvider } from './token/push-target.js';
import type { TargetCache } from './token/target-cache.js';
import { checkTargetRequest, type TargetRequest } from './token/target-request.js';
import type { TokenServerOptions } from './token/token-server-options.js';

const MIB = 1024 * 1024;
/** Bytes on their way to the kernel: enough to keep it busy. */
const MAX_IN_FLIGHT = MIB / 4;
const MIN_IN_FLIGHT = 16 * 1024;

/** How an engine is made. */
export interface PushEngineOptions {
  /**
   * Bytes of the media pool, which holds every packet from `send…` until the kernel has taken it.
   * 65,536 to 4,294,967,232. Default 64 MiB. For n channels with key frames of k bytes: 4 × n × (k + 192), where `maxConnections` is n.
   */
  readonly poolSize?: number | undefined;
  /** The most destinations at once, over all channels, 1 to 65,535. Default 1,024. */
  readonly maxConnections?: number | undefined;
  /**
   * Worker threads, 1 to 64, over which channels are spread evenly. Default: one for every 256 of `maxConnections`, but at most one
   * for each processor, and 16; the next one is made use of when those before it have 256 channels on average.
   */
  readonly shards?: number | undefined;
  /**
   * The longest that a packet may wait in its shard for others, so that they leave together, in ms: 0 to 1,000. It trades
   * latency for CPU time; the pool must have room for what waits. Default 2; with 0 a packet leaves at once.
   */
  readonly maxBatchDelay?: number | undefined;
  /**
   * The most connections that are being made at a time, 1 to 65,535. Every worker thread that has channels has an equal part of it,
   * and at least one. Default 256.
   */
  readonly maxConnecting?: number | undefined;
  /** Aborts the engine: what is being made is given up, channels are aborted, and the engine closes. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Watches over the pool, for tests and bug hunts, at a cost: released memory is overwritten, a block that is released twice
   * is logged with the place, and `close` rejects with `ERR_CLOUDPUSH_INTERNAL` when a block was, or is still in use, with
   * channels, sizes and ages. Default: whether the environment variable `CLOUDPUSH_DEBUG_POOL` is set.
   */
  readonly debugPool?: boolean | undefined;
  /** Where targets are asked for (`ChannelOptions.target`): the URL of a token server, or more options. */
  readonly tokenServer?: string | TokenServerOptions | undefined;
  /** Finds targets in place of the token server. */
  readonly tokenProvider?: TokenProvider | undefined;
  /** A memory of targets in place of both, which several engines may share. The engine does not close it. */
  readonly targets?: TargetCache | undefined;
  /** Where the engine writes its log, such as what `createLogger` makes. Default: nowhere. */
  readonly logger?: EngineLogger | undefined;
  /**
   * The file of the worker threads, `@cloudpush/engine/worker`, as a `file:` URL or an absolute path: for a bundle, which has moved it.
   * Default: the one beside the engine's own files.
   */
  readonly workerUrl?: string | URL | undefined;
}

/** How a destination is made: one server that a channel's stream goes to. */
export interface DestinationOptions {
  /**
   * `rtmp://host[:port]/app/name[/…]` or `rtmps://…`. `$time` in it is filled in with the ms since 1970, for each connection
   * and each segment. Give either this or `target`.
   */
  readonly url?: string | undefined;
  /**
   * Asks for URL and token before each connection: the engine's `tokenServer` or `tokenProvider`. What has an expiry is
   * renewed ahead of it, and the stream moves to the new target without a gap.
   */
  readonly target?: TargetRequest | undefined;
  /**
   * What happens when the server is slower than the source. `'reject'` (default): the channel pauses and `send…` returns
   * false; what was accepted is never dropped. `'drop'`: queued media is dropped, disposable pictures first, then whole
   * groups of pictures, then audio, never a sequence header; `stats()` counts it. Of several destinations, those that fall
   * behind another one which has room (see `lowWatermark`) drop as well, and do not make the source wait.
   */
  readonly overflow?: 'reject' | 'drop' | undefined;
  /**
   * Whether a lost connection is made again, with exponential back-off and full jitter; the stream goes on at a key frame,
   * on the same clock. What waits until then is given up where the channel can go on with a worker thread that has clearly
   * fewer channels. A refusal that another attempt cannot mend (bad credentials, an unknown app) ends the destination all the
   * same. Default false; true: the default policy.
   */
  readonly reconnect?: boolean | Partial<ReconnectPolicy> | undefined;
  /** A connection that takes nothing for so long while media waits is given up; 0: never. 0 to 3,600,000 ms. Default 60,000. */
  readonly stallTimeout?: number | undefined;
  /** Above either limit the queue is full: see `overflow`. Default 8 MiB or 5,000 ms. */
  readonly highWatermark?: Partial<Watermark> | undefined;
  /** Below both limits there is room again. Default half of the high watermark. */
  readonly lowWatermark?: Partial<Watermark> | undefined;
  /** The longest that connecting may take, 1 to 600,000 ms. Default 10,000. */
  readonly connectTimeout?: number | undefined;
  /** The longest that `close` waits for queued media to leave, 1 to 600,000 ms. Default 10,000. */
  readonly closeTimeout?: number | undefined;
  /** Bytes of an outgoing RTMP chunk (RTMP 1.0 §5.4.1), 128 to 16,777,215. Default: as the server is known to like. */
  readonly chunkSize?: number | undefined;
  /**
   * Whether a video stream ends with an end-of-sequence tag (FLV E.4.3.1), which tells a decoder to show what it holds back,
   * and which breaks some servers. Default false.
   */
  readonly endOfSequence?: boolean | undefined;
  /** Aborts the destination: its connection is reset. Of `openChannel`: aborts the channel. */
  readonly signal?: AbortSignal | undefined;
  /** How the connection is made: TLS, proxy, token, credentials, server profile and more. Plain data only. */
  readonly connection?: ConnectionOptions | undefined;
}

/** How a channel is made: its source, and its first destination. */
export interface ChannelOptions extends DestinationOptions {
  /**
   * Codec of `sendVideo`, default `'h264'`; or `'none'`: the stream has no video, and its start does not wait for any. All codecs
   * but H.264, AAC and MP3 go out in the form of Enhanced RTMP, also to a server that announces nothing. A destination ends with
   * `ERR_CLOUDPUSH_CODEC_REFUSED` when its server has announced other codecs only, or closes on the first header. For H.265
   * see `hevc`.
   */
  readonly video?: VideoCodec | 'none' | undefined;
  /** Codec of `sendAudio`, default `'aac'`; or `'none'`, as with `video`. */
  readonly audio?: AudioCodec | 'none' | undefined;
  /**
   * The longest that a stream which begins waits for its second track, in ms, 0 to 60,000: `onMetaData` and the headers of both go
   * out before the first frame, as servers and players take the list of tracks from what they see first. After that it begins
   * without the track, whose codec is announced all the same when `video` or `audio` names it. Default 1,000.
   */
  readonly trackWait?: number | undefined;
  /**
   * How H.265 is sent: Enhanced RTMP (`hvc1`), the older codec id 12, or `'auto'` (default): Enhanced unless the server has
   * announced other codecs only or is known to take nothing else than codec id 12; a server that closes on the first header is
   * sent codec id 12 at once. The first server that answers decides for all destinations.
   */
  readonly hevc?: HevcForm | 'auto' | undefined;
  /** `'wrapping32'` when `pts` and `dts` are unsigned 32-bit milliseconds that wrap. Default `'native'`. */
  readonly inputClock?: InputClock | undefined;
  /**
   * How video and audio are encrypted, from the first frame on: see docs/metadata.md. H.264, H.265, AAC and MP3 can be. Default: not
   * at all.
   */
  readonly encryption?: EncryptionOptions | undefined;
}

/** How many shards there are, and when they are made use of. */
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
  readonly maxConnecting: number;
  readonly debugPool: boolean;
  readonly targets: TargetSettings;
  /** Undefined: the file beside the engine's own. */
  readonly workerUrl: string | undefined;
}

/** Where targets come from: what the caller has, or what the engine makes of it. */
export interface TargetSettings {
  readonly shared: TargetCache | undefined;
  readonly server: TokenServerOptions;
  readonly provider: TokenProvider | undefined;
}

/** Checks the options and fills in the defaults. */
export function engineSettings(options: PushEngineOptions): EngineSettings {
  const maxConnections = integer('maxConnections', options.maxConnections, 1024, 1, 65_535);
  return {
    targets: targetSettings(options),
    poolSize: integer('poolSize', options.poolSize, 64 * MIB, MIN_POOL_SIZE, MAX_POOL_SIZE),
    maxConnections,
    shards: shardPlan(options.shards, maxConnections),
    maxBatchDelay: integer('maxBatchDelay', options.maxBatchDelay, DEFAULT_BATCH_DELAY, 0, 1000),
    maxConnecting: integer('maxConnecting', options.maxConnecting, 256, 1, 65_535),
    debugPool: options.debugPool ?? (process.env['CLOUDPUSH_DEBUG_POOL'] ?? '') !== '',
    workerUrl: workerFile(options.workerUrl),
  };
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

/** Measured, it spares 5 % of the CPU time with 16 channels and 8 % with 400. */
const DEFAULT_BATCH_DELAY = 2;
/** A thread that many channels share is the cheaper for each of them; when it has too many, they wait for each other. */
const CHANNELS_PER_SHARD = 256;
/** What the caller's thread hands over in real time, so many shards can carry away. */
const MOST_DEFAULT_SHARDS = 16;

function shardPlan(wanted: number | undefined, maxConnections: number): ShardPlan {
  if (wanted !== undefined) return { count: integer('shards', wanted, 1, 1, 64), channelsEach: 1 };
  const needed = Math.ceil(maxConnections / CHANNELS_PER_SHARD);
  const count = Math.min(needed, availableParallelism(), MOST_DEFAULT_SHARDS);
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
  const server = typeof tokenServer === 'string' ? { url: tokenServer } : (tokenServer ?? {});
  return { shared: targets, server, provider: tokenProvider };
}

/** Checks the options and fills in the defaults. */
export function channelConfig(options: ChannelOptions): Omit<ChannelConfig, 'encryption' | 'segment'> {
  return {
    hevc: oneOf('hevc', options.hevc, ['auto', 'enhanced', 'legacy']),
    inputClock: oneOf('inputClock', options.inputClock, ['native', 'wrapping32']),
    tracks: trackPlan(options),
  };
}

function trackPlan({ video, audio, trackWait }: ChannelOptions): TrackPlan {
  if (video === 'none' && audio === 'none') {
    throw invalidParameter(
      'video, audio',
      'none, none',
      'a codec for one of them; with data alone, leave them out',
    );
  }
  return { video, audio, wait: integer('trackWait', trackWait, 1000, 0, 60_000) };
}

/**
 * Checks the options and fills in the defaults.
 * @param maxPacket the largest packet that the pool could hold for the channel, in bytes
 */
export function destinationConfig(options: DestinationOptions, maxPacket: number): DestinationConfig {
  const high = watermark('highWatermark', options.highWatermark, { bytes: 8 * MIB, ms: 5000 });
  const half = { bytes: Math.floor(high.bytes / 2), ms: Math.floor(high.ms / 2) };
  const low = watermark('lowWatermark', options.lowWatermark, half);
  requireBelow('lowWatermark.bytes', low.bytes, high.bytes);
  requireBelow('lowWatermark.ms', low.ms, high.ms);
  return {
    target: fixedTarget(options),
    // What is on its way to a server that does not read cannot be dropped: it may hold only a small part of the pool.
    inFlightLimit: Math.max(MIN_IN_FLIGHT, Math.min(MAX_IN_FLIGHT, Math.floor(maxPacket / 8))),
    endOfSequence: options.endOfSequence ?? false,
    connection: options.connection ?? {},
    highWatermark: high,
    lowWatermark: low,
    overflow: oneOf('overflow', options.overflow, ['reject', 'drop']),
    reconnect: reconnectPolicy(options.reconnect),
    stallTimeout: integer('stallTimeout', options.stallTimeout, 60_000, 0, 3_600_000),
    connectTimeout: integer('connectTimeout', options.connectTimeout, 10_000, 1, 600_000),
    closeTimeout: integer('closeTimeout', options.closeTimeout, 10_000, 1, 600_000),
    chunkSize:
      options.chunkSize === undefined
        ? undefined
        : integer('chunkSize', options.chunkSize, 0, 128, 16_777_215),
  };
}

/** Undefined when the target is to be asked for. */
function fixedTarget({ url, target }: DestinationOptions): ShardTarget | undefined {
  if ((url === undefined) === (target === undefined)) {
    throw invalidParameter('url, target', url === undefined ? 'neither' : 'both', 'one of them');
  }
  if (target !== undefined) {
    checkTargetRequest(target);
    return undefined;
  }
  checkUrl(url!);
  return { url: url!, token: undefined };
}

/** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_URL` unless a stream can be published at the URL. */
export function checkUrl(url: string): void {
  let name: string;
  try {
    name = publishedName(parseRtmpUrl(url));
  } catch (error) {
    throw CloudPushError.wrap(error);
  }
  if (name !== '') return;
  const message = 'the URL names no stream; permitted: rtmp[s]://host[:port]/app/name';
  throw new CloudPushError('ERR_CLOUDPUSH_INVALID_URL', message, {
    class: 'fatal',
    details: { stage: 'url' },
  });
}

function watermark(name: string, given: Partial<Watermark> | undefined, preset: Watermark): Watermark {
  return {
    bytes: integer(`${name}.bytes`, given?.bytes, preset.bytes, 0, Number.MAX_SAFE_INTEGER),
    ms: integer(`${name}.ms`, given?.ms, preset.ms, 0, 2 ** 31 - 1),
  };
}

function reconnectPolicy(given: boolean | Partial<ReconnectPolicy> | undefined): ReconnectPolicy | undefined {
  if (given === undefined || given === false) return undefined;
  const { maxAttempts, initialDelay, maxDelay, resetAfter } = given === true ? {} : given;
  return {
    maxAttempts: integer('reconnect.maxAttempts', maxAttempts, 1_000_000, 1, 1_000_000),
    initialDelay: integer('reconnect.initialDelay', initialDelay, 500, 0, 3_600_000),
    maxDelay: integer('reconnect.maxDelay', maxDelay, 30_000, 0, 3_600_000),
    resetAfter: integer('reconnect.resetAfter', resetAfter, 60_000, 0, 3_600_000),
  };
}

function requireBelow(name: string, value: number, limit: number): void {
  if (value > limit) throw invalidParameter(name, value, `at most the high watermark of ${limit}`);
}
