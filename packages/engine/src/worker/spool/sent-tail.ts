import type { FlvTag } from '@cloudpush/muxer';
import type { SpoolGap } from '../../spool/index.js';
import { ShedMedia } from './shed-media.js';
import { type GroupStart, type SpooledTag, TailGroup } from './tail-group.js';

/**
 * The end of a stream that a connection was handed, and that its server has not acknowledged: whole groups of
 * pictures, oldest first, so that they can be sent again.
 */
export class SentTail {
  /** Those that the present connection was handed. */
  #groups: TailGroup[] = [];
  /** Those before them: the connections that were handed them are being closed. */
  #left: TailGroup[] = [];
  /** Groups that were let go of before it was known whether they have arrived. */
  readonly shed = new ShedMedia<TailGroup>();

  get groups(): readonly TailGroup[] {
    return this.#left.length === 0 ? this.#groups : [...this.#left, ...this.#groups];
  }

  /** Something was handed to connections that are being closed. */
  get hasLeft(): boolean {
    return this.#left.length > 0;
  }

  /** The group under way. */
  get last(): TailGroup | undefined {
    return this.#groups.at(-1);
  }

  /** Bytes of tags in memory. */
  get bytes(): number {
    return this.groups.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Whether some of a gap may not have arrived. */
  holds(gap: SpoolGap): boolean {
    return this.firstOf(gap) !== undefined;
  }

  /** The first group that was sent of a gap, and may not have arrived. */
  firstOf(gap: SpoolGap): TailGroup | undefined {
    return this.groups.find(({ disk }) => disk?.gap === gap);
  }

  /** The last group that was sent of a gap. */
  lastOf(gap: SpoolGap): TailGroup | undefined {
    return this.groups.findLast(({ disk }) => disk?.gap === gap);
  }

  begin(start: GroupStart): TailGroup {
    const group = new TailGroup(start);
    this.#groups.push(group);
    return group;
  }

  /** Keeps a tag of the group under way in memory; its block was held for it. */
  add(spooled: SpooledTag): void {
    const group = this.last!;
    group.tags.push(spooled);
    group.bytes += spooled.tag.size;
  }

  /** The connection could not take a tag: where it was added last, it is let go of. */
  undo(tag: FlvTag): void {
    const group = this.last;
    const spooled = group?.tags.at(-1);
    if (group === undefined || spooled?.tag !== tag) return;
    group.tags.pop();
    group.bytes -= tag.size;
    spooled.block?.release();
  }

  /** The server has so many bytes: groups that lie before them are given back, to be let go of. */
  acknowledge(position: number): TailGroup[] {
    return this.#shiftWhile(({ start }) => start.position <= position);
  }

  /** Gives back groups behind which another one began before a time, in ms of the monotonic clock. */
  expire(before: number): TailGroup[] {
    return this.#shiftWhile(({ start }) => start.at <= before);
  }

  /**
   * Lets go of the oldest groups that are in memory, until so many bytes are left, or the group under way.
   */
  shrinkTo(bytes: number): void {
    const { last } = this;
    let over = this.bytes - bytes;
    const goes = (group: TailGroup): boolean => {
      if (over <= 0 || group === last || group.disk !== undefined) return false;
      over -= group.bytes;
      return true;
    };
    const left = this.#left.filter(goes);
    const present = this.#groups.filter(goes);
    for (const group of left) this.shed.addLeft(group.release());
    for (const group of present)
      this.shed.add(group.release(), this.#groups[this.#groups.indexOf(group) + 1]!);
    this.#left = this.#left.filter((group) => !left.includes(group));
    this.#groups = this.#groups.filter((group) => !present.includes(group));
  }

  /**
   * Gives up the oldest groups of the present connection, on disk or not, as having arrived, until so many
   * bytes are left in memory, or the group under way.
   */
  presume(bytes: number): TailGroup[] {
    let over = this.bytes - bytes;
    let count = 0;
    while (over > 0 && count + 1 < this.#groups.length) over -= this.#groups[count++]!.bytes;
    if (count > 0) this.shed.forgetPresent();
    return this.#groups.splice(0, count);
  }

  /** The group under way counts as arrived, where it is in memory, and nothing of it is kept from now on. */
  presumeLast(): void {
    const { last } = this;
    if (last === undefined || last.disk !== undefined) return;
    last.isShed = true;
    last.release();
  }

  /** The connection is being closed, with what it holds. */
  leave(): void {
    this.#left = [...this.groups];
    this.#groups = [];
    this.shed.leave();
  }

  /** Gives up what was handed to connections that are closed now. */
  takeLeft(): TailGroup[] {
    const left = this.#left;
    this.#left = [];
    return left;
  }

  /** The stream goes on over another connection: what the old one had is settled with it. */
  onMoved(): void {
    this.#groups = this.#groups.map((group) =>
      Object.assign(group, { start: { ...group.start, position: Number.NEGATIVE_INFINITY } }),
    );
  }

  /** Gives up the group under way. */
  pop(): TailGroup | undefined {
    return this.#groups.pop();
  }

  /** Gives up those groups that are on disk. */
  takeWritten(): TailGroup[] {
    const written = this.groups.filter(({ disk }) => disk !== undefined);
    this.#left = this.#left.filter(({ disk }) => disk === undefined);
    this.#groups = this.#groups.filter(({ disk }) => disk === undefined);
    return written;
  }

  /** Gives up all groups. */
  takeAll(): TailGroup[] {
    const groups = [...this.groups];
    this.#left = [];
    this.#groups = [];
    this.shed.forgetPresent();
    return groups;
  }

  /** A group can go when the one behind it is on the safe side. */
  #shiftWhile(isSafe: (next: TailGroup) => boolean): TailGroup[] {
    this.shed.settle(isSafe);
    let count = 0;
    while (count + 1 < this.#groups.length && isSafe(this.#groups[count + 1]!)) count++;
    return count === 0 ? [] : this.#groups.splice(0, count);
  }
}
