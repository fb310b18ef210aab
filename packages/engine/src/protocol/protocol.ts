import type { MessagePort } from 'node:worker_threads';
import type {
  AudioCodec,
  HevcForm,
  InputClock,
  MuxerResumption,
  MuxerState,
  VideoCodec,
} from '@cloudpush/muxer';
import type { AmfValue, ConnectTimings, PublisherOptions } from '@cloudpush/transport';
import type { ReconnectPolicy } from '../base/backoff.js';
import type { ErrorData } from '../base/errors.js';
import type { EncryptionOptions } from '../options/encryption-options.js';
import type { TargetReason } from '../targets/push-target.js';
import type { SegmentState } from '../worker/channel/segment-tracker.js';
import type { BitrateAdvice } from '../worker/destination/bitrate-advisor.js';
import type { SegmentTotals } from '../worker/destination/segment-progress.js';
import type { SlabKind, SourceConfig, SourceReport } from './source-messages.js';

/**
 * What the caller's thread and a shard say to each other beside the media path. Packets never come this way: they
 * travel through the ring, and released blocks through the release list.
 */

/** What a shard is born with. All memory is shared. */
export interface ShardInit {
  readonly pool: SharedArrayBuffer;
  readonly released: Int32Array;
  /** One word: not 0 when the caller's thread wants to hear of the next released block. */
  readonly releaseWanted: Int32Array;
  readonly ring: SharedArrayBuffer;
  readonly gates: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** The longest that a descriptor may wait in the ring for others to come, in ms. */
  readonly maxBatchDelay: number;
  /** The most connections that the shard makes at a time. */
  readonly maxConnecting: number;
  /** Where each block stands, when the pool is watched. */
  readonly blockStates: SharedArrayBuffer | undefined;
  readonly port: MessagePort;
}

/** A queue's limits; above either of them the channel pauses. */
export interface Watermark {
  /** Media accepted and not yet taken by the kernel, in bytes. */
  readonly bytes: number;
  /** How long it has been coming in, in ms: a gap in the source's timestamps does not count. */
  readonly ms: number;
}

/**
 * How a connection is made: TLS (CA, pins), proxy, token and its place, credentials, server profile, handshake, local address
 * and more; each is described at `PublisherOptions` of `@cloudpush/transport`. Plain data only, no functions.
 */
export type ConnectionOptions = Omit<
  PublisherOptions,
  'url' | 'signal' | 'chunkSize' | 'timeouts' | 'highWaterMark' | 'maxQueuedBytes' | 'limits' | 'lookup'
>;

/** Which tracks a stream will have: a codec when the caller has named it, `none` when there will be none, undefined: it may come. */
export interface TrackPlan {
  readonly video: VideoCodec | 'none' | undefined;
  readonly audio: AudioCodec | 'none' | undefined;
  /** The longest that a stream which begins waits for its second track, in ms. */
  readonly wait: number;
}

/** What a shard must know to run a channel: how its media becomes a stream. */
export interface ChannelConfig {
  readonly hevc: HevcForm | 'auto';
  readonly inputClock: InputClock;
  readonly tracks: TrackPlan;
  /** Holds keys: never to be logged or quoted. */
  readonly encryption: EncryptionOptions;
  /** Which segment it begins with, or behind which. */
  readonly segment: SegmentState;
  /** Undefined: the caller hands the packets over. */
  readonly source: SourceConfig | undefined;
}

/** Where a connection leads. It holds credentials: never to be logged or quoted. */
export interface ShardTarget {
  /** `$time` may stand in it. */
  readonly url: string;
  /** Instead of the one in {@link ConnectionOptions}. */
  readonly token: string | undefined;
  /** When a server has named it: the host that the caller had named. */
  readonly home?: string | undefined;
  /** When a server has named it that had not been shown token and arguments either. */
  readonly untrusted?: boolean | undefined;
}

/** What a shard must know to bring a channel's stream to one server. */
export interface DestinationConfig {
  /** Undefined: the caller's thread is asked before each connection. */
  readonly target: ShardTarget | undefined;
  readonly highWatermark: Watermark;
  readonly lowWatermark: Watermark;
  /** What happens above the high watermark: the caller is refused, or queued media is dropped. */
  readonly overflow: 'reject' | 'drop';
  /** Undefined: a lost connection ends the destination. */
  readonly reconnect: ReconnectPolicy | undefined;
  /** ms after which a connection that takes nothing is given up; 0: never. */
  readonly stallTimeout: number;
  /** The longest that connecting may take from DNS to the answer to `publish`, in ms. */
  readonly connectTimeout: number;
  /** The longest that a close may wait for queued media to leave, in ms. */
  readonly closeTimeout: number;
  /** Above so many bytes on their way to the kernel, what follows waits in the queue, where it can still be dropped. */
  readonly inFlightLimit: number;
  readonly chunkSize: number | undefined;
  readonly endOfSequence: boolean;
  /** Whether the next segment's stream is published on the connection of the one before. */
  readonly segmentConnection: 'auto' | 'same' | 'new';
  readonly connection: ConnectionOptions;
}

/** A lost connection that will be made again. */
export interface PendingReconnect {
  readonly error: ErrorData;
  /** Until the next attempt, in ms. */
  readonly delay: number;
  /** How many attempts in a row have failed, the lost connection included. */
  readonly attempts: number;
}

/** Codecs as a descriptor carries them: an index into these lists. The first of each is the default. */
export const VIDEO_CODECS: readonly VideoCodec[] = ['h264', 'h265', 'av1', 'vp9'];
export const AUDIO_CODECS: readonly AudioCodec[] = [
  'aac',
  'mp3',
  'opus',
  'flac',
  'ac3',
  'eac3',
  'g711a',
  'g711u',
];

/** From the caller's thread to a shard. `null` is the doorbell: look into the ring. */
export type ShardRequest =
  | null
  /** Precedes the descriptor `open` of the same channel in the ring. */
  | {
      readonly type: 'open';
      readonly channel: number;
      readonly config: ChannelConfig;
      /** The stream that the channel has begun on another shard. */
      readonly resume: MuxerResumption | undefined;
    }
  /** Precedes the descriptor `attach` of the same destination in the ring. */
  | {
      readonly type: 'attach';
      readonly channel: number;
      readonly destination: number;
      readonly config: DestinationConfig;
      /** The connection that it has lost with another shard. */
      readonly loss: PendingReconnect | undefined;
    }
  /** From now on so many connections are made at a time, fewer than before. */
  | { readonly type: 'maxConnecting'; readonly most: number }
  /** Reset the connection now; without `destination`, all connections of the channel. */
  | {
      readonly type: 'abort';
      readonly channel: number;
      readonly destination: number | undefined;
      readonly error: ErrorData;
    }
  /** The answer to `targetWanted`. */
  | {
      readonly type: 'target';
      readonly channel: number;
      readonly destination: number;
      readonly answer: { readonly target: ShardTarget } | { readonly error: ErrorData };
    }
  /**
   * Lead the stream to another server, without a gap. `renewed`: the target is what asking gives now, so that who is not
   * connected and will ask need not be told.
   */
  | {
      readonly type: 'move';
      readonly channel: number;
      readonly destination: number;
      readonly target: ShardTarget;
      readonly renewed: boolean;
    }
  /** The answer to `slabWanted`. `isTight`: the channel could not hold twice of what it holds. */
  | {
      readonly type: 'slab';
      readonly channel: number;
      readonly kind: SlabKind;
      readonly block: number;
      readonly bytes: number;
      readonly isTight: boolean;
    }
  /** Go on with another source. */
  | { readonly type: 'source'; readonly channel: number; readonly config: SourceConfig }
  /** The pool has no room for the channel's next packet: let destinations that lag behind give some of it back. */
  | { readonly type: 'relieve'; readonly channel: number }
  /** End the shard's task. Every channel has been closed before. */
  | { readonly type: 'stop' };

/** What a shard tells of a destination. */
interface OfDestination {
  readonly channel: number;
  readonly destination: number;
}

/** From a shard to the caller's thread. Per channel they come in the order of their causes. */
export type ShardReport =
  /** The shard's thread is up and drains its ring. */
  | { readonly type: 'ready' }
  | (OfDestination & { readonly type: 'connected'; readonly timings: ConnectTimings })
  /** The connection is lost, and will be made again after `delay` ms. */
  | (OfDestination & {
      readonly type: 'disconnected';
      readonly error: ErrorData;
      readonly delay: number;
      /** The connection may have taken media, which is lost with it: no mere attempt has failed. */
      readonly wasPublishing: boolean;
    })
  /** A connection is to be made: `target` is the answer. */
  | (OfDestination & { readonly type: 'targetWanted'; readonly reason: TargetReason })
  /** The stream goes on over another connection, and the old one has been ended. */
  | (OfDestination & { readonly type: 'moved'; readonly timings: ConnectTimings })
  /** The server has sent a command or data message of its own. */
  | (OfDestination & { readonly type: 'command'; readonly name: string; readonly args: AmfValue[] })
  /** Something about the connection that the user should know. */
  | (OfDestination & { readonly type: 'warning'; readonly message: string })
  /** What the encoder should do about its bit rate. */
  | (OfDestination & { readonly type: 'advice'; readonly advice: BitrateAdvice })
  /** The connection is over. `error` is there when it did not end as it was asked to. */
  | (OfDestination & { readonly type: 'detached'; readonly error: ErrorData | undefined })
  /** The stream has begun, or its headers have changed: what another shard would have to know to go on with it. */
  | { readonly type: 'stream'; readonly channel: number; readonly state: MuxerState }
  /** A segment has been handed over to its end; `taken` is false when its tail was lost with the connection. */
  | (OfDestination & {
      readonly type: 'segmentLeft';
      readonly totals: SegmentTotals;
      readonly taken: boolean;
    })
  /** The last destination has brought the segment to its end. */
  | { readonly type: 'segmentEnd'; readonly channel: number; readonly segment: number }
  | { readonly type: 'pause'; readonly channel: number }
  /** A source that the shard reads needs a slab of so many bytes, for packets of up to `largest`: `slab` is the answer. */
  | {
      readonly type: 'slabWanted';
      readonly channel: number;
      readonly kind: SlabKind;
      readonly bytes: number;
      readonly largest: number;
    }
  /** Something has happened to the channel's source. */
  | { readonly type: 'source'; readonly channel: number; readonly event: SourceReport }
  | { readonly type: 'resume'; readonly channel: number }
  /** A packet was refused, or repaired; the channel goes on. `repeats`: how many like it were not reported since the last one. */
  | {
      readonly type: 'problem';
      readonly refused: boolean;
      readonly channel: number;
      readonly error: ErrorData;
      readonly repeats: number;
    }
  /** The answer to `leave`: nothing of the channel is left here, and nothing more of it will be told or counted. */
  | { readonly type: 'migrated'; readonly channel: number }
  /** The answer to `leave`: there is more to lose than to win, the channel goes on where it is. */
  | { readonly type: 'migrationRefused'; readonly channel: number }
  /** The channel is not there, or could not even be ended: all of its destinations are over. Nothing else has suffered. */
  | { readonly type: 'broken'; readonly channel: number; readonly error: ErrorData }
  /** The last of the channel's destinations is over. */
  | { readonly type: 'ended'; readonly channel: number }
  /** The channel's last descriptor has been handled: its number may be used again. */
  | { readonly type: 'forgotten'; readonly channel: number }
  /** A block was released twice; `stack` tells where. Only when the pool is watched. */
  | { readonly type: 'releasedTwice'; readonly stack: string }
  /** Blocks have been released since they were asked for. */
  | { readonly type: 'released' };
