import type { FlvTag } from '@cloudpush/muxer';
import type { PacketBlock } from './packet-block.js';

/** A tag in the queue. */
export interface QueuedTag {
  readonly tag: FlvTag;
  /** The block that the tag refers to; none for a tag that owns its memory. */
  readonly block: PacketBlock | undefined;
  /** With a sequence header: the `onMetaData` that describes the stream from there on. It goes out first. */
  readonly metadata: FlvTag | undefined;
}

/**
 * Tags that wait for their destination: a first-in, first-out queue that knows its length in bytes and in
 * milliseconds.
 */
export class SendQueue {
  #entries: QueuedTag[] = [];
  /** Index of the first entry; what lies before it has left. */
  #first = 0;
  #bytes = 0;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** Bytes of the waiting tag bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** From the oldest to the newest waiting tag, in ms of the stream's clock. */
  get ms(): number {
    const oldest = this.#entries[this.#first];
    const newest = this.#entries[this.#entries.length - 1];
    if (oldest === undefined || newest === undefined) return 0;
    // Both are on the 32-bit clock; the signed difference is right across its wrap. Tracks may be out of step.
    return Math.max(0, (newest.tag.timestamp - oldest.tag.timestamp) | 0);
  }

  get oldest(): QueuedTag | undefined {
    return this.#entries[this.#first];
  }

  push(tag: FlvTag, block: PacketBlock | undefined, metadata: FlvTag | undefined): void {
    this.#entries.push({ tag, block, metadata });
    this.#bytes += tag.size;
  }

  shift(): QueuedTag | undefined {
    const entry = this.#entries[this.#first];
    if (entry === undefined) return undefined;
    this.#first++;
    this.#bytes -= entry.tag.size;
    // Moving the rest down only when half is gone keeps the cost of a shift constant.
    if (this.#first * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
    return entry;
  }

  /** The first waiting tag that `matches`. */
  find(matches: (tag: FlvTag) => boolean): QueuedTag | undefined {
    for (let i = this.#first; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      if (matches(entry.tag)) return entry;
    }
    return undefined;
  }

  /** True when `a` leaves before `b`. Both must be waiting. */
  isBefore(a: QueuedTag, b: QueuedTag): boolean {
    return this.#entries.indexOf(a, this.#first) < this.#entries.indexOf(b, this.#first);
  }

  /** Lets go of everything. */
  clear(): void {
    for (let i = this.#first; i < this.#entries.length; i++) this.#entries[i]!.block?.release();
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
