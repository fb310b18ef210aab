import type { FlvTag } from '@cloudpush/muxer';
import { wallTimeAt } from '../../base/clock.js';
import { SpoolCounter } from '../../memory/counters.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { isAudioFrame, isKeyFrame, isPicture } from '../destination/drop-policy.js';
import type { QueuedTag } from '../destination/send-queue.js';
import { GapRecorder, type RecordStart } from './gap-recorder.js';
import { SentKeeper } from './sent-keeper.js';
import type { StreamSpoolParts } from './stream-spool-parts.js';
import { legacyEntries, ownTag, type SpooledTag, type TailGroup } from './tail-group.js';

/** A part of the stream without a hole, that begins where decoding can start. */
export interface Stretch {
  /** The part that was sent, and may not have arrived. */
  readonly groups: readonly TailGroup[];
  /** The part that waited, behind that. */
  readonly entries: readonly QueuedTag[];
  /** Where what waited begins. */
  readonly start: RecordStart;
}

/** Writes a stream's media to disk: what was sent and may be lost, what waited, and what comes. */
export class DivertedMedia {
  readonly #parts: StreamSpoolParts;
  readonly recorder: GapRecorder;
  readonly sent: SentKeeper;
  /** On disk, though they wait in the queue, too: borders of segments, and the rest of a group sent in part. */
  readonly #written = new WeakSet<FlvTag>();
  /** Media from before the gap that is being written, which can only be written when that one ends. */
  #late: readonly Stretch[] = [];

  constructor(parts: StreamSpoolParts) {
    const { series, counts, stream, config } = parts;
    this.#parts = parts;
    this.recorder = new GapRecorder({
      series,
      counts,
      bitrates: () => stream.channel.bitrates,
      isAhead: config.when === 'always',
      // Tags came before the folder was open.
      start: this.behindQueue(),
    });
    this.sent = new SentKeeper({ ...parts, recorder: this.recorder });
  }

  /** See {@link StreamSpool.fallBack}. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    this.recorder.headers.fallBack(fallback, description);
    this.sent.fallBack(fallback, description);
    this.#late = this.#late.map((stretch) => legacyStretch(stretch, fallback, description));
  }

  /**
   * The connection is lost, and nothing can be written: what was sent and lies on disk is sent from there.
   * @param apart the stream goes on without it
   */
  leaveToDisk(apart: boolean): void {
    this.sent.leaveToDisk();
    if (apart) this.recorder.disown();
  }

  /** Gives up all that waits in the queue. */
  takeWaiting(): QueuedTag[] {
    const waiting = this.#parts.stream.backlog.takeFrom(() => true);
    return waiting.map((entry) => (this.#written.has(entry.tag) ? { ...entry, isOnDisk: true } : entry));
  }

  /**
   * Writes stretches, oldest first, each as a gap of its own: what follows joins the last one.
   * @param before what was sent before them, and may not have arrived either
   */
  write(stretches: readonly Stretch[], before?: TailGroup): void {
    for (const [i, { groups, entries, start }] of stretches.entries()) {
      if (i > 0) this.recorder.end();
      const last = this.#writeSent(groups, i === 0 ? before : undefined);
      // Behind a border, it is another segment's.
      const disk = last?.start.segment === start.segment ? last.disk : undefined;
      const joins = disk !== undefined && disk.gap === this.recorder.gap;
      this.#writeEntries(entries, joins ? undefined : start);
    }
  }

  /**
   * Lets go of a stretch where all of it is on disk: it is sent from there.
   * @returns false: some of it is not
   */
  #letGoOfWritten({ groups, entries }: Pick<Stretch, 'groups' | 'entries'>): boolean {
    const isWritten =
      groups.every(({ disk }) => disk !== undefined) && entries.every(({ isOnDisk }) => isOnDisk);
    if (!isWritten) return false;
    this.#writeSent(groups, undefined);
    for (const entry of entries) this.#letGo(entry);
    return true;
  }

  /** Media waits for a place at which the gap that is being written can end. */
  get hasLate(): boolean {
    return this.#late.length > 0;
  }

  /** Keeps stretches, oldest first, until the gap that is being written can end, but for what is on disk. */
  keepLate(stretches: readonly Stretch[]): void {
    const kept = stretches.filter((stretch) => !this.#letGoOfWritten(stretch));
    // Media that is kept later lies before it: nothing is sent meanwhile.
    this.#late = [...kept, ...this.#late];
  }

  /**
   * What has to wait leaves the pool: a source that waits for room there sends no key frame, at which it could
   * be written.
   * @returns whether there was any in the pool
   */
  copyLate(): boolean {
    let isCopied = false;
    this.#late = this.#late.map(({ groups, entries, start }) => {
      for (const group of groups) isCopied = group.copy() || isCopied;
      const copies = entries.map((entry) => copyOf(entry));
      isCopied ||= copies.some((copy, i) => copy !== entries[i]);
      return { groups, entries: copies, start };
    });
    return isCopied;
  }

  /** Writes what had to wait, if anything does: the gap that is being written ends. */
  writeLate(): void {
    if (!this.hasLate) return;
    const late = this.#late;
    this.#late = [];
    this.recorder.end();
    this.write(late);
    this.recorder.end();
  }

  /**
   * Writes what was sent, unless it is on disk already.
   * @returns the last group
   */
  #writeSent(groups: readonly TailGroup[], before: TailGroup | undefined): TailGroup | undefined {
    let previous = before;
    this.sent.acknowledgeBefore(groups);
    for (const group of groups) {
      if (group.disk === undefined) this.sent.writer.write(group, previous);
      previous = group;
    }
    return groups.at(-1);
  }

  /**
   * The stream behind what waits in the queue.
   * @param taken what was there behind that: borders of segments still are
   */
  behindQueue(taken: readonly QueuedTag[] = []): RecordStart {
    const { stream } = this.#parts;
    const others = new Set(taken.map(({ mark }) => mark));
    const headers = stream.headers.copy();
    let { segment } = stream;
    stream.backlog.forEach(({ tag, description, mark }) => {
      if (mark !== undefined && others.has(mark)) return;
      headers.note(tag, description);
      segment = mark?.number ?? segment;
    });
    return { headers, segment };
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
      const spooled = { ...this.#spooledOf(entry), block: entry.block?.keep() };
      if (this.recorder.record(spooled, false) === 'written') this.#written.add(entry.tag);
    });
    group.isWritten = false;
  }

  /** @param start where they do not join on to what was written */
  #writeEntries(entries: readonly QueuedTag[], start: RecordStart | undefined): void {
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
    // The media that comes begins there.
    if (from !== undefined) this.recorder.seek(from);
  }

  /** It is on disk already. */
  #letGo({ tag, block, mark }: QueuedTag): void {
    if (mark === undefined) block?.release();
    this.#countNew(tag);
  }

  /** Puts a tag to disk that is not sent; a border of segments is one of gaps, too. */
  divert(spooled: SpooledTag, mark: SegmentMark | undefined): void {
    const { tag, description } = spooled;
    if (mark !== undefined) this.#written.add(tag);
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

  /** A tag is not written, as the disk does not work: what is written later stands behind it. */
  pass({ tag, description }: Pick<SpooledTag, 'tag' | 'description'>, mark: SegmentMark | undefined): void {
    const { recorder } = this;
    recorder.headers.note(tag, description);
    if (mark?.border === 'start') recorder.seek({ headers: recorder.headers, segment: mark.number });
  }

  /**
   * Puts a tag to disk that is sent at once: in front of it, what was sent before may be written late.
   * @returns whether it is there
   */
  writeSent(spooled: SpooledTag, mark: SegmentMark | undefined): boolean {
    if (this.recorder.canCutAt(spooled.tag, mark)) this.sent.writer.writeDue();
    return this.writeAhead(spooled, mark);
  }

  /**
   * Puts a tag to disk that is sent as well, though maybe later: what is read from disk until then must not
   * have been sent.
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
    const wall = wallTimeAt(clock, block?.cameAt ?? at);
    return { tag, block: mark === undefined ? block : undefined, description, wall };
  }

  #countNew(tag: FlvTag): void {
    const { counts } = this.#parts;
    if (isPicture(tag)) counts.add(SpoolCounter.spooledVideoFrames, 1);
    else if (isAudioFrame(tag)) counts.add(SpoolCounter.spooledAudioFrames, 1);
  }
}

/** The same in memory of its own; a border of segments has that. */
function copyOf(entry: QueuedTag): QueuedTag {
  const { tag, block, mark } = entry;
  if (block === undefined || mark !== undefined) return entry;
  const copy = { ...entry, tag: ownTag(tag), block: undefined, at: block.cameAt };
  block.release();
  return copy;
}

/** The same in the older form of H.265. */
function legacyStretch(
  { groups, entries, start }: Stretch,
  fallback: HevcFallback,
  description: StreamDescription | undefined,
): Stretch {
  for (const group of groups) group.fallBack(fallback, description);
  start.headers.fallBack(fallback, description);
  return { groups, entries: legacyEntries(entries, fallback), start };
}
