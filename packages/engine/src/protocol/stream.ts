import type { ErrorData } from '../base/errors.js';
import type { EncryptionOptions } from '../options/encryption-options.js';
import type { SourceConfig } from '../options/source-config.js';
import type { StreamConfig } from '../options/stream-config.js';

/** The configuration of a channel on its shard: how its media becomes a stream. */
export interface ChannelConfig extends StreamConfig {
  /** Holds keys: never to be logged or quoted. */
  readonly encryption: EncryptionOptions;
  /** Segment that it begins with, or behind. */
  readonly segment: SegmentState;
  /** Undefined: the caller hands the packets over. */
  readonly source: SourceConfig | undefined;
}

/** State of a channel's segments. */
export interface SegmentState {
  /** Of the present segment, or of the last: 1, 2 and so on. */
  readonly number: number;
  /** False between two segments. */
  readonly isOpen: boolean;
}

/** Totals of a segment at a destination. */
export interface SegmentTotals {
  readonly number: number;
  /** The stream name that it was published under last, without its query. */
  readonly streamName: string;
  readonly videoFrames: number;
  readonly audioFrames: number;
  /** Bytes of the tag bodies. */
  readonly bytes: number;
  /** The time of the last tag on the segment's clock, in ms. */
  readonly duration: number;
}

/** A lost connection that will be made again. */
export interface PendingReconnect {
  readonly error: ErrorData;
  /** Until the next attempt, in ms. */
  readonly delay: number;
  /** Number of attempts in a row that have failed, the lost connection included. */
  readonly attempts: number;
}

/** Advice to an encoder about its bit rate. */
export interface BitrateAdvice {
  /** The rate that the connection can be expected to carry, audio and video together, in bit/s. */
  readonly bitrate: number;
  /** The rate that the connection has carried lately while it was full, protocol included, in bit/s. */
  readonly throughput: number;
  /**
   * `'congested'`: the connection takes less than the source gives. `'recovering'`: it has kept up since, and
   * may carry more. `'recovered'`: what the source gave before fits again, as far as is known; no more advice
   * follows until it does not.
   */
  readonly reason: 'congested' | 'recovering' | 'recovered';
}
