import type { FlvTag } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import { SpoolCounter } from '../../memory/counters.js';
import type { SpoolGap } from '../../spool/index.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { isAudioFrame, isKeyFrame, isPicture } from '../destination/drop-policy.js';
import type { QueuedTag } from '../destination/send-queue.js';
import { GapRecorder, type RecordStart } from './gap-recorder.js';
import { SentKeeper } from './sent-keeper.js';
import type { SpooledTag, TailGroup } from './sent-tail.js';
import type { StreamSpoolParts } from './stream-spool-parts.js';

/** Media that lies before the gap that is being written, and goes to disk when a key frame lets that one end. */
interface Late {
  readonly groups: readonly TailGroup[];
  readonly entries: readonly QueuedTag[];
}

type Mode =
  /** Tags go to the connection; with `when: 'always'`, to disk before. */
  | { readonly kind: 'live' }
  /** Tags go to disk. */
  | { readonly kind: 'spooling'; readonly late: Late | undefined }
  /** Nothing is taken any more. */
  | { readonly kind: 'ended' };

const LIVE: Mode = { kind: 'live' };

/**
 * Media that a destination keeps for its server: the end of what was sent until it is acknowledged, and while nothing
 * can be sent, all that comes.
 */
export class StreamSpool {
  readonly #parts: StreamSpoolParts;
  readonly #recorder: GapRecorder;
  readonly #sent: SentKeeper;
  /** Borders of segments that are on disk, though they wait in the queue, too. */
  readonly #borders = new WeakSet<SegmentMark>();
  #mode: Mode = LIVE;

  constructor(parts: StreamSpoolParts) {
    const { series, counts, stream, config } = parts;
    this.#parts = parts;
    this.#recorder = new GapRecorder({
      series,
      counts,
      bitrates: () => stream.bitrates,
      isAhead: config.when === 'always',
      start: stream,
    });
    this.#sent = new SentKeeper({ ...parts, recorder: this.#recorder });
  }

  get isSpooling(): boolean {
    return this.#mode.kind === 'spooling';
  }

  /** Nothing is written to a gap any more, and none of it is on its way to the server. */
  isSettled(gap: SpoolGap): boolean {
    return !gap.isOpen && !this.#sent.holds(gap);
  }

  /**
   * Takes a tag that comes, before anyone else does.
   * @returns true: it need not be sent
   */
  takes(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): boolean {
    if (this.#mode.kind === 'spooling' && this.#mayResumeAt(tag)) this.#resume();
    if (this.#mode.kind === 'ended' || (this.#mode.kind === 'live' && !this.#writesAhead)) return false;
    // A border of segments waits in the queue as well, with its block: its tag owns its memory.
    const kept = mark === undefined ? block : undefined;
    kept?.hold();
    const spooled = { tag, block: kept, description, wall: this.#parts.clock.wallTime() };
    if (this.#mode.kind === 'live') {
      this.#writeAhead(spooled, mark);
      return false;
    }
    if (this.#mode.late !== undefined && this.#canCutAt(tag, mark)) {
      const at = { headers: this.#recorder.headers.copy(), segment: this.#recorder.segment };
      this.#writeLate(this.#mode.late);
      this.#recorder.seek(at);
    }
    this.#divert(spooled, mark);
    return mark === undefined;
  }

  /** A tag is about to be handed to the connection. */
  noteSent(
    publisher: RtmpPublisher,
    tag: FlvTag,
    block: PacketBlock | undefined,
    description: StreamDescription | undefined,
  ): void {
    if (this.#mode.kind !== 'ended') this.#sent.noteSent(publisher, tag, block, description);
  }

  /** The connection could not take the tag. */
  noteRefused(tag: FlvTag): void {
    this.#sent.noteRefused(tag);
  }

  /** Another connection takes the stream up. */
  onConnection(): void {
    this.#sent.onConnection();
  }

  /** The connection is lost, or an attempt to make it has failed: what it may have lost goes to disk. */
  onLost(): void {
    const mode = this.#mode;
    if (mode.kind === 'ended' || this.#parts.series.isOff) return;
    const groups = this.#sent.takeAll();
    const waiting = this.#parts.stream.backlog.takeFrom(() => true);
    const entries = waiting.filter(({ mark }) => mark === undefined || !this.#borders.has(mark));
    if (mode.kind === 'live') {
      this.#begin(groups[0]);
      this.#write(groups, entries);
    } else if (this.#recorder.isAhead) this.#write(groups, entries);
    else if (groups.length + entries.length > 0) {
      const { late } = mode;
      this.#mode = {
        kind: 'spooling',
        late: {
          groups: [...(late?.groups ?? []), ...groups],
          entries: [...(late?.entries ?? []), ...entries],
        },
      };
    }
  }

  /**
   * The queue is full: what waits goes to disk, but for the rest of a group that has begun to leave.
   * @returns false when that is not possible
   */
  onFull(): boolean {
    if (this.#mode.kind !== 'live' || this.#parts.series.isOff) return false;
    const { backlog, headers, segment } = this.#parts.stream;
    const entries = backlog.takeFrom(isKeyFrame);
    if (entries.length > 0) {
      const before = headers.copy();
      backlog.forEach(({ tag, description }) => {
        before.note(tag, description);
      });
      this.#begin(undefined);
      this.#writeEntries(entries, { headers: before, segment });
      return true;
    }
    const group = this.#sent.pop();
    this.#begin(group);
    this.#write(
      group === undefined ? [] : [group],
      backlog.takeFrom(() => true),
    );
    return true;
  }

  /**
   * The pool runs short: what was sent and is held goes to disk.
   * @returns true when memory comes back before long
   */
  relieve(): boolean {
    const { series } = this.#parts;
    if (this.#mode.kind === 'live' && !series.isOff) this.#sent.spillDownTo(0);
    return series.waitingBytes > 0;
  }

  /** Lets go of what the server has acknowledged; `now` in ms of the monotonic clock. */
  update(publisher: RtmpPublisher | undefined, now: number): void {
    this.#sent.update(publisher, now, this.#mode.kind === 'live' && !this.#parts.series.isOff);
  }

  /** The disk has failed. */
  onFault(): void {
    this.#recorder.onFault();
  }

  /**
   * Nothing follows. Resolves when everything is on disk that is to be there.
   * @param isClean all that was sent has arrived
   */
  async end(isClean: boolean): Promise<void> {
    const mode = this.#mode;
    if (mode.kind === 'ended') return;
    const { series, stream, clock } = this.#parts;
    const open = this.#recorder.gap;
    if (mode.kind === 'spooling' && mode.late !== undefined) this.#writeLate(mode.late);
    if (isClean) this.#sent.forget(clock.now());
    else
      this.#write(
        this.#sent.takeAll(),
        stream.backlog.takeFrom(() => true),
      );
    this.#mode = { kind: 'ended' };
    this.#recorder.end();
    if (isClean && mode.kind === 'live' && open !== undefined) await series.drop(open);
    await series.close();
  }

  /** Everything that comes goes to disk from now on. */
  #begin(first: TailGroup | undefined): void {
    this.#mode = { kind: 'spooling', late: undefined };
    this.#parts.onOpened(first?.tags[0]?.wall ?? this.#parts.clock.wallTime());
  }

  /** Writes what was sent, and behind it what waited. */
  #write(groups: readonly TailGroup[], entries: readonly QueuedTag[]): void {
    const { series, stream, attempt } = this.#parts;
    let previous: TailGroup | undefined;
    for (const group of groups) {
      if (group.disk === undefined) this.#sent.spill(group, previous);
      // All that lies before it in its gap has arrived.
      else if (group.disk.gap !== previous?.disk?.gap)
        attempt(series.acknowledge(group.disk.gap, group.disk.place));
      previous = group;
    }
    const joins = previous?.disk !== undefined && previous.disk.gap === this.#recorder.gap;
    this.#writeEntries(entries, joins ? undefined : stream);
  }

  /** @param start where they do not join on to what was written */
  #writeEntries(entries: readonly QueuedTag[], start: RecordStart | undefined): void {
    if (this.#recorder.isAhead && this.#recorder.gap !== undefined) {
      // They are on disk already.
      for (const { tag, block, mark } of entries) {
        if (mark === undefined) block?.release();
        this.#countNew(tag);
      }
      return;
    }
    if (start !== undefined) this.#recorder.seek(start);
    for (const entry of entries) this.#divert(this.#spooledOf(entry), entry.mark);
  }

  #spooledOf({ tag, block, description, mark, at }: QueuedTag): SpooledTag {
    const { clock } = this.#parts;
    const wall = clock.wallTime() - (clock.now() - at);
    return { tag, block: mark === undefined ? block : undefined, description, wall };
  }

  /** Puts a tag to disk that is not sent; a border of segments is one of gaps, too. */
  #divert(spooled: SpooledTag, mark: SegmentMark | undefined): void {
    const { tag, description } = spooled;
    if (mark !== undefined) this.#borders.add(mark);
    if (mark?.border === 'start') {
      const { headers } = this.#recorder;
      headers.note(tag, description);
      this.#recorder.seek({ headers, segment: mark.number });
    }
    const recorded = this.#recorder.record(spooled, true);
    const { losses } = this.#parts;
    if (recorded === 'early' && isPicture(tag)) losses.noteSkipped('start');
    else if (recorded !== 'written') losses.noteLost(isPicture(tag) ? 1 : 0, isAudioFrame(tag) ? 1 : 0);
    if (mark?.border === 'end') this.#recorder.end();
  }

  get #writesAhead(): boolean {
    return this.#recorder.isAhead && !this.#parts.series.isOff;
  }

  /** Puts a tag to disk that is sent as well. */
  #writeAhead(spooled: SpooledTag, mark: SegmentMark | undefined): void {
    if (mark?.border === 'start')
      this.#recorder.seek({ headers: this.#recorder.headers, segment: mark.number });
    const before = this.#recorder.group?.place.group;
    const isWritten = this.#recorder.record(spooled, false) === 'written';
    const { group } = this.#recorder;
    if (isWritten && group !== undefined && (isKeyFrame(spooled.tag) || group.place.group !== before))
      this.#sent.noteOrigin(spooled.tag, group);
    if (mark?.border === 'end') this.#recorder.end();
  }

  /** Writes media that had to wait while a later gap was written: that gap has ended. */
  #writeLate({ groups, entries }: Late): void {
    this.#mode = { kind: 'spooling', late: undefined };
    this.#recorder.end();
    this.#write(groups, entries);
    this.#recorder.end();
  }

  #canCutAt(tag: FlvTag, mark: SegmentMark | undefined): boolean {
    if (mark !== undefined) return mark.border === 'start';
    return this.#recorder.headers.hasVideo ? isKeyFrame(tag) : isAudioFrame(tag);
  }

  /** The stream can go on to the server with this tag; where the disk has failed, it must. */
  #mayResumeAt(tag: FlvTag): boolean {
    const { stream, series } = this.#parts;
    if (series.isOff) return true;
    if (stream.publisher === undefined || !stream.backlog.hasRoom) return false;
    return this.#canCutAt(tag, undefined);
  }

  #resume(): void {
    const { stream } = this.#parts;
    const { segment } = this.#recorder;
    const headers = this.#recorder.headers.copy();
    if (this.#mode.kind === 'spooling' && this.#mode.late !== undefined) this.#writeLate(this.#mode.late);
    this.#recorder.seek({ headers, segment });
    const hasChanged = stream.headers.adopt(headers);
    this.#mode = LIVE;
    if (hasChanged) stream.restart();
    // Where the disk has failed in the middle of a group.
    stream.backlog.skipToKeyFrame();
    this.#parts.onResumed();
  }

  #countNew(tag: FlvTag): void {
    const { counts } = this.#parts;
    if (isPicture(tag)) counts.add(SpoolCounter.spooledVideoFrames, 1);
    else if (isAudioFrame(tag)) counts.add(SpoolCounter.spooledAudioFrames, 1);
  }
}
