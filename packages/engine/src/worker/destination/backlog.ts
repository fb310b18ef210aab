import type { FlvTag } from '@cloudpush/muxer';
import type { MonotonicClock } from '../../base/clock.js';
import type { DestinationConfig } from '../../options/destination-config.js';
import type { Watermark } from '../../options/options.js';
import type { HeldPackets } from '../channel/held-packets.js';
import type { DestinationCounters, SkipCause } from './destination-counters.js';
import {
  type Dropped,
  isAudioFrame,
  isKeyFrame,
  isPicture,
  relieve,
  startAtKeyFrame,
} from './drop-policy.js';
import { SendQueue } from './send-queue.js';

/**
 * The source waits so long, in ms, for a destination that is full and has been left behind, before that must
 * drop: of two that are equally fast, one always has room a little before the other.
 */
export const PATIENCE = 1000;

/** So long more may wait than otherwise, in ms: until the connection has been made, and has taken it. */
const ALLOWANCE = 15_000;

/** The destination of a backlog: it knows about the others, and is told when the source must wait. */
export interface BacklogOwner {
  /** Another destination is ahead of this one, and has room: the source must not wait for this one. */
  isLeftBehind(): boolean;
  /**
   * More waits than may: puts it elsewhere.
   * @returns false where it is to be dropped
   */
  divert?(): boolean;
  /** {@link Backlog.full} now. */
  onFull(): void;
  /** Not full any more: what waits has shrunk below the low watermark. */
  onRoom(): void;
}

/** Parts that a backlog is built from. */
interface BacklogParts {
  /** Packets that the channel keeps back: they wait for the destination, too, and cannot be dropped. */
  readonly heldPackets: HeldPackets;
  readonly counters: DestinationCounters;
  readonly clock: MonotonicClock;
}

/**
 * The queue of a destination, and what becomes of it when it grows: the source is made to wait, or tags are
 * dropped, so that what goes out can always be decoded.
 */
export class Backlog extends SendQueue {
  readonly #owner: BacklogOwner;
  readonly #heldPackets: HeldPackets;
  readonly #clock: MonotonicClock;
  readonly #limits: Pick<DestinationConfig, 'highWatermark' | 'lowWatermark' | 'overflow'>;
  readonly #counters: DestinationCounters;
  /** Pictures are skipped until a key frame comes, for this cause; undefined: they are not. */
  #skipsFor: SkipCause | undefined;
  #full = false;
  /** When what waits was below the low watermark, in ms of the monotonic clock. */
  #hadRoomAt: number;
  /** May wait beyond the high watermark, until then. */
  #allowance: Watermark & { readonly until: number } = { bytes: 0, ms: 0, until: 0 };

  constructor(
    owner: BacklogOwner,
    limits: Pick<DestinationConfig, 'highWatermark' | 'lowWatermark' | 'overflow'>,
    { heldPackets, counters, clock }: BacklogParts,
  ) {
    super();
    this.#clock = clock;
    this.#hadRoomAt = clock.now();
    this.#owner = owner;
    this.#heldPackets = heldPackets;
    this.#limits = limits;
    this.#counters = counters;
  }

  /** It has grown above the high watermark, nothing in it may be dropped, and there is no room again yet. */
  get full(): boolean {
    return this.#full;
  }

  /** Rather than to make its source wait, it drops. */
  get mayDrop(): boolean {
    return this.#limits.overflow !== 'reject';
  }

  /** The queue is below the low watermark. */
  get hasRoom(): boolean {
    return !this.#isAbove(this.#limits.lowWatermark);
  }

  /** Nothing waits, here or in the channel. */
  get isEmpty(): boolean {
    return this.length === 0 && this.#heldPackets.isEmpty;
  }

  /** Bytes that wait, here and in the channel. */
  get waitingBytes(): number {
    return this.#heldPackets.bytes + this.bytes;
  }

  /** How long what waits has been coming in, here and in the channel, in ms. */
  get waitingMs(): number {
    return Math.max(this.#heldPackets.ms, this.ms);
  }

  /** True for a picture that is of no use, as a key frame is awaited: it must not be queued. */
  skips(tag: FlvTag): boolean {
    if (this.#skipsFor === undefined || !isPicture(tag)) return false;
    if (isKeyFrame(tag)) {
      this.#skipsFor = undefined;
      return false;
    }
    this.#counters.noteSkipped(this.#skipsFor);
    return true;
  }

  /** Pictures are left out before the next key frame: what comes does not follow what was here last. */
  get isSkipping(): boolean {
    return this.#skipsFor !== undefined;
  }

  /** A picture that others refer to does not go out: they are skipped. */
  skipToKeyFrame(): void {
    this.#skipsFor ??= 'start';
  }

  /** Drops the pictures that cannot be decoded any more, as what was under way is lost. */
  startAtKeyFrame(): void {
    this.#noteDropped(startAtKeyFrame(this), 'start');
  }

  /** So much comes at once, as it was kept until the destination was there: for a while it may wait, too. */
  allow(more: Watermark): void {
    this.#allowance = { ...more, until: this.#clock.now() + ALLOWANCE };
  }

  /** Keeps what waits within the high watermark: by making the source wait, or by dropping. */
  bound(): void {
    if (this.hasRoom) this.#hadRoomAt = this.#clock.now();
    if (this.#full || !this.#isAbove(this.#highWatermark)) return;
    if (this.#drops) {
      if (this.#owner.divert?.() !== true) this.#makeRoom(this.#limits.lowWatermark);
      return;
    }
    this.#full = true;
    this.#owner.onFull();
  }

  /**
   * Lets go of half of what waits: the channel's part of the pool runs short, and others must not suffer for
   * it. What cannot be put elsewhere is dropped.
   */
  relieve(): void {
    const before = this.bytes;
    this.#owner.divert?.();
    if (this.bytes === before && this.#holdsBlocks)
      this.#makeRoom({ bytes: Math.floor(this.bytes / 2), ms: Number.POSITIVE_INFINITY });
    this.resumeIfRoom();
  }

  /**
   * Another destination may be ahead now: then what does not fit is dropped, and the source need not wait.
   */
  reconsider(): void {
    if (!this.#full || !this.#drops) return;
    this.#makeRoom(this.#limits.lowWatermark);
    this.resumeIfRoom();
  }

  /** To be called when something has left. */
  resumeIfRoom(): void {
    if (!this.#full || !this.hasRoom) return;
    this.#full = false;
    this.#owner.onRoom();
  }

  /** Lets go of everything, for good: the source does not wait for it any more. */
  end(): void {
    this.#full = false;
    this.#counters.noteLost(this.count(isPicture), this.count(isAudioFrame));
    this.clear();
  }

  /** Drops what does not fit; what the channel still keeps back cannot be dropped. */
  get #drops(): boolean {
    if (!this.#heldPackets.isEmpty) return false;
    if (this.mayDrop) return true;
    // A source that is much faster than real time fills the queue of any server for a moment.
    return this.#owner.isLeftBehind() && this.#clock.now() - this.#hadRoomAt > PATIENCE;
  }

  /** Tags that were read from disk own their memory: to drop them is a loss, and no gain. */
  get #holdsBlocks(): boolean {
    let holds = false;
    this.forEach(({ block, isOnDisk }) => {
      holds ||= block !== undefined || !isOnDisk;
    });
    return holds;
  }

  #makeRoom(target: Watermark): void {
    this.#noteDropped(relieve(this, target), 'room');
  }

  #noteDropped(dropped: Dropped, cause: SkipCause): void {
    if (dropped.awaitKeyFrame) this.#skipsFor ??= cause;
    this.#counters.noteDropped(dropped, cause);
  }

  get #highWatermark(): Watermark {
    const { highWatermark } = this.#limits;
    const { bytes, ms, until } = this.#allowance;
    if (until === 0) return highWatermark;
    if (this.#clock.now() >= until) {
      this.#allowance = { bytes: 0, ms: 0, until: 0 };
      return highWatermark;
    }
    return { bytes: highWatermark.bytes + bytes, ms: highWatermark.ms + ms };
  }

  #isAbove({ bytes, ms }: Watermark): boolean {
    return this.waitingBytes > bytes || this.waitingMs > ms;
  }
}
