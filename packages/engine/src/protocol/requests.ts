import type { MuxerResumption } from '@cloudpush/muxer';
import type { ErrorData } from '../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../options/destination-config.js';
import type { SourceConfig } from '../options/source-config.js';
import type { SlabKind } from './source-messages.js';
import type { ChannelConfig, PendingReconnect } from './stream.js';

/**
 * A message from the caller's thread to a shard. `null` is the doorbell: look into the ring. Packets never
 * come this way: they travel through the ring, and released blocks through the release list.
 */
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
  /** The engine has the spool's folder for itself, or, with an error, cannot have it. */
  | { readonly type: 'spoolReady'; readonly error: ErrorData | undefined }
  /**
   * A destination was attached while another had its series: that is free now, or, with an error, will not be
   * before long.
   */
  | { readonly type: 'series'; readonly turn: number; readonly error: ErrorData | undefined }
  /**
   * Remove the oldest that a destination's spool keeps, so many bytes, and all that is older than `before`,
   * in ms since 1970.
   */
  | {
      readonly type: 'expire';
      readonly channel: number;
      readonly destination: number;
      readonly bytes: number;
      readonly before: number;
    }
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
   * Lead the stream to another server, without a gap. `renewed`: the token provider returns this target from
   * now on; a destination that is about to ask needs no message.
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
  /**
   * Take nothing more from the next key frame on: `atKeyFrame` is the answer, and the channel's end follows
   * it.
   */
  | { readonly type: 'endAtKeyFrame'; readonly channel: number }
  /** Begin the first destination of a channel that stands by with that key frame; `attach` follows. */
  | { readonly type: 'beginWith'; readonly channel: number; readonly keyFrame: string }
  /** Go on with another source. */
  | { readonly type: 'source'; readonly channel: number; readonly config: SourceConfig }
  /**
   * The pool has no room for the channel's next packet: let destinations that lag behind give some of it
   * back.
   */
  | { readonly type: 'relieve'; readonly channel: number }
  /** End the shard's task. Every channel has been closed before. */
  | { readonly type: 'stop' };
