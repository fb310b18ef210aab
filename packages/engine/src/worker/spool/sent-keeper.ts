import type { FlvTag } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import { type EngineClock, wallTimeAt } from '../../base/clock.js';
import { isBefore, type SpoolGap, type SpoolPlace, type SpoolSeries } from '../../spool/index.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { isAudioFrame, isKeyFrame } from '../destination/drop-policy.js';
import { AcknowledgedPosition } from './acknowledged-position.js';
import { GapAcknowledger } from './gap-acknowledger.js';
import { canStartAt, type GapRecorder } from './gap-recorder.js';
import { GroupOrigins, type Origin } from './group-origins.js';
import { LeftFlaws } from './left-flaws.js';
import { SentTail } from './sent-tail.js';
import type { SpooledStream } from './spooled-stream.js';
import { StoredTag } from './stored-tag.js';
import { TailBound } from './tail-bound.js';
import type { DiskGroup, TailGroup } from './tail-group.js';
import { TailWriter } from './tail-writer.js';

/** Of a server that acknowledges nothing, the last so many ms before a loss may not have arrived. */
const UNCERTAIN = 10_000;
/** Without pictures, a group of what was sent is so long, in ms. */
const AUDIO_GROUP = 1000;

/** Parts that a keeper is built from. */
export interface SentKeeperParts {
  readonly stream: SpooledStream;
  readonly series: SpoolSeries;
  readonly recorder: GapRecorder;
  readonly clock: EngineClock;
  /** Bytes that are held in memory at most where the rest can go to disk. */
  readonly tailLimit: () => number;
  /** Bytes that are held in memory at most in any case. */
  readonly tailShare: () => number;
  /** Waits for something that the disk does, and tells of its failure. */
  attempt(work: Promise<unknown>): void;
}

/**
 * Keeps what a connection was handed until the server has acknowledged it: in memory, or on disk where that
 * is much, or where it lies there already.
 */
export class SentKeeper {
  readonly #stream: SpooledStream;
  readonly #series: SpoolSeries;
  readonly #recorder: GapRecorder;
  readonly #clock: EngineClock;
  readonly #attempt: (work: Promise<unknown>) => void;
  readonly #tail = new SentTail();
  readonly #acknowledged = new AcknowledgedPosition();
  readonly #gaps: GapAcknowledger;
  readonly #bound: TailBound;
  /** Puts it to disk. */
  readonly writer: TailWriter;
  readonly #origins: GroupOrigins;
  /** Connections that were left have ended with it, and what they had is in memory: the disk did not work. */
  #unwritten: Error | undefined;
  /** What connections had that were left is lost, and has yet to be given up. */
  #isLeftLost = false;
  /** How connections have ended that were left. */
  readonly flaws: LeftFlaws;

  constructor({ stream, series, recorder, clock, tailLimit, tailShare, attempt }: SentKeeperParts) {
    this.#attempt = attempt;
    this.flaws = new LeftFlaws(stream, series, attempt);
    this.#gaps = new GapAcknowledger({ series, attempt });
    this.#stream = stream;
    this.#origins = new GroupOrigins(stream.backlog);
    this.#series = series;
    this.#recorder = recorder;
    this.#clock = clock;
    const common = { tail: this.#tail, recorder, series, limit: tailLimit };
    this.writer = new TailWriter(common);
    const { writer } = this;
    const acknowledged = this.#acknowledged;
    this.#bound = new TailBound({ ...common, writer, acknowledged, share: tailShare });
  }

  /** Whether some of a gap was sent, and may not have arrived, or waits to be sent. */
  holds(gap: SpoolGap): boolean {
    return this.#tail.holds(gap) || this.#origins.isWaiting(gap);
  }

  /** Where the last of a gap ends that was sent, and may not have arrived. */
  endOf(gap: SpoolGap): SpoolPlace | undefined {
    return this.#tail.lastOf(gap)?.end;
  }

  /** A group that waits in the queue, and begins with this tag, lies on disk. */
  noteOrigin(first: FlvTag, { gap, place }: DiskGroup, isStart: boolean): void {
    this.#origins.set(first, { gap, place, isStart });
  }

  /** Media before this place that was not sent never will be: it counts as acknowledged behind what was. */
  noteLeftOut({ gap, place }: DiskGroup): void {
    const last = this.#tail.lastOf(gap);
    if (last === undefined) this.#gaps.acknowledgeNow({ gap, place });
    else last.extendTo({ gap, place });
  }

  /** Only the beginning of this group was sent, and nothing follows: it is sent again as a whole. */
  noteUnfinished({ gap, place }: DiskGroup): void {
    const last = this.#tail.lastOf(gap);
    if (last !== undefined && isBefore(place, last.end!)) last.cutShort();
  }

  /** Where the group lies on disk that begins with this tag. */
  originOf(first: FlvTag): DiskGroup | undefined {
    return this.#origins.get(first);
  }

  /** The group under way. */
  get last(): TailGroup | undefined {
    return this.#tail.last;
  }

  /** A tag is about to be handed to the connection. */
  noteSent(
    publisher: RtmpPublisher,
    tag: FlvTag,
    block: PacketBlock | undefined,
    description: StreamDescription | undefined,
  ): void {
    const now = this.#clock.now();
    let group = this.#tail.last;
    const disk = this.#origins.get(tag);
    if (group === undefined ? this.#canBegin(tag) : this.#beginsGroup(tag, disk, group, now)) {
      const { headers, segment } = this.#stream;
      const position = publisher.bytesWritten + publisher.queuedBytes;
      group = this.#tail.begin({ position, at: now, headers: headers.copy(), segment, disk });
    } else if (group === undefined || group.start.segment !== this.#stream.segment) return;
    else group.extendBy(disk);
    if (group.isShed || (group.disk !== undefined && !group.isWritten)) return;
    const wall = wallTimeAt(this.#clock, block?.cameAt ?? now);
    const spooled = { tag, block: block?.keep(), description, wall };
    if (group.isWritten) {
      this.#recorder.record(spooled, false);
      group.extendBy(this.#recorder.group);
    } else this.#tail.add(spooled);
  }

  /** The connection could not take the tag. */
  noteRefused(tag: FlvTag): void {
    this.#tail.undo(tag);
  }

  /** See {@link StreamSpool.fallBack}. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    for (const group of this.#tail.groups) group.fallBack(fallback, description);
    this.#stream.backlog.forEach(({ tag }) => {
      this.noteReplaced(tag, fallback);
    });
  }

  /** A tag that waits is put into the older form of H.265: it lies on disk where it did. */
  noteReplaced(tag: FlvTag, fallback: HevcFallback): void {
    const origin = this.#origins.get(tag);
    const other = origin && fallback.legacyOf(tag);
    if (origin !== undefined && other !== undefined) this.#origins.set(other, origin);
  }

  /** The connection is being closed, with what it holds. */
  leave(): void {
    this.#countLeft();
    this.#isLeftLost = false;
    this.#tail.leave();
  }

  /**
   * The connections that were left have been closed.
   * @param error undefined: all that they were handed has arrived
   * @returns the error with which some of it may be lost: where the disk does not work, it is {@link unwritten}
   */
  settleLeft(error: Error | undefined, now: number): Error | undefined {
    const lost = this.#unwritten ?? error;
    this.#unwritten = undefined;
    if (lost === undefined) {
      this.#letGo(this.#tail.takeLeft(), now, false);
      this.#tail.shed.takeLeft();
      return undefined;
    }
    this.flaws.noteLost(this.#tail.shed.takeLeft());
    if (error !== undefined && (this.#tail.hasLeft || !this.#series.isOff)) this.flaws.add(error);
    this.#isLeftLost = this.#tail.hasLeft;
    if (!this.#isLeftLost) this.flaws.settle(false);
    else if (this.#series.isOff) this.#unwritten = lost;
    return this.#isLeftLost ? lost : undefined;
  }

  /** The disk works again, and did not when connections that were left had ended with this error. */
  get unwritten(): Error | undefined {
    return this.#series.isOff ? undefined : this.#unwritten;
  }

  /** Another connection takes the stream up. */
  onConnection(): void {
    this.#acknowledged.restart();
    this.#tail.onMoved();
  }

  /**
   * Lets go of what has arrived, and holds what is in memory within its bound.
   * @param maySpill nothing else is being written to disk
   */
  update(publisher: RtmpPublisher | undefined, now: number, maySpill: boolean): void {
    if (publisher !== undefined) {
      this.#acknowledged.update(publisher, now);
      const { position } = this.#acknowledged;
      if (position !== undefined) this.#letGo(this.#tail.acknowledge(position), now, maySpill);
      // What the kernel holds of a connection without room does not arrive by and by.
      else if (this.#stream.isIdle) this.#letGo(this.#tail.expire(now - UNCERTAIN), now, maySpill);
    }
    this.#letGo(this.#bound.hold(maySpill), now, maySpill);
    this.#countLeft();
  }

  /** Gives up the group under way. */
  pop(): TailGroup | undefined {
    return this.#tail.pop();
  }

  /** Gives up all groups. */
  takeAll(): TailGroup[] {
    this.#countLeft();
    this.#isLeftLost = false;
    this.flaws.settle(this.#tail.hasLeft);
    return this.#tail.takeAll();
  }

  /** Of each gap that some of these lie in, all before the first of them has arrived. */
  acknowledgeBefore(groups: readonly TailGroup[]): void {
    const gaps = new Set<SpoolGap>();
    for (const { disk } of groups) {
      if (disk === undefined || gaps.has(disk.gap)) continue;
      gaps.add(disk.gap);
      // Behind others that may not have arrived, it tells nothing of what has.
      if (!this.#tail.holds(disk.gap)) this.#gaps.acknowledgeNow(disk);
    }
  }

  /** Media that was sent and lies on disk is sent from there, whatever becomes of the queue. */
  leaveToDisk(): void {
    this.acknowledgeBefore(this.#tail.takeWritten());
    this.#origins.forget();
  }

  /** Everything that was sent has arrived. */
  forget(now: number): void {
    this.#letGo(this.#tail.takeAll(), now, false);
  }

  /** @param mayEnd a gap that holds only what has arrived is over */
  #letGo(groups: readonly TailGroup[], now: number, mayEnd: boolean): void {
    const ends = new Map<SpoolGap, SpoolPlace>();
    for (const group of groups) {
      group.release();
      if (group.disk !== undefined) ends.set(group.disk.gap, group.end!);
    }
    for (const [gap, place] of ends) {
      const next = this.#tail.firstOf(gap);
      if (next === undefined) this.#settle({ gap, place }, mayEnd);
      else this.#gaps.acknowledge(next.disk!, now);
    }
  }

  /** The last that was sent of a gap has arrived: nothing tells later that all before this place has. */
  #settle({ gap, place }: DiskGroup, mayEnd: boolean): void {
    if (mayEnd && gap === this.#recorder.gap && !this.#recorder.isAhead) {
      this.#recorder.end();
      this.#attempt(this.#series.drop(gap));
    } else this.#gaps.acknowledgeNow({ gap, place });
  }

  /** Counts what was let go of after its connection had ended badly. */
  #countLeft(): void {
    if (this.#isLeftLost) this.flaws.noteLost(this.#tail.shed.takeLeft());
  }

  /** Nothing can be sent again from a tag on that a gap cannot begin with. */
  #canBegin(tag: FlvTag): boolean {
    return canStartAt(tag, this.#stream.headers);
  }

  /** @param origin of the tag */
  #beginsGroup(
    tag: FlvTag,
    origin: Origin | undefined,
    { start, disk, isWritten }: TailGroup,
    now: number,
  ): boolean {
    if (origin?.isStart === true) return true;
    if (this.#stream.headers.hasVideo) return isKeyFrame(tag);
    if (!isAudioFrame(tag)) return false;
    const isOnDisk = disk !== undefined && !isWritten;
    if (isOnDisk && (tag instanceof StoredTag || (this.#recorder.isAhead && !this.#series.isOff)))
      return false;
    return isOnDisk || now - start.at >= AUDIO_GROUP;
  }
}
