import type { MonotonicClock } from '../../base/clock.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { QueuedTag } from '../destination/send-queue.js';
import { legacyEntries, type SpooledTag } from './tail-group.js';

/** Parts that held media is built from. */
interface HeldMediaParts {
  readonly clock: MonotonicClock;
  /** Bytes that may be held. */
  readonly heldLimit: number;
}

/** Tags that wait in memory while all that lies before them on disk is sent. */
export class HeldMedia {
  readonly #clock: MonotonicClock;
  readonly #limit: number;
  #entries: QueuedTag[] = [];
  #bytes = 0;

  constructor({ clock, heldLimit }: HeldMediaParts) {
    this.#clock = clock;
    this.#limit = heldLimit;
  }

  /**
   * Takes a tag over, with its block.
   * @param isOnDisk it was written as well
   * @returns false: it is more than may be held
   */
  add({ tag, block, description }: SpooledTag<PacketBlock>, isOnDisk: boolean): boolean {
    this.#entries.push({ tag, block, description, mark: undefined, at: this.#clock.now(), isOnDisk });
    this.#bytes += tag.size;
    return this.#bytes <= this.#limit;
  }

  /** Puts them into the older form of H.265. */
  fallBack(fallback: HevcFallback): void {
    this.#entries = legacyEntries(this.#entries, fallback);
    this.#bytes = this.#entries.reduce((sum, { tag }) => sum + tag.size, 0);
  }

  forEach(visit: (entry: QueuedTag) => void): void {
    for (const entry of this.#entries) visit(entry);
  }

  /** Gives up all of them, with their blocks. */
  take(): QueuedTag[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    return entries;
  }
}
