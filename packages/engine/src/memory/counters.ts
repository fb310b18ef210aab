import { HISTOGRAM_BYTES, LatencyHistogram } from './latency-histogram.js';

/**
 * The counters of a shard, in memory that the caller's thread reads whenever it likes: no message is sent for
 * a number. Each counter has one writer, the shard, and is an aligned double, which is read whole.
 */

/** The counters of a channel. */
export const ChannelCounter = {
  /** Packets that the muxer refused as invalid. */
  packetsInvalid: 0,
  /** Packets that were given up with a lost connection. */
  packetsLost: 1,
  /** Time of the stream, in ms from its first packet. */
  elapsed: 2,
  /** Packets that came between two segments. */
  packetsBetweenSegments: 3,
} as const;
export type ChannelCounter = (typeof ChannelCounter)[keyof typeof ChannelCounter];

/** The counters of a destination. */
export const DestinationCounter = {
  /** Pictures handed to the socket. */
  videoFrames: 0,
  /** Audio frames handed to the socket. */
  audioFrames: 1,
  /** Data messages handed to the socket. */
  dataMessages: 2,
  /** Bytes that the kernel has accepted, RTMP headers and control messages included. */
  bytesSent: 3,
  /**
   * Bytes that wait for a connection that is not up or says "no more", or that the kernel has not accepted
   * yet.
   */
  queuedBytes: 4,
  /**
   * The length of what waits for a connection that is not up or says "no more", in ms of the stream's clock.
   */
  queuedMs: 5,
  /** Pictures that no other refers to, dropped to make room. */
  droppedDisposable: 6,
  /** Pictures dropped to make room, with the rest of their group. */
  droppedPictures: 7,
  /** Audio frames dropped to make room. */
  droppedAudio: 8,
  /** Bytes a second that the kernel has accepted, smoothed, when the counters were last published. */
  bytesPerSecond: 9,
  /**
   * Bytes that the kernel has accepted and the server has not acknowledged; −1: it has acknowledged nothing
   * yet.
   */
  unacknowledgedBytes: 10,
  /** Time at which the counters were last published, in ms of the monotonic clock. */
  countedAt: 11,
  /**
   * Pictures that could not be decoded for want of a key frame before them, or since one was refused or lost.
   */
  droppedUndecodable: 12,
  /** Pictures that were given up in the queue when the destination ended, or left its shard. */
  lostPictures: 13,
  /** Audio frames that were. */
  lostAudio: 14,
} as const;
export type DestinationCounter = (typeof DestinationCounter)[keyof typeof DestinationCounter];

/** The counters of a channel's source. */
export const SourceCounter = {
  bytesReceived: 0,
  /** Pictures received whole. */
  videoFrames: 1,
  /** Audio frames received whole. */
  audioFrames: 2,
  /** Frames for which the pool had no room. */
  framesRefused: 3,
  rtpPackets: 4,
  rtpLost: 5,
  rtpReordered: 6,
  rtpDuplicates: 7,
  /** Pictures damaged by loss, or of a group that was. */
  damagedPictures: 8,
  /** Interarrival jitter in ms. */
  jitter: 9,
} as const;
export type SourceCounter = (typeof SourceCounter)[keyof typeof SourceCounter];

/** The counters of a destination's spool. */
export const SpoolCounter = {
  /** The index of its state. */
  state: 0,
  /** Gaps on disk. */
  gaps: 1,
  /** Bytes on disk. */
  bytes: 2,
  /** ms of media on disk that have yet to be sent. */
  behindMs: 3,
  /** Bytes a second that are being sent from disk. */
  backfillRate: 4,
  /** Pictures that went to disk and not to the connection. */
  spooledVideoFrames: 5,
  /** Audio frames that did. */
  spooledAudioFrames: 6,
  spooledBytes: 7,
  spooledMs: 8,
  sentBytes: 9,
  sentMs: 10,
  expiredBytes: 11,
  expiredMs: 12,
  lostBytes: 13,
  lostMs: 14,
  /** Bytes on disk that have yet to be sent. */
  unsentBytes: 15,
} as const;
export type SpoolCounter = (typeof SpoolCounter)[keyof typeof SpoolCounter];

/** Two cache lines of doubles a row, so that two rows never share one. */
const ROW = 16;
const ROW_BYTES = ROW * 8;
/** Channels, destinations, sources, spools. */
const TABLES = 4;

/** Counters in rows: one for each number that a channel, or a destination, can have. */
class CounterTable<Counter extends number> {
  readonly #values: Float64Array;

  constructor(memory: SharedArrayBuffer, byteOffset: number, rows: number) {
    this.#values = new Float64Array(memory, byteOffset, rows * ROW);
  }

  get(row: number, counter: Counter): number {
    return this.#values[row * ROW + counter]!;
  }

  set(row: number, counter: Counter, value: number): void {
    this.#values[row * ROW + counter] = value;
  }

  add(row: number, counter: Counter, value: number): void {
    this.#values[row * ROW + counter]! += value;
  }

  /** Sets a row to zero, for its next user. */
  reset(row: number): void {
    this.#values.fill(0, row * ROW, (row + 1) * ROW);
  }
}

/**
 * Shared memory for one shard's counters: the channels', the destinations', the sources', the spools', then
 * the latency histogram.
 */
export function newCounterMemory(maxConnections: number): SharedArrayBuffer {
  return new SharedArrayBuffer(TABLES * maxConnections * ROW_BYTES + HISTOGRAM_BYTES);
}

export class ShardCounters {
  /** By the channel's number. */
  readonly channels: CounterTable<ChannelCounter>;
  /** By the destination's number. */
  readonly destinations: CounterTable<DestinationCounter>;
  /** By the channel's number. */
  readonly sources: CounterTable<SourceCounter>;
  /** By the destination's number. */
  readonly spools: CounterTable<SpoolCounter>;
  /** Time from the caller's hand to the kernel's, of every packet of the shard. */
  readonly latency: LatencyHistogram;

  constructor(memory: SharedArrayBuffer) {
    const rows = (memory.byteLength - HISTOGRAM_BYTES) / ROW_BYTES / TABLES;
    this.channels = new CounterTable(memory, 0, rows);
    this.destinations = new CounterTable(memory, rows * ROW_BYTES, rows);
    this.sources = new CounterTable(memory, 2 * rows * ROW_BYTES, rows);
    this.spools = new CounterTable(memory, 3 * rows * ROW_BYTES, rows);
    this.latency = new LatencyHistogram(memory, TABLES * rows * ROW_BYTES);
  }
}
