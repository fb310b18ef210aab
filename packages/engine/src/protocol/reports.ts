import type { MuxerState } from '@cloudpush/muxer';
import type { AmfValue, ConnectTimings } from '@cloudpush/transport';
import type { ErrorData } from '../base/errors.js';
import type { TargetReason } from '../targets/push-target.js';
import type { SlabKind, SourceReport } from './source-messages.js';
import type { GapReport } from './spool-messages.js';
import type { BitrateAdvice, SegmentTotals } from './stream.js';

/** The destination that a report is about. */
interface OfDestination {
  readonly channel: number;
  readonly destination: number;
}

/** A message from a shard to the caller's thread. Per channel they come in the order of their causes. */
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
  /** Advice to the encoder about its bit rate. */
  | (OfDestination & { readonly type: 'advice'; readonly advice: BitrateAdvice })
  /** Something has happened to a gap that the spool keeps. */
  | (OfDestination & { readonly type: 'gap'; readonly gap: GapReport })
  /** The spool takes nothing, as the disk has failed or another has its series: what does not fit is dropped. */
  | (OfDestination & { readonly type: 'spoolOff'; readonly error: ErrorData })
  /** The connection is over. `error` is there when it did not end as it was asked to. */
  | (OfDestination & { readonly type: 'detached'; readonly error: ErrorData | undefined })
  /**
   * The stream has begun, or its headers have changed: what another shard would have to know to go on with
   * it.
   */
  | { readonly type: 'stream'; readonly channel: number; readonly state: MuxerState }
  /**
   * A segment has been handed over to its end; `taken` is false when its tail was lost with the connection.
   */
  | (OfDestination & {
      readonly type: 'segmentLeft';
      readonly totals: SegmentTotals;
      readonly taken: boolean;
    })
  /** The last destination has brought the segment to its end. */
  | { readonly type: 'segmentEnd'; readonly channel: number; readonly segment: number }
  | { readonly type: 'pause'; readonly channel: number }
  /**
   * A source that the shard reads needs a slab of so many bytes, for packets of up to `largest`: `slab` is
   * the answer.
   */
  | {
      readonly type: 'slabWanted';
      readonly channel: number;
      readonly kind: SlabKind;
      readonly bytes: number;
      readonly largest: number;
    }
  /**
   * A channel without a destination keeps a key frame for the first one, or, without video, sound; or its
   * first destination has come before that.
   */
  | { readonly type: 'standingBy'; readonly channel: number }
  /** The answer to `endAtKeyFrame`: it has come. `keyFrame` tells it from others; undefined: it is sound. */
  | { readonly type: 'atKeyFrame'; readonly channel: number; readonly keyFrame: string | undefined }
  /** Something has happened to the channel's source. */
  | { readonly type: 'source'; readonly channel: number; readonly event: SourceReport }
  | { readonly type: 'resume'; readonly channel: number }
  /**
   * A packet was refused, or repaired; the channel goes on. `repeats`: how many like it were not reported
   * since the last one.
   */
  | {
      readonly type: 'problem';
      readonly refused: boolean;
      readonly channel: number;
      readonly error: ErrorData;
      readonly repeats: number;
    }
  /**
   * The answer to `leave`: nothing of the channel is left here, and nothing more of it will be told or
   * counted.
   */
  | { readonly type: 'migrated'; readonly channel: number }
  /** The answer to `leave`: there is more to lose than to win, the channel goes on where it is. */
  | { readonly type: 'migrationRefused'; readonly channel: number }
  /**
   * The channel is not there, or could not even be ended: all of its destinations are over. Nothing else has
   * suffered.
   */
  | { readonly type: 'broken'; readonly channel: number; readonly error: ErrorData }
  /**
   * The last of the channel's destinations is over, or there was none; `error`: the fault it ended on, if
   * any.
   */
  | { readonly type: 'ended'; readonly channel: number; readonly error: ErrorData | undefined }
  /** The channel's last descriptor has been handled: its number may be used again. */
  | { readonly type: 'forgotten'; readonly channel: number }
  /** A block was released twice; `stack` tells where. Only when the pool is watched. */
  | { readonly type: 'releasedTwice'; readonly stack: string }
  /** The fence is past: the connections of so many channels have been reset. */
  | { readonly type: 'fenced'; readonly channels: number }
  /** Blocks have been released since they were asked for. */
  | { readonly type: 'released' };
