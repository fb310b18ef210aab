import type { ConnectTimings } from '@cloudpush/transport';
import type { LatencySummary } from '../memory/latency-histogram.js';
import type { SourceStats } from './source-stats.js';
import type { SpoolStats } from './spool-stats.js';

/** Counts of a destination that only grow. */
export interface DestinationTotals {
  /** Pictures handed to the connection. */
  readonly videoFrames: number;
  /** Audio frames handed to the connection. */
  readonly audioFrames: number;
  /** Data messages handed to the connection. */
  readonly dataMessages: number;
  /** Bytes that the kernel has accepted, protocol included. */
  readonly bytesSent: number;
  /** Pictures that no other refers to, dropped to make room. */
  readonly droppedDisposable: number;
  /** Other pictures dropped to make room, each with the rest of its group. */
  readonly droppedPictures: number;
  /** Audio frames dropped to make room. */
  readonly droppedAudio: number;
  /**
   * Pictures that could not be decoded, as the key frame before them was not sent: where a segment does not
   * begin with one, where a destination joins in, after a lost connection or the death of a worker thread,
   * and behind a picture that was refused (by `send…`, and not sent again, or for what is in it), or could
   * not be encrypted or carried.
   */
  readonly droppedUndecodable: number;
  /**
   * Pictures that still waited when the destination ended (close time-out, abort, a connection that was not
   * made again), or when the channel went on with another worker thread. What a connection had been handed
   * and took with it counts as handed over.
   */
  readonly lostPictures: number;
  /** Audio frames that still waited then. */
  readonly lostAudio: number;
  /** Number of times that the connection was made again. */
  readonly reconnects: number;
  /** Number of times that the stream has moved to another connection without a gap. */
  readonly moves: number;
}

/** The figures and the state of a destination since it was added. */
export interface DestinationStats extends DestinationTotals {
  readonly state: 'connecting' | 'publishing' | 'closing' | 'closed';
  /** Bytes of media that the kernel has not accepted yet. */
  readonly queuedBytes: number;
  /**
   * Time that the media took to come in that waits for a connection that is not up, or says "no more", in ms.
   */
  readonly queuedMs: number;
  /** Bits a second that the kernel accepts, protocol included, smoothed over about two seconds. */
  readonly bitRate: number;
  /**
   * Bytes that the kernel has accepted and the server has not acknowledged (RTMP 1.0 §5.4.3); undefined
   * before its first acknowledgement. Servers acknowledge a whole or half a window at a time, often 2.5 MB:
   * up to that much is normal.
   */
  readonly unacknowledgedBytes: number | undefined;
  /** Time of these bytes at the present bit rate, in ms; undefined where nothing is being sent. */
  readonly acknowledgementLag: number | undefined;
  /**
   * Time that each stage of the latest connect took, in ms; undefined before the first. `tcp` is one round
   * trip to a server that answers at its first address: the engine's only measure of the way there and back,
   * taken while nothing is queued.
   */
  readonly timings: ConnectTimings | undefined;
  /** Of its disk spool; undefined: it has none. */
  readonly spool: SpoolStats | undefined;
}

/** Counts of a channel that only grow; those of destinations are the sums over all that it has had. */
export interface ChannelTotals extends DestinationTotals {
  /** Packets that `send…` has refused for want of room. */
  readonly packetsRefused: number;
  /** Packets refused for what was in them, and audio packets of which a damaged frame was left out. */
  readonly packetsInvalid: number;
  /** Packets and metadata that came between two segments, and were refused for it. */
  readonly packetsBetweenSegments: number;
  /**
   * Packets that had been accepted and were given up with a lost connection, or left behind when the channel
   * went on with another worker thread. What the kernel had already taken may have been lost as well; nobody
   * can tell.
   */
  readonly packetsLost: number;
  /** Number of times that the channel was paused. */
  readonly pauses: number;
  /** Time that the channel was paused, in ms, a pause that lasts included. */
  readonly pausedMs: number;
}

/** The figures and the state of a channel since it was opened. */
export interface ChannelStats extends ChannelTotals {
  /** Of the source that a worker thread reads; undefined where the caller sends the packets. */
  readonly source: SourceStats | undefined;
  readonly state: 'connecting' | 'publishing' | 'closing' | 'closed';
  readonly paused: boolean;
  /** Bytes of the pool that hold media which a destination still needs, rounding and headroom included. */
  readonly queuedBytes: number;
  /** Time that the longest of the destinations' queues took to come in, in ms. */
  readonly queuedMs: number;
  /** Bits a second that the kernel accepts, of all destinations. */
  readonly bitRate: number;
}

/** The state of an engine. */
export interface EngineStats {
  /** Channels that are open. */
  readonly channels: number;
  /** Destinations that are open, of all channels. */
  readonly destinations: number;
  readonly shards: number;
  /**
   * The same channels by worker thread. One that is about to leave its thread counts for the one that it goes
   * to.
   */
  readonly channelsByShard: readonly number[];
  readonly poolSize: number;
  /** Bytes of the pool that packets hold, rounding and headroom included. */
  readonly poolBytesInUse: number;
  /** Packets in the pool. */
  readonly poolBlocksInUse: number;
  /** Bits a second that the kernel accepts, of all channels. */
  readonly bitRate: number;
  /** Counts of channels: the sums over all that the engine has had. */
  readonly totals: ChannelTotals;
  /**
   * From `send…` to the kernel's acceptance of the packet's last byte, on the slowest of the channel's
   * destinations, of all packets sent while their channel was publishing, since the start or the last
   * `resetLatency`.
   */
  readonly latency: LatencySummary;
}
