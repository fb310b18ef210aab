import type { MessagePort } from 'node:worker_threads';
import type { AudioCodec, HevcForm, InputClock, VideoCodec } from '@cloudpush/muxer';
import type { AmfValue, PublisherOptions } from '@cloudpush/transport';
import type { ErrorData } from '../errors.js';
import type { ReconnectPolicy } from './backoff.js';

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
  readonly port: MessagePort;
}

/** A queue's limits; above either of them the channel pauses. */
export interface Watermark {
  /** Media accepted and not yet taken by the kernel, in bytes. */
  readonly bytes: number;
  /** The same as a span of the stream's clock, in ms. */
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

/** What a shard must know to run a channel. */
export interface ChannelConfig {
  /** Holds credentials: never to be logged or quoted. */
  readonly url: string;
  readonly hevc: HevcForm | 'auto';
  readonly inputClock: InputClock;
  readonly highWatermark: Watermark;
  readonly lowWatermark: Watermark;
  /** What happens above the high watermark: the caller is refused, or queued media is dropped. */
  readonly overflow: 'reject' | 'drop';
  /** Undefined: a lost connection ends the channel. */
  readonly reconnect: ReconnectPolicy | undefined;
  /** ms after which a connection that takes nothing is given up; 0: never. */
  readonly stallTimeout: number;
  /** The longest that connecting may take from DNS to the answer to `publish`, in ms. */
  readonly connectTimeout: number;
  /** The longest that a close may wait for queued media to leave, in ms. */
  readonly closeTimeout: number;
  readonly chunkSize: number | undefined;
  readonly endOfSequence: boolean;
  readonly connection: ConnectionOptions;
}

/** Codecs as a descriptor carries them: an index into these lists. The first of each is the default. */
export const VIDEO_CODECS: readonly VideoCodec[] = ['h264', 'h265', 'av1', 'vp9'];
export const AUDIO_CODECS: readonly AudioCodec[] = ['aac', 'mp3', 'opus', 'flac', 'ac3', 'eac3'];

/** From the caller's thread to a shard. `null` is the doorbell: look into the ring. */
export type ShardRequest =
  | null
  /** Precedes the descriptor `open` of the same channel in the ring. */
  | { readonly type: 'open'; readonly channel: number; readonly config: ChannelConfig }
  /** Reset the connection now. */
  | { readonly type: 'abort'; readonly channel: number; readonly error: ErrorData }
  /** End the shard's task. Every channel has been closed before. */
  | { readonly type: 'stop' };

/** From a shard to the caller's thread. Per channel they come in the order of their causes. */
export type ShardReport =
  /** The shard's thread is up and drains its ring. */
  | { readonly type: 'ready' }
  | { readonly type: 'connected'; readonly channel: number }
  /** The connection is lost, and will be made again after `delay` ms. */
  | {
      readonly type: 'disconnected';
      readonly channel: number;
      readonly error: ErrorData;
      readonly delay: number;
    }
  | { readonly type: 'pause'; readonly channel: number }
  | { readonly type: 'resume'; readonly channel: number }
  /** The server has sent a command or data message of its own. */
  | { readonly type: 'command'; readonly channel: number; readonly name: string; readonly args: AmfValue[] }
  /** Something about the connection that the user should know. */
  | { readonly type: 'warning'; readonly channel: number; readonly message: string }
  /** A packet was refused; the channel goes on. `repeats`: how many like it were not reported since the last one. */
  | {
      readonly type: 'problem';
      readonly channel: number;
      readonly error: ErrorData;
      readonly repeats: number;
    }
  /** The connection is over. `error` is there when it did not end as it was asked to. */
  | { readonly type: 'ended'; readonly channel: number; readonly error: ErrorData | undefined }
  /** The channel's last descriptor has been handled: its number may be used again. */
  | { readonly type: 'forgotten'; readonly channel: number }
  /** Blocks have been released since they were asked for. */
  | { readonly type: 'released' };
