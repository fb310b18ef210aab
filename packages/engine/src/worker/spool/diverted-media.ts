import type { FlvTag } from '@cloudpush/muxer';
import { SpoolCounter } from '../../memory/counters.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { isAudioFrame, isKeyFrame, isPicture } from '../destination/drop-policy.js';
import type { QueuedTag } from '../destination/send-queue.js';
import { GapRecorder, type RecordStart } from './gap-recorder.js';
import { SentKeeper } from './sent-keeper.js';
import type { SpooledTag, TailGroup } from './sent-tail.js';
import type { StreamSpoolParts } from './stream-spool-parts.js';

/**
 * Media that lies before the gap that is being written, and goes to disk when a key frame lets that one end.
 */
export interface LateMedia {
  readonly groups: readonly TailGroup[];
  readonly entries: readonly QueuedTag[];
}

/** Writes a stream's media to disk: what was sent and may be lost, what waited, and what comes. */
export class DivertedMedia {
  readonly #parts: StreamSpoolParts;
  readonly recorder: GapRecorder;
  readonly sent: SentKeeper;
  /** Borders of segments that are on disk, though they wait in the queue, too. */
  readonly #borders = new WeakSet<SegmentMark>();

  constructor(parts: StreamSpoolParts) {
    const { series, counts, stream, config } = parts;
    this.#parts = parts;
    this.recorder = new GapRecorder({
      series,
      counts,
      bitrates: () => stream.channel.bitrates,
      isAhead: config.when === 'always',
      start: stream,
    });
    this.sent = new SentKeeper({ ...parts, recorder: this.recorder });
  }

  /** See {@link StreamSpool.fallBack}. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    this.recorder.headers.fallBack(fallback, description);
    this.sent.fallBack(fallback, description);
  }

  /** Gives up all that waits in the queue and is not on disk. */
  takeWaiting(): QueuedTag[] {
    const waiting = this.#parts.stream.backlog.takeFrom(() => true);
    return waiting.filter(({ mark }) => mark === undefined || !this.#borders.has(mark));
  }

  /**
   * Writes what was sent, and behind it what waited.
   * @param start where what waited begins
   * @param before what was sent before it, and may not have arrived either
   */
  write(
    groups: readonly TailGroup[],
    entries: readonly QueuedTag[],
    start: RecordStart,
    before?: TailGroup,
  ): void {
    const last = this.writeSent(groups, before);
    const joins = last?.disk !== undefined && last.disk.gap === this.recorder.gap;
    this.writeEntries(entries, joins ? undefined : start);
  }

  /**
   * Lets go of all of it where it is on disk: it is sent from there.
   * @param before what was sent before it, and may not have arrived either
   * @returns false: some of it is not
   */
  letGoOfWritten(groups: readonly TailGroup[], entries: readonly QueuedTag[], before?: TailGroup): boolean {
    const isWritten =
      groups.every(({ disk }) => disk !== undefined) && entries.every(({ isOnDisk }) => isOnDisk);
    if (!isWritten) return false;
    this.writeSent(groups, before);
    for (const entry of entries) this.#letGo(entry);
    return true;
  }

  /** Writes what was sent, and as another gap what waited: something between them is missing. */
  writeApart(groups: readonly TailGroup[], entries: readonly QueuedTag[]): void {
    this.writeSent(groups);
    this.recorder.end();
    this.writeEntries(entries, this.#parts.stream);
  }

  /**
   * Writes what was sent, unless it is on disk already.
   * @returns the last group
   */
  writeSent(groups: readonly TailGroup[], before?: TailGroup): TailGroup | undefined {
    const { series, attempt } = this.#parts;
    let previous = before;
    for (const group of groups) {
      if (group.disk === undefined) this.sent.spill(group, previous);
      // All that lies before it in its gap has arrived.
      else if (group.disk.gap !== previous?.disk?.gap)
        attempt(series.acknowledge(group.disk.gap, group.disk.place));
      previous = group;
    }
    return groups.at(-1);
  }

  /** A group that was sent in part, and is on disk as far as it was: what waits of it goes there, too. */
  finishGroup(): void {
    const group = this.sent.last;
    if (group === undefined || !group.isWritten) return;
    let isOver = false;
    this.#parts.stream.backlog.forEach((entry) => {
      // Behind a border it is another segment's.
      isOver ||= entry.mark !== undefined;
      if (isOver) return;
      this.recorder.record({ ...this.#spooledOf(entry), block: entry.block?.keep() }, false);
    });
    group.isWritten = false;
  }

  /** @param start where they do not join on to what was written */
  writeEntries(entries: readonly QueuedTag[], start: RecordStart | undefined): void {
    let from = start;
    for (const entry of entries) {
      if (entry.isOnDisk) {
        from ??= { headers: this.recorder.headers, segment: this.recorder.segment };
        from = { headers: from.headers.copy(), segment: entry.mark?.number ?? from.segment };
        from.headers.note(entry.tag, entry.description);
        this.#letGo(entry);
      } else {
        if (from !== undefined) this.recorder.seek(from);
        from = undefined;
        this.divert(this.#spooledOf(entry), entry.mark);
      }
    }
  }

  /** It is on disk already. */
  #letGo({ tag, block, mark }: QueuedTag): void {
    if (mark === undefined) block?.release();
    this.#countNew(tag);
  }

  /** Writes media that had to wait while a later gap was written: that gap ends. */
  writeLate({ groups, entries }: LateMedia): void {
    this.recorder.end();
    this.write(groups, entries, this.#parts.stream);
    this.recorder.end();
  }

  /** Puts a tag to disk that is not sent; a border of segments is one of gaps, too. */
  divert(spooled: SpooledTag, mark: SegmentMark | undefined): void {
    const { tag, description } = spooled;
    if (mark !== undefined) this.#borders.add(mark);
    if (mark?.border === 'start') {
      const { headers } = this.recorder;
      headers.note(tag, description);
      this.recorder.seek({ headers, segment: mark.number });
    }
    const recorded = this.recorder.record(spooled, true);
    const { losses } = this.#parts;
    if (recorded === 'early' && isPicture(tag)) losses.noteSkipped('start');
    else if (recorded !== 'written') losses.noteLost(isPicture(tag) ? 1 : 0, isAudioFrame(tag) ? 1 : 0);
    if (mark?.border === 'end') this.recorder.end();
  }

  /**
   * Puts a tag to disk that is sent as well.
   * @returns whether it is there
   */
  writeAhead(spooled: SpooledTag, mark: SegmentMark | undefined): boolean {
    if (mark?.border === 'start')
      this.recorder.seek({ headers: this.recorder.headers, segment: mark.number });
    const before = this.recorder.group?.place.group;
    const isWritten = this.recorder.record(spooled, false) === 'written';
    const { group } = this.recorder;
    const isKey = isKeyFrame(spooled.tag);
    if (isWritten && group !== undefined && (isKey || group.place.group !== before))
      this.sent.noteOrigin(spooled.tag, group, isKey || !this.recorder.headers.hasVideo);
    if (mark?.border === 'end') this.recorder.end();
    return isWritten;
  }

  #spooledOf({ tag, block, description, mark, at }: QueuedTag): SpooledTag<PacketBlock> {
    const { clock } = this.#parts;
    const wall = clock.wallTime() - (clock.now() - at);
    return { tag, block: mark === undefined ? block : undefined, description, wall };
  }

  #countNew(tag: FlvTag): void {
    const { counts } = this.#parts;
    if (isPicture(tag)) counts.add(SpoolCounter.spooledVideoFrames, 1);
    else if (isAudioFrame(tag)) counts.add(SpoolCounter.spooledAudioFrames, 1);
  }
}
