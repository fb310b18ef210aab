import type { LatencySummary } from './latency.js';

/** What a destination has done since it was added. */
export interface DestinationStats {
  readonly state: 'connecting' | 'publishing' | 'closing' | 'closed';
  /** Pictures handed to the connection. */
  readonly videoFrames: number;
  /** Audio frames handed to the connection. */
  readonly audioFrames: number;
  /** Data messages handed to the connection. */
  readonly dataMessages: number;
  /** Bytes that the kernel has accepted, protocol included. */
  readonly bytesSent: number;
  /** Bytes of media that the kernel has not accepted yet. */
  readonly queuedBytes: number;
  /** What waits for a connection that is not up or says "no more", as a span of the stream's clock in ms. */
  readonly queuedMs: number;
  /** Pictures that no other refers to, dropped to make room. */
  readonly droppedDisposable: number;
  /** Other pictures that were dropped, up to the next key frame: to make room, or after a lost connection. */
  readonly droppedPictures: number;
  /** Audio frames dropped to make room. */
  readonly droppedAudio: number;
  /** How often the connection was made again. */
  readonly reconnects: number;
  /** How often the stream has moved to another connection without a gap. */
  readonly moves: number;
}

/** What a channel has done since it was opened. What is counted per destination is the sum over all that it has had. */
export interface ChannelStats extends DestinationStats {
  readonly paused: boolean;
  /** Bytes of the pool that hold media which a destination still needs, rounding and headroom included. */
  readonly queuedBytes: number;
  /** The longest of the destinations' queues, as a span of the stream's clock in ms. */
  readonly queuedMs: number;
  /** Packets that `send…` has refused for want of room. */
  readonly packetsRefused: number;
  /** Packets refused for what was in them. */
  readonly packetsInvalid: number;
  /**
   * Packets that had been accepted and were given up with a lost connection. What the kernel had already taken may have
   * been lost as well; nobody can tell.
   */
  readonly packetsLost: number;
  /** How often the channel was paused. */
  readonly pauses: number;
}

/** The state of an engine. */
export interface EngineStats {
  /** Channels that are open. */
  readonly channels: number;
  /** Destinations that are open, of all channels. */
  readonly destinations: number;
  readonly shards: number;
  readonly poolSize: number;
  /** Bytes of the pool that packets hold, rounding and headroom included. */
  readonly poolBytesInUse: number;
  /** Packets in the pool. */
  readonly poolBlocksInUse: number;
  /**
   * From `send…` to the kernel's acceptance of the packet's last byte, on the slowest of the channel's destinations, of all
   * packets sent while their channel was publishing, since the start or the last `resetLatency`.
   */
  readonly latency: LatencySummary;
}
