import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import { DestinationCounter, type ShardCounters } from '../../memory/counters.js';
import type { Dropped } from './drop-policy.js';

/** Why a picture was skipped: to make room, or because decoding cannot start at it. */
export type SkipCause = 'room' | 'start';

const SKIPPED = {
  room: DestinationCounter.droppedPictures,
  start: DestinationCounter.droppedUndecodable,
} as const satisfies Record<SkipCause, DestinationCounter>;

/** The counters of a destination, in the memory that the caller's thread reads. */
export class DestinationCounters {
  readonly #counters: ShardCounters['destinations'];
  readonly #destination: number;

  constructor(counters: ShardCounters, destination: number) {
    this.#counters = counters.destinations;
    this.#destination = destination;
  }

  /** Frames that were dropped, on purpose or for want of a key frame, since the destination was added. */
  get dropped(): { readonly audio: number; readonly video: number } {
    const count = (counter: DestinationCounter) => this.#counters.get(this.#destination, counter);
    return {
      audio: count(DestinationCounter.droppedAudio),
      video:
        count(DestinationCounter.droppedDisposable) +
        count(DestinationCounter.droppedPictures) +
        count(DestinationCounter.droppedUndecodable),
    };
  }

  /** A tag was handed to the connection. */
  noteSent({ role }: FlvTag): void {
    switch (role) {
      case TagRole.keyFrame:
      case TagRole.interFrame:
      case TagRole.disposableFrame:
        this.#add(DestinationCounter.videoFrames, 1);
        break;
      case TagRole.audioFrame:
        this.#add(DestinationCounter.audioFrames, 1);
        break;
      case TagRole.data:
        this.#add(DestinationCounter.dataMessages, 1);
        break;
    }
  }

  /** Counts what was dropped from the queue. */
  noteDropped({ disposable, skipped, audio }: Dropped, cause: SkipCause): void {
    this.#add(DestinationCounter.droppedDisposable, disposable);
    this.#add(SKIPPED[cause], skipped);
    this.#add(DestinationCounter.droppedAudio, audio);
  }

  /** Counts what was given up in the queue. */
  noteLost(pictures: number, audioFrames: number): void {
    this.#add(DestinationCounter.lostPictures, pictures);
    this.#add(DestinationCounter.lostAudio, audioFrames);
  }

  /** A picture that cannot be decoded without a key frame before it. */
  noteSkipped(cause: SkipCause): void {
    this.#add(SKIPPED[cause], 1);
  }

  /**
   * Publishes what changes with every packet.
   * @param bytesSent bytes that the kernel has accepted on all connections
   * @param queuedBytes bytes that wait for the connection
   * @param queuedMs how long it has been coming in, in ms
   * @param now ms of the monotonic clock
   */
  publish(
    publisher: RtmpPublisher | undefined,
    bytesSent: number,
    queuedBytes: number,
    queuedMs: number,
    now: number,
  ): void {
    this.#set(DestinationCounter.bytesSent, bytesSent);
    this.#set(DestinationCounter.queuedBytes, queuedBytes + (publisher?.queuedBytes ?? 0));
    this.#set(DestinationCounter.queuedMs, queuedMs);
    this.#set(DestinationCounter.bytesPerSecond, publisher?.bytesPerSecond ?? 0);
    this.#set(DestinationCounter.unacknowledgedBytes, unacknowledgedBytes(publisher));
    this.#set(DestinationCounter.countedAt, now);
  }

  #add(counter: DestinationCounter, value: number): void {
    this.#counters.add(this.#destination, counter, value);
  }

  #set(counter: DestinationCounter, value: number): void {
    this.#counters.set(this.#destination, counter, value);
  }
}

/**
 * −1 before the first acknowledgement. Sequence numbers wrap at 2^32, and servers may count the handshake or
 * not.
 */
export function unacknowledgedBytes(publisher: RtmpPublisher | undefined): number {
  if (publisher === undefined || publisher.acknowledged === 0) return -1;
  return Math.max(0, (publisher.bytesWritten - publisher.acknowledged) | 0);
}
