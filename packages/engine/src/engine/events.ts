import type { CloudPushError } from '../base/errors.js';
import type { SourceTracks } from '../protocol/source-messages.js';
import type { CloseReport } from './close-report.js';
import type {
  Advice,
  Destination,
  Disconnection,
  ServerCommand,
  SpoolGap,
} from './destination/destination.js';

/**
 * A packet that was refused for what is in it, or repaired, as its timestamp was. The channel goes on with
 * the next one.
 */
export interface PacketProblem {
  readonly error: CloudPushError;
  /**
   * Number of problems like it that have not been reported since the last report: the same problem is
   * reported once a second.
   */
  readonly repeats: number;
}

/** The stream by which a segment was sent to one destination. */
export interface SegmentStream {
  readonly destination: Destination;
  /** Without its query; the last one, when a connection was lost on the way. */
  readonly streamName: string;
  /** Pictures handed to the connection. */
  readonly videoFrames: number;
  /** Audio frames handed to the connection. */
  readonly audioFrames: number;
  /** Bytes of media and data handed to the connection, protocol left out. */
  readonly bytes: number;
  /** The time of its last message on the segment's clock, in ms. */
  readonly duration: number;
  /** True when the kernel has accepted all of it; false when its tail was lost with the connection. */
  readonly complete: boolean;
}

/** A segment that has been pushed to its end. */
export interface SegmentReport {
  /** 1 for the first segment of the channel. */
  readonly number: number;
  /** One for each destination that has brought it to its end, in the order in which they did. */
  readonly streams: readonly SegmentStream[];
}

/** A source is there: its media follows. */
export interface SourceConnection {
  /** Those of its tracks that are sent. */
  readonly tracks: SourceTracks;
}

/** A source is lost, or could not be opened. */
export interface SourceLoss {
  /** Error of the loss, or of the failed attempt to open it. */
  readonly error: CloudPushError;
  /** Until it is opened again, in ms. Infinity: it is not. */
  readonly delay: number;
  /** Number of attempts in a row that have failed. */
  readonly attempts: number;
}

/** A source is silent; unless it goes on, it is taken for lost when as much time has passed again. */
export interface SourceStall {
  /** `'video'`: sound comes, but no pictures. */
  readonly kind: 'all' | 'video';
  /** Time since the last packet of the kind, in ms. */
  readonly ms: number;
}

/** Something about a source that an operator should know, and that it goes on with. */
export interface SourceWarning {
  /** One sentence, without secrets. */
  readonly message: string;
}

/** The events of a channel, in the order of their causes. `close` is the last one, and comes exactly once. */
export interface ChannelEvents {
  /** A destination is connected and publishing; again after each `disconnect`. */
  connect: [Destination];
  /** A destination's connection is lost and will be made again (option `reconnect`). */
  disconnect: [Disconnection];
  /** A destination's stream has moved to another connection without a gap: see `Destination.moveTo`. */
  move: [Destination];
  /**
   * A segment has been pushed to its end, on the last destination that had to: everything sent before its
   * `streamEnd` has left, and its streams have been ended. Once for each segment that ended, unless every
   * destination is over before.
   */
  segmentEnd: [SegmentReport];
  /**
   * No room for a packet: `send…` returns false for it, and for larger ones, until `resume`. Always followed
   * by `resume` or `close`.
   */
  pause: [];
  /** Room again. */
  resume: [];
  /**
   * A packet was accepted, but then refused for what is in it, or goes out repaired: its timestamp stepped
   * back. Or the pool is too small for what the channel sends: once. Or a destination's spool is given up, as
   * the disk has failed.
   */
  problem: [PacketProblem];
  /** The channel's source is there, for the first time or again; see the option `source`. */
  sourceConnected: [SourceConnection];
  /** The channel's source is lost, or could not be opened. */
  sourceLost: [SourceLoss];
  /** Nothing, or no picture, comes from the channel's source. */
  sourceStalled: [SourceStall];
  /** A track of the channel's source is left out, its file is cut off, or the like; it goes on. */
  sourceWarning: [SourceWarning];
  /** The channel's source, a file or command, has come to its end. The channel stays open. */
  sourceEnded: [];
  /** A server has sent a command or data message with a meaning of its own, such as `onLiveOpen`. */
  command: [ServerCommand];
  /**
   * The source gives more than the connection of a destination takes, or may give more again. With several
   * destinations, an encoder that wants to serve them all follows the one with the least advice, and one that
   * wants to serve the best, that with the most: the others drop.
   */
  advice: [Advice];
  /** Something has happened to a gap that a destination's spool keeps (`overflow: 'spool'`). */
  gap: [SpoolGap];
  /** The last destination is over, and the channel with it. */
  close: [CloseReport];
}
