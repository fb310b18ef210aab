import type { FlvTag } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import { wallTimeAt } from '../../base/clock.js';
import type { SpoolGap, SpoolPlace } from '../../spool/index.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { isKeyFrame, isPicture } from '../destination/drop-policy.js';
import { DivertedMedia, type Stretch } from './diverted-media.js';
import type { InOrderFeed } from './in-order-feed.js';
import type { StreamSpoolParts, Taken } from './stream-spool-parts.js';
import type { SpooledTag, TailGroup } from './tail-group.js';

/** A source that sends no picture for so long, in ms, may be waiting for room in the pool. */
const REST = 1000;

type Mode =
  /** Tags go to the connection; with `when: 'always'`, to disk before. */
  | { readonly kind: 'live' }
  /** Tags go to disk. */
  | { readonly kind: 'spooling' }
  /** Nothing is taken any more. */
  | { readonly kind: 'ended' };

const LIVE: Mode = { kind: 'live' };
const SPOOLING: Mode = { kind: 'spooling' };

/**
 * Media that a destination keeps for its server: the end of what was sent until it is acknowledged, and while
 * nothing can be sent, all that comes. Its heirs say how the stream goes on afterwards.
 */
export abstract class StreamSpool {
  protected readonly parts: StreamSpoolParts;
  protected readonly media: DivertedMedia;
  #mode: Mode = LIVE;
  /** The queue does not follow the media that was sent: the disk was off, and a connection was lost. */
  #isCut = false;
  /** When the last picture went to disk, or the first was to, in ms of the monotonic clock. */
  #pictureAt = 0;

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

  /** The place of a gap that nothing is written to behind which nothing was sent. */
  sentTo(gap: SpoolGap): SpoolPlace {
    return this.media.sent.endOf(gap) ?? gap.acknowledged;
  }

  /** Takes a tag that comes, before anyone else does. */
  takes(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): Taken | undefined {
    this.changeAt(tag, mark);
    const mode = this.#mode;
    if (mode.kind === 'ended') return undefined;
    if (mode.kind === 'live' && !this.writesAhead) {
      if (this.media.recorder.isAhead) this.media.pass({ tag, description }, mark);
      return undefined;
    }
    // A border of segments waits in the queue as well, with its block: its tag owns its memory.
    const owned = mark === undefined ? block : undefined;
    const wall = wallTimeAt(this.parts.clock, block.cameAt);
    if (mode.kind === 'live') {
      const isWritten = this.media.writeSent({ tag, block: owned?.keep(), description, wall }, mark);
      return isWritten ? 'as well' : undefined;
    }
    owned?.hold();
    if (isPicture(tag)) this.#pictureAt = this.parts.clock.now();
    const spooled = { tag, block: owned, description, wall };
    if (this.media.hasLate && this.media.recorder.canCutAt(tag, mark)) {
      const { recorder } = this.media;
      const at = { headers: recorder.headers.copy(), segment: recorder.segment };
      this.media.writeLate();
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
    if (this.#mode.kind === 'ended') return;
    const { sent } = this.media;
    const { last } = sent;
    sent.noteSent(publisher, tag, block, description);
    // The queue follows this group.
    if (sent.last !== last) this.#isCut = false;
  }

  /** The connection could not take the tag. */
  noteRefused(tag: FlvTag): void {
    this.media.sent.noteRefused(tag);
  }

  /** The stream leaves its connection, which is closed with what it holds. */
  onLeave(): void {
    this.media.sent.leave();
  }

  /** All connections that were left are closed; `error`: the last of what they held may not have arrived. */
  onLeftClosed(error: Error | undefined): void {
    const lost = this.media.sent.settleLeft(error, this.parts.clock.now());
    if (lost !== undefined) this.onLeftLost(lost);
    else if (!this.media.hasLate) this.media.sent.flaws.onHandedOver();
  }

  /** Media that a connection which was left may have lost is written, though another one stands. */
  protected onLeftLost(_error: Error): void {
    this.onLost();
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
    this.media.fallBack(fallback, description);
  }

  /** The connection is lost, or an attempt to make it has failed: what it may have lost goes to disk. */
  onLost(): void {
    const mode = this.#mode;
    const { media } = this;
    if (mode.kind === 'ended') return;
    if (this.parts.series.isOff) {
      const { last } = media.sent;
      media.leaveToDisk(mode.kind === 'live');
      // Without a connection, the queue drops; with one, the group under way may have been given up.
      if (this.parts.stream.publisher === undefined || media.sent.last !== last) this.#isCut = true;
      return;
    }
    const groups = media.sent.takeAll();
    const entries = media.takeWaiting();
    const { headers, segment, backlog } = this.parts.stream;
    // Borders of segments that are on disk wait in front of what came since.
    const start = mode.kind === 'live' ? media.behindQueue(entries) : { headers: headers.copy(), segment };
    const sent = { groups, entries: this.#isCut ? [] : entries, start };
    const stretches = this.#isCut ? [sent, { groups: [], entries, start }] : [sent];
    this.#isCut = false;
    if (mode.kind === 'live') {
      this.begin(groups[0]);
      const goesOn = this.#isWritingAhead;
      this.writeOrKeep(stretches);
      // The media that comes does not follow that.
      if (!goesOn && backlog.isSkipping) media.recorder.end();
    } else media.keepLate(stretches);
  }

  /**
   * Writes stretches, oldest first; what is not on disk, though a later gap is being written, when that can
   * end.
   * @param before what was sent before them, and may not have arrived either
   */
  protected writeOrKeep(stretches: readonly Stretch[], before?: TailGroup): void {
    if (this.#isWritingAhead) this.media.keepLate(stretches);
    else this.media.write(stretches, before);
  }

  /** The gap that is being written goes on, whatever was sent. */
  get #isWritingAhead(): boolean {
    const { isAhead, gap } = this.media.recorder;
    return isAhead && gap !== undefined;
  }

  /**
   * The queue is full: what waits goes to disk, but for the rest of a group that has begun to leave.
   * @returns false when that is not possible
   */
  onFull(): boolean {
    if (this.#mode.kind === 'ended' || this.parts.series.isOff) return false;
    // The queue has begun to leave, and only borders of segments come behind it.
    if (this.#mode.kind === 'spooling') return true;
    const { backlog } = this.parts.stream;
    const entries = backlog.takeFrom(isKeyFrame);
    if (entries.length === 0) return this.onFullWithinGroup();
    const start = this.media.behindQueue(entries);
    this.media.finishGroup();
    // With `always`, the gap goes on with what waits.
    if (!this.media.recorder.isAhead) this.media.recorder.end();
    this.begin(undefined);
    this.onWaitingDiverted(entries.find(({ isOnDisk }) => isOnDisk)?.tag);
    this.writeOrKeep([{ groups: [], entries, start }]);
    return true;
  }

  /**
   * The pool runs short: what was sent and is held goes to disk, or where it cannot yet, out of the pool.
   * @returns true when memory comes back before long
   */
  relieve(): boolean {
    const { series } = this.parts;
    let isCopied = this.media.copyLate();
    if (this.#mode.kind === 'live' && !series.isOff) {
      this.media.sent.writer.relieve(0);
      if (this.writesAhead) isCopied = this.media.sent.writer.copy() || isCopied;
    }
    return isCopied || series.waitingBytes > 0;
  }

  /** The connection has room again. */
  onRoom(): void {}

  /** Nothing comes any more. */
  close(): void {}

  /** Lets go of what the server has acknowledged; `now` in ms of the monotonic clock. */
  update(publisher: RtmpPublisher | undefined, now: number): void {
    const { sent } = this.media;
    sent.update(publisher, now, this.#mode.kind === 'live' && !this.parts.series.isOff);
    if (sent.unwritten !== undefined) this.onLeftClosed(sent.unwritten);
    if (!this.media.hasLate) sent.flaws.onHandedOver();
    if (this.media.hasLate && now - this.#pictureAt >= REST) this.media.copyLate();
  }

  /** The disk has failed. */
  onFault(): void {
    this.media.recorder.onFault();
  }

  /** Nothing follows. Resolves when everything is on disk that is to be there; `isClean`: all has arrived. */
  async end(isClean: boolean): Promise<void> {
    const mode = this.#mode;
    if (mode.kind === 'ended') return;
    const { series, clock, stream } = this.parts;
    const { recorder, sent } = this.media;
    const open = recorder.gap;
    this.media.writeLate();
    if (isClean) sent.forget(clock.now());
    else {
      this.media.keepLate([{ groups: sent.takeAll(), entries: this.media.takeWaiting(), start: stream }]);
      this.media.writeLate();
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

  protected get writesAhead(): boolean {
    return this.media.recorder.isAhead && !this.parts.series.isOff;
  }

  /** Everything that comes goes to disk from now on. */
  protected begin(first: TailGroup | undefined): void {
    this.#mode = SPOOLING;
    this.#pictureAt = this.parts.clock.now();
    this.parts.onOpened(first?.tags[0]?.wall ?? this.parts.clock.wallTime());
  }

  /** Everything that comes goes to the connection from now on. */
  protected resume(): void {
    this.#mode = LIVE;
  }
}
