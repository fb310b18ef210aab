import type { FlvTag } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import type { SpoolGap } from '../../spool/index.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { isAudioFrame, isKeyFrame } from '../destination/drop-policy.js';
import type { QueuedTag } from '../destination/send-queue.js';
import { DivertedMedia, type LateMedia } from './diverted-media.js';
import type { RecordStart } from './gap-recorder.js';
import type { InOrderFeed } from './in-order-feed.js';
import { legacyEntries, type SpooledTag, type TailGroup } from './sent-tail.js';
import type { StreamSpoolParts, Taken } from './stream-spool-parts.js';

type Mode =
  /** Tags go to the connection; with `when: 'always'`, to disk before. */
  | { readonly kind: 'live' }
  /** Tags go to disk. */
  | { readonly kind: 'spooling'; readonly late: LateMedia | undefined }
  /** Nothing is taken any more. */
  | { readonly kind: 'ended' };

const LIVE: Mode = { kind: 'live' };

/**
 * Media that a destination keeps for its server: the end of what was sent until it is acknowledged, and while
 * nothing can be sent, all that comes. Its heirs say how the stream goes on afterwards.
 */
export abstract class StreamSpool {
  protected readonly parts: StreamSpoolParts;
  protected readonly media: DivertedMedia;
  #mode: Mode = LIVE;
  /** A connection was lost while the disk was off. */
  #isCut = false;

  constructor(parts: StreamSpoolParts) {
    this.parts = parts;
    this.media = new DivertedMedia(parts);
  }

  get isSpooling(): boolean {
    return this.#mode.kind === 'spooling';
  }

  /** Sends what is on disk on the stream itself; undefined: nothing has to be. */
  get feed(): InOrderFeed | undefined {
    return undefined;
  }

  /** Nothing is written to a gap any more, and none of it is on its way to the server. */
  isSettled(gap: SpoolGap): boolean {
    return !gap.isOpen && !this.media.sent.holds(gap);
  }

  /**
   * Takes a tag that comes, before anyone else does.
   */
  takes(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): Taken | undefined {
    this.changeAt(tag, mark);
    const mode = this.#mode;
    if (mode.kind === 'ended' || (mode.kind === 'live' && !this.writesAhead)) return undefined;
    // A border of segments waits in the queue as well, with its block: its tag owns its memory.
    const owned = mark === undefined ? block : undefined;
    const wall = this.parts.clock.wallTime();
    if (mode.kind === 'live') {
      const isWritten = this.media.writeAhead({ tag, block: owned?.keep(), description, wall }, mark);
      return isWritten ? 'as well' : undefined;
    }
    owned?.hold();
    const spooled = { tag, block: owned, description, wall };
    if (mode.late !== undefined && this.#canCutAt(tag, mark)) {
      const { recorder } = this.media;
      const at = { headers: recorder.headers.copy(), segment: recorder.segment };
      this.writeLate();
      recorder.seek(at);
    }
    this.divert(spooled, mark);
    return mark === undefined ? 'instead' : undefined;
  }

  /** A tag is about to be handed to the connection. */
  noteSent(
    publisher: RtmpPublisher,
    tag: FlvTag,
    block: PacketBlock | undefined,
    description: StreamDescription | undefined,
  ): void {
    if (this.#mode.kind !== 'ended') this.media.sent.noteSent(publisher, tag, block, description);
  }

  /** The connection could not take the tag. */
  noteRefused(tag: FlvTag): void {
    this.media.sent.noteRefused(tag);
  }

  /** Another connection takes the stream up. */
  onConnection(): void {
    this.#isCut = false;
    this.media.sent.onConnection();
  }

  /**
   * H.265 goes out in its older form: what is in memory is put into it now, and what is on disk when it is
   * read.
   */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    const mode = this.#mode;
    this.media.fallBack(fallback, description);
    if (mode.kind !== 'spooling' || mode.late === undefined) return;
    for (const group of mode.late.groups) group.fallBack(fallback, description);
    const entries = legacyEntries(mode.late.entries, fallback);
    this.#mode = { kind: 'spooling', late: { groups: mode.late.groups, entries } };
  }

  /** The connection is lost, or an attempt to make it has failed: what it may have lost goes to disk. */
  onLost(): void {
    const mode = this.#mode;
    const { media } = this;
    if (mode.kind === 'ended') return;
    if (this.parts.series.isOff) {
      // The queue drops from now on: what it has later does not follow what was sent.
      this.#isCut = true;
      return;
    }
    const groups = media.sent.takeAll();
    const entries = media.takeWaiting();
    if (mode.kind === 'live') {
      this.begin(groups[0]);
      if (this.#isCut) media.writeApart(groups, entries);
      else this.writeOrKeep(groups, entries, this.parts.stream);
      this.#isCut = false;
    } else if (!media.letGoOfWritten(groups, entries)) this.#keepLate({ groups, entries });
  }

  /**
   * Writes what was sent, and behind it what waited; what is not on disk, though a later gap is being
   * written, when that can end.
   * @param start where what waited begins
   */
  protected writeOrKeep(
    groups: readonly TailGroup[],
    entries: readonly QueuedTag[],
    start: RecordStart,
    before?: TailGroup,
  ): void {
    const { media } = this;
    const { recorder } = media;
    if (!recorder.isAhead || recorder.gap === undefined) media.write(groups, entries, start, before);
    else if (!media.letGoOfWritten(groups, entries, before)) this.#keepLate({ groups, entries });
  }

  #keepLate({ groups, entries }: LateMedia): void {
    const mode = this.#mode;
    if (mode.kind !== 'spooling') return;
    const { late } = mode;
    this.#mode = {
      kind: 'spooling',
      late: {
        groups: [...(late?.groups ?? []), ...groups],
        entries: [...(late?.entries ?? []), ...entries],
      },
    };
  }

  /**
   * The queue is full: what waits goes to disk, but for the rest of a group that has begun to leave.
   * @returns false when that is not possible
   */
  onFull(): boolean {
    if (this.#mode.kind === 'ended' || this.parts.series.isOff) return false;
    // The queue has begun to leave, and only borders of segments come behind it.
    if (this.#mode.kind === 'spooling') return true;
    const { backlog, headers, segment } = this.parts.stream;
    const entries = backlog.takeFrom(isKeyFrame);
    if (entries.length === 0) return this.onFullWithinGroup();
    const before = headers.copy();
    backlog.forEach(({ tag, description }) => {
      before.note(tag, description);
    });
    this.media.finishGroup();
    // With `always`, the gap goes on with what waits.
    if (!this.media.recorder.isAhead) this.media.recorder.end();
    this.begin(undefined);
    this.onWaitingDiverted(entries.find(({ isOnDisk }) => isOnDisk)?.tag);
    this.writeOrKeep([], entries, { headers: before, segment });
    return true;
  }

  /**
   * The pool runs short: what was sent and is held goes to disk.
   * @returns true when memory comes back before long
   */
  relieve(): boolean {
    const { series } = this.parts;
    if (this.#mode.kind === 'live' && !series.isOff) this.media.sent.relieve(0);
    return series.waitingBytes > 0;
  }

  /** The connection has room again. */
  onRoom(): void {}

  /** Nothing comes any more. */
  close(): void {}

  /** Lets go of what the server has acknowledged; `now` in ms of the monotonic clock. */
  update(publisher: RtmpPublisher | undefined, now: number): void {
    this.media.sent.update(publisher, now, this.#mode.kind === 'live' && !this.parts.series.isOff);
  }

  /** The disk has failed. */
  onFault(): void {
    this.media.recorder.onFault();
  }

  /**
   * Nothing follows. Resolves when everything is on disk that is to be there.
   * @param isClean all that was sent has arrived
   */
  async end(isClean: boolean): Promise<void> {
    const mode = this.#mode;
    if (mode.kind === 'ended') return;
    const { series, clock } = this.parts;
    const { recorder, sent } = this.media;
    const open = recorder.gap;
    this.writeLate();
    if (isClean) sent.forget(clock.now());
    else {
      const [groups, entries] = [sent.takeAll(), this.media.takeWaiting()];
      if (!this.media.letGoOfWritten(groups, entries)) this.media.writeLate({ groups, entries });
    }
    this.#mode = { kind: 'ended' };
    recorder.end();
    if (isClean && mode.kind === 'live' && open !== undefined) await series.drop(open);
    await series.close();
  }

  /** A tag comes, at which the stream may go over to another mode. */
  protected abstract changeAt(tag: FlvTag, mark: SegmentMark | undefined): void;

  /** The queue is full of a group under way. Returns false where it has to be thinned out. */
  protected abstract onFullWithinGroup(): boolean;

  /** All that waited from this tag on goes to disk, though the connection stands. */
  protected onWaitingDiverted(_first: FlvTag | undefined): void {}

  /** Puts a tag to disk that is not sent. */
  protected divert(spooled: SpooledTag<PacketBlock>, mark: SegmentMark | undefined): void {
    this.media.divert(spooled, mark);
  }

  protected get isLive(): boolean {
    return this.#mode.kind === 'live';
  }

  /** Media waits for a place at which the gap that is being written can end. */
  protected get hasLate(): boolean {
    return this.#mode.kind === 'spooling' && this.#mode.late !== undefined;
  }

  protected get writesAhead(): boolean {
    return this.media.recorder.isAhead && !this.parts.series.isOff;
  }

  /** Everything that comes goes to disk from now on. */
  protected begin(first: TailGroup | undefined): void {
    this.#mode = { kind: 'spooling', late: undefined };
    this.parts.onOpened(first?.tags[0]?.wall ?? this.parts.clock.wallTime());
  }

  /** Everything that comes goes to the connection from now on. */
  protected resume(): void {
    this.#mode = LIVE;
  }

  /** Writes what had to wait, if anything does. */
  protected writeLate(): void {
    const mode = this.#mode;
    if (mode.kind !== 'spooling' || mode.late === undefined) return;
    this.#mode = { kind: 'spooling', late: undefined };
    this.media.writeLate(mode.late);
  }

  /** Decoding can start at a tag. */
  protected isStart(tag: FlvTag): boolean {
    return this.media.recorder.headers.hasVideo ? isKeyFrame(tag) : isAudioFrame(tag);
  }

  #canCutAt(tag: FlvTag, mark: SegmentMark | undefined): boolean {
    return mark === undefined ? this.isStart(tag) : mark.border === 'start';
  }
}
