import { HISTOGRAM_BYTES, LatencyHistogram } from './latency.js';

/**
 * What a shard counts, in memory that the caller's thread reads whenever it likes: no message is sent for a number.
 * Each counter has one writer, the shard, and is an aligned double, which is read whole.
 */
export const Counter = {
  /** Pictures handed to the socket. */
  videoFrames: 0,
  /** Audio frames handed to the socket. */
  audioFrames: 1,
  /** Data messages handed to the socket. */
  dataMessages: 2,
  /** Bytes that the kernel has accepted, RTMP headers and control messages included. */
  bytesSent: 3,
  /** What waits for a connection that is not up or says "no more", as a span of the stream's clock in ms. */
  queuedMs: 4,
  /** Packets that the muxer refused as invalid. */
  packetsInvalid: 5,
  /** Packets that were given up with a lost connection. */
  packetsLost: 6,
  /** Pictures that no other refers to, dropped to make room. */
  droppedDisposable: 7,
  /** Pictures dropped with their group, up to the next key frame. */
  droppedPictures: 8,
  /** Audio frames dropped to make room. */
  droppedAudio: 9,
} as const;
export type Counter = (typeof Counter)[keyof typeof Counter];

/** Two cache lines of doubles a channel, so that two channels never share one. */
const COUNTERS = 16;
const CHANNEL_BYTES = COUNTERS * 8;

/** Shared memory for one shard's counters: the channels', then the latency histogram. */
export function newCounterMemory(maxChannels: number): SharedArrayBuffer {
  return new SharedArrayBuffer(maxChannels * CHANNEL_BYTES + HISTOGRAM_BYTES);
}

export class ShardCounters {
  /** Time from the caller's hand to the kernel's, of every packet of the shard. */
  readonly latency: LatencyHistogram;
  readonly #values: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    const channels = memory.byteLength - HISTOGRAM_BYTES;
    this.#values = new Float64Array(memory, 0, channels / 8);
    this.latency = new LatencyHistogram(memory, channels);
  }

  get(channel: number, counter: Counter): number {
    return this.#values[channel * COUNTERS + counter]!;
  }

  set(channel: number, counter: Counter, value: number): void {
    this.#values[channel * COUNTERS + counter] = value;
  }

  add(channel: number, counter: Counter, value: number): void {
    this.#values[channel * COUNTERS + counter]! += value;
  }

  /** Sets a channel's counters to zero, for its next user. */
  reset(channel: number): void {
    this.#values.fill(0, channel * COUNTERS, (channel + 1) * COUNTERS);
  }
}
