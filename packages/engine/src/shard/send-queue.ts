import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { PacketBlock } from './packet-block.js';
import type { StreamDescription } from './stream-describer.js';

/** A tag in the queue. */
export interface QueuedTag {
  readonly tag: FlvTag;
  /** The block that the tag refers to; none for a tag that owns its memory. */
  readonly block: PacketBlock | undefined;
  /** With the tag that brings a change: it goes out in front of it. */
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

  /** From the oldest waiting frame to the newest tag, in ms of the stream's clock. */
  get ms(): number {
    const newest = this.#entries.at(-1);
    let i = this.#first;
    // Headers may have been left behind by the frames that were dropped around them.
    while (i < this.#entries.length && !isFrame(this.#entries[i]!.tag)) i++;
    const oldest = this.#entries[i];
    if (oldest === undefined || newest === undefined) return 0;
    return age(oldest.tag, newest.tag);
  }

  /** The oldest waiting tag. */
  get first(): QueuedTag | undefined {
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

  /** Lets go of the oldest tags that match, until the queue is down to both limits. Returns how many they were. */
  removeOldest(matches: (tag: FlvTag) => boolean, bytes: number, ms: number): number {
    const before = this.length;
    const newest = this.#entries.at(-1)?.tag;
    this.removeWhile((tag) => {
      if (this.#bytes <= bytes && (newest === undefined || age(tag, newest) <= ms)) return 'stop';
      return matches(tag) ? 'remove' : 'keep';
    });
    return before - this.length;
  }

  /** Lets go of everything: it is lost with its connection. */
  clear(): void {
    for (let i = this.#first; i < this.#entries.length; i++) this.#entries[i]!.block?.release(false);
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}

/** ms from one tag to a later one. The signed difference is right across the clock's wrap; tracks may be out of step. */
function age(tag: FlvTag, newest: FlvTag): number {
  return Math.max(0, (newest.timestamp - tag.timestamp) | 0);
}

function isFrame({ role }: FlvTag): boolean {
  return (
    role === TagRole.keyFrame ||
    role === TagRole.interFrame ||
    role === TagRole.disposableFrame ||
    role === TagRole.audioFrame
  );
}
