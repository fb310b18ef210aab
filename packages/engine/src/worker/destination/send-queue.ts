import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';

/** A tag in the queue. */
export interface QueuedTag {
  readonly tag: FlvTag;
  /** The block that the tag refers to; none for a tag that owns its memory. */
  readonly block: PacketBlock | undefined;
  /** With the tag that brings a change: it goes out in front of it. */
  readonly description: StreamDescription | undefined;
  /** With the first and the last tag of a segment. */
  readonly mark: SegmentMark | undefined;
  /** When it came, ms of the monotonic clock. */
  readonly at: number;
  /** The disk spool has it as well. */
  readonly isOnDisk: boolean;
}

/**
 * Tags that wait for their destination: a first-in, first-out queue that knows its length in bytes and in
 * milliseconds. The time is that of a clock on the wall: a gap in the stamps of a source is no congestion.
 */
export class SendQueue {
  #entries: QueuedTag[] = [];
  /** Index of the first entry; what lies before it has left. */
  #first = 0;
  #bytes = 0;
  /** The description that a dropped tag has brought, until another tag takes it along. */
  #orphan: StreamDescription | undefined;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** Bytes of the waiting tag bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How much earlier the oldest waiting frame came than the newest tag, in ms. */
  get ms(): number {
    const newest = this.#entries.at(-1);
    let i = this.#first;
    // Headers may have been left behind by the frames that were dropped around them.
    while (i < this.#entries.length && !isFrame(this.#entries[i]!.tag)) i++;
    const oldest = this.#entries[i];
    return oldest === undefined || newest === undefined ? 0 : newest.at - oldest.at;
  }

  /** The oldest waiting tag. */
  get first(): QueuedTag | undefined {
    return this.#entries[this.#first];
  }

  push(entry: QueuedTag): void {
    this.#entries.push(this.#adopted(entry));
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

  /** The first waiting tag of the segment that is under way which `matches`. */
  find(matches: (tag: FlvTag) => boolean): QueuedTag | undefined {
    for (let i = this.#first; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      if (matches(entry.tag)) return entry;
      if (entry.mark?.border === 'end') return undefined;
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

  /**
   * Goes through the waiting tags, oldest first, and lets go of those that `judge` says to remove, until it
   * says stop.
   */
  removeWhile(judge: (tag: FlvTag, index: number) => 'remove' | 'keep' | 'stop'): void {
    const kept: QueuedTag[] = [];
    let i = this.#first;
    for (; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      const verdict = judge(entry.tag, i);
      if (verdict === 'stop') break;
      if (verdict === 'keep') kept.push(this.#adopted(entry));
      else {
        this.#bytes -= entry.tag.size;
        this.#orphan = entry.description ?? this.#orphan;
        entry.block?.release();
      }
    }
    const [next, ...rest] = this.#entries.slice(i);
    this.#entries = next === undefined ? kept : [...kept, this.#adopted(next), ...rest];
    this.#first = 0;
  }

  /** Puts others in the place of the waiting tags; those that get none are let go of. */
  replace(other: (tag: FlvTag) => FlvTag | undefined): void {
    this.remove((tag) => other(tag) === undefined);
    for (let i = this.#first; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      const tag = other(entry.tag)!;
      this.#bytes += tag.size - entry.tag.size;
      this.#entries[i] = { ...entry, tag };
    }
  }

  /**
   * The description that a dropped tag has brought: the next tag, when it does not wait here, must take it
   * along.
   */
  takeOrphan(): StreamDescription | undefined {
    const orphan = this.#orphan;
    this.#orphan = undefined;
    return orphan;
  }

  /**
   * Lets go of the oldest tags that match, until the queue is down to both limits. Returns how many they
   * were.
   */
  removeOldest(matches: (tag: FlvTag) => boolean, bytes: number, ms: number): number {
    const before = this.length;
    const newest = this.#entries.at(-1)?.at ?? 0;
    this.removeWhile((tag, i) => {
      if (this.#bytes <= bytes && newest - this.#entries[i]!.at <= ms) return 'stop';
      return matches(tag) ? 'remove' : 'keep';
    });
    return before - this.length;
  }

  /** Goes through the waiting tags, oldest first. */
  forEach(visit: (entry: QueuedTag) => void): void {
    for (let i = this.#first; i < this.#entries.length; i++) visit(this.#entries[i]!);
  }

  /**
   * Gives up all tags from the first one on that matches; their blocks are the caller's then. Borders of
   * segments stay, and are given as well.
   */
  takeFrom(matches: (tag: FlvTag) => boolean): QueuedTag[] {
    let from = this.#first;
    while (from < this.#entries.length && !matches(this.#entries[from]!.tag)) from++;
    const taken = this.#entries.slice(from);
    this.#entries = [
      ...this.#entries.slice(this.#first, from),
      ...taken.filter(({ mark }) => mark !== undefined),
    ];
    this.#first = 0;
    this.#bytes = this.#entries.reduce((sum, { tag }) => sum + tag.size, 0);
    return taken;
  }

  /** Lets go of everything: it is lost with its connection. */
  clear(): void {
    for (let i = this.#first; i < this.#entries.length; i++) this.#entries[i]!.block?.release(false);
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#orphan = undefined;
  }

  /** An entry with what a dropped one before it has brought; a description of its own knows more. */
  #adopted(entry: QueuedTag): QueuedTag {
    if (this.#orphan === undefined) return entry;
    const description = entry.description ?? this.#orphan;
    this.#orphan = undefined;
    return { ...entry, description };
  }
}

function isFrame({ role }: FlvTag): boolean {
  return (
    role === TagRole.keyFrame ||
    role === TagRole.interFrame ||
    role === TagRole.disposableFrame ||
    role === TagRole.audioFrame
  );
}
