import type { FlvTag } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import type { SpoolGap } from '../../spool/index.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { canStartAt, type RecordStart } from './gap-recorder.js';
import { HeldMedia } from './held-media.js';
import { InOrderFeed } from './in-order-feed.js';
import { goOnWith } from './stored-headers.js';
import { StoredTag } from './stored-tag.js';
import { StreamSpool } from './stream-spool.js';
import type { StreamSpoolParts } from './stream-spool-parts.js';
import type { SpooledTag } from './tail-group.js';

/** While a group under way goes on, the queue may grow to so many times its limit. */
const MOST_OVER = 2;

/** New media waits in memory until all that lies before it on disk has been sent. */
interface Joining {
  readonly held: HeldMedia;
  /** The stream where it begins. */
  readonly start: RecordStart;
}

/**
 * After an outage the stream goes on from disk, on its own connection, and what comes waits behind that,
 * until it has caught up: nothing is left out, and nothing out of order. Gaps of earlier processes and of
 * segments that are over have clocks of their own: those are sent elsewhere.
 */
export class InOrderSpool extends StreamSpool {
  readonly #feed: InOrderFeed;
  #joining: Joining | undefined;
  /** The queue is full, and the group under way must not be torn: tags go to disk from the next one on. */
  #isFull = false;
  /** Nothing comes any more. */
  #isClosing = false;
  /** A segment has ended, and no other has begun: what is on disk belongs to a stream that is over. */
  #isBetween = false;

  constructor(parts: StreamSpoolParts) {
    super(parts);
    const { recorder, sent } = this.media;
    this.#feed = new InOrderFeed({
      ...parts,
      speed: parts.config.speed,
      gaps: () => recorder.gapsOfStream,
      onGroup: (first, group, isStart) => sent.noteOrigin(first, group, isStart),
      onLeftOut: (gap, place) => sent.noteLeftOut({ gap, place }),
      onCaughtUp: () => this.#goLive(),
    });
  }

  override get feed(): InOrderFeed | undefined {
    return this.isSpooling && !this.#isBetween ? this.#feed : undefined;
  }

  override isSettled(gap: SpoolGap): boolean {
    return !this.media.recorder.isOfStream(gap) && super.isSettled(gap);
  }

  override onRoom(): void {
    this.#feed.wake();
  }

  override fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    super.fallBack(fallback, description);
    // Tags that were read from disk wait in the queue in the form that they had there: they are read again.
    this.#dropStored();
    this.#joining?.start.headers.fallBack(fallback, description);
    const held = this.#joining?.held;
    held?.forEach(({ tag }) => {
      this.media.sent.noteReplaced(tag, fallback);
    });
    held?.fallBack(fallback);
  }

  override onLost(): void {
    this.#giveUpJoining();
    this.#isFull = false;
    this.#dropStored();
    super.onLost();
    if (this.#isClosing) this.close();
  }

  /** Nothing of it may come behind what follows it: the stream begins again, on another connection. */
  protected override onLeftLost(error: Error): void {
    const { stream, series } = this.parts;
    // Where nothing can be written, what the present connection has would be lost: this is asked again later.
    const waits = series.isOff && this.isSpooling;
    // Nothing follows: what was lost is put to disk when the stream ends.
    const isOver = this.#isClosing && !this.isSpooling && stream.backlog.length === 0;
    if (stream.publisher === undefined) super.onLeftLost(error);
    else if (isOver || waits) return;
    else if (series.isOff) super.onLeftLost(error);
    else stream.connections.remake(error);
  }

  override onFull(): boolean {
    const { stream, heldLimit } = this.parts;
    if (this.#isFull) return stream.backlog.waitingBytes <= MOST_OVER * heldLimit;
    return super.onFull();
  }

  override relieve(): boolean {
    if (!this.#isClosing) this.#giveUpJoining();
    return super.relieve();
  }

  override update(publisher: RtmpPublisher | undefined, now: number): void {
    super.update(publisher, now);
    if (!this.media.hasLate && publisher !== undefined) this.feed?.tick();
  }

  /** The stream catches up with what is on disk, as long as it is let. */
  override close(): void {
    this.#isClosing = true;
    if (this.feed === undefined || this.#joining !== undefined) return;
    this.media.writeLate();
    this.#join();
  }

  override end(isClean: boolean): Promise<void> {
    this.#giveUpJoining();
    this.#dropStored();
    return super.end(isClean);
  }

  protected changeAt(tag: FlvTag, mark: SegmentMark | undefined): void {
    if (mark !== undefined) this.#passBorder(mark);
    else if (this.#joining !== undefined) return;
    else if (this.#isFull) this.#beginBehindQueue(tag);
    else if (this.isSpooling && this.media.recorder.canBeginAt(tag) && this.#mayJoin) this.#join();
  }

  /** The rest of a segment that is over is sent beside the next one, and not on its stream. */
  #passBorder({ border }: SegmentMark): void {
    this.#giveUpJoining();
    this.#isBetween = border === 'end';
    if (this.#isBetween) this.#dropStored();
  }

  protected override divert(spooled: SpooledTag<PacketBlock>, mark: SegmentMark | undefined): void {
    if (this.#joining === undefined) super.divert(spooled, mark);
    else this.#keep(spooled, this.#joining);
  }

  /** A server must not get a part of it twice. */
  protected onFullWithinGroup(): boolean {
    this.#isFull = true;
    return true;
  }

  protected override onWaitingDiverted(first: FlvTag | undefined): void {
    const origin = first && this.media.sent.originOf(first);
    if (origin === undefined) this.#feed.skipAll();
    else this.#feed.skipTo(origin);
  }

  /**
   * Everything that comes goes to disk from now on, where decoding can start at it, while the queue still
   * holds what comes before.
   */
  #beginBehindQueue(first: FlvTag): void {
    // What the recorder knows of the stream is what it wrote last.
    const start = this.media.behindQueue();
    if (!canStartAt(first, start.headers)) return;
    this.#isFull = false;
    this.media.finishGroup();
    this.media.recorder.seek(start);
    this.#feed.skipAll();
    this.begin(undefined);
  }

  get #mayJoin(): boolean {
    const { stream } = this.parts;
    if (this.media.hasLate || stream.publisher === undefined) return false;
    return stream.segment === this.media.recorder.segment && this.#feed.isNearEnd;
  }

  /** New media waits in memory, and all that is on disk goes out. */
  #join(): void {
    const { recorder } = this.media;
    const start = { headers: recorder.headers.copy(), segment: recorder.segment };
    recorder.seek(start);
    this.#joining = { held: new HeldMedia(this.parts), start };
    // While what comes waits in memory, there is no time to lose.
    this.#feed.finish(!this.#isClosing);
  }

  /** Keeps a tag in memory, where it was written ahead, on disk as well. */
  #keep(spooled: SpooledTag<PacketBlock>, { held }: Joining): void {
    let isOnDisk = false;
    if (this.writesAhead) {
      isOnDisk = this.media.writeAhead({ ...spooled, block: spooled.block?.keep() }, undefined);
    }
    if (!held.add(spooled, isOnDisk)) this.#giveUpJoining();
  }

  /** Media that waits in memory, if there is any, goes to disk after all. */
  #giveUpJoining(): void {
    if (this.#joining === undefined) return;
    const { held, start } = this.#joining;
    this.#joining = undefined;
    this.#feed.goOn();
    this.writeOrKeep([{ groups: [], entries: held.take(), start }]);
  }

  /** All that is on disk has been sent. */
  #goLive(): void {
    if (this.#joining === undefined) return;
    const { held, start } = this.#joining;
    const { stream } = this.parts;
    this.#joining = undefined;
    goOnWith(stream, start.headers);
    for (const entry of held.take()) stream.push(entry);
    // Not before all of it is in the queue: a stream that is closing ends as soon as nothing is left to be
    // sent.
    this.resume();
    stream.sendWaiting();
    this.parts.onResumed(this.#feed.takeFed());
  }

  /** Tags that were read from disk wait there as well. */
  #dropStored(): void {
    const under = this.#feed.stop();
    if (under !== undefined) this.media.sent.noteUnfinished(under);
    this.parts.stream.backlog.remove((tag) => tag instanceof StoredTag);
  }
}
