import type { FlvTag } from '@cloudpush/muxer';
import type { PacketBlock } from './packet-block.js';

/** The `onMetaData` that describes the stream from a sequence header on. */
export interface StreamDescription {
  readonly tag: FlvTag;
  /** Counts up with each header of either track: the later description knows more. */
  readonly version: number;
}

/** A tag in the queue. */
export interface QueuedTag {
  readonly tag: FlvTag;
  /** The block that the tag refers to; none for a tag that owns its memory. */
  readonly block: PacketBlock | undefined;
  /** With a sequence header: it goes out in front of it. */
  readonly description: StreamDescription | undefined;
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

  push(entry: QueuedTag): void {
    this.#entries.push(entry);
    this.#bytes += entry.tag.size;
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

  /** How many waiting tags match. */
  count(matches: (tag: FlvTag) => boolean): number {
    let count = 0;
    for (let i = this.#first; i < this.#entries.length; i++) if (matches(this.#entries[i]!.tag)) count++;
    return count;
  }

  /** Lets go of all tags that match. Returns how many they were. */
  remove(matches: (tag: FlvTag) => boolean): number {
    const before = this.length;
    this.removeWhile((tag) => (matches(tag) ? 'remove' : 'keep'));
    return before - this.length;
  }

  /** Lets go of the first tag that matches. False when there is none. */
  removeFirst(matches: (tag: FlvTag) => boolean): boolean {
    let found = false;
    this.removeWhile((tag) => {
      if (found) return 'stop';
      found = matches(tag);
      return found ? 'remove' : 'keep';
    });
    return found;
  }

  /** Goes through the waiting tags, oldest first, and lets go of those that `judge` says to remove, until it says stop. */
  removeWhile(judge: (tag: FlvTag) => 'remove' | 'keep' | 'stop'): void {
    const kept: QueuedTag[] = [];
    let i = this.#first;
    for (; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      const verdict = judge(entry.tag);
      if (verdict === 'stop') break;
      if (verdict === 'keep') kept.push(entry);
      else {
        this.#bytes -= entry.tag.size;
        entry.block?.release();
      }
    }
    this.#entries = [...kept, ...this.#entries.slice(i)];
    this.#first = 0;
  }

  /** Lets go of everything. */
  clear(): void {
    for (let i = this.#first; i < this.#entries.length; i++) this.#entries[i]!.block?.release();
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
