import { TagRole } from '@cloudpush/muxer';
import type { MonotonicClock } from '../base/clock.js';
import { Batch } from './batch.js';
import { DiskQueue } from './disk-queue.js';
import { type GroupBorder, isVideo, SegmentBuilder } from './segment-builder.js';
import { SegmentFile } from './segment-file.js';
import { hasVideoHeader, looksLikeMark } from './segment-format.js';
import { addLoss, type SeriesOwner } from './series-owner.js';
import { type GapRecord, mediaStep, PartRecord } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';
import { BATCH_MS, RETRY_MS, SpoolBacklog, type SpoolPolicy } from './spool-policy.js';
import type { SpoolHold, SpoolTag } from './spool-tag.js';
import { areSameHeaders, copiedHeader } from './stream-headers.js';

/** Parts that a writer is built from. */
interface SeriesWriterParts {
  readonly folder: string;
  readonly io: SpoolIo;
  readonly clock: MonotonicClock;
  readonly policy: SpoolPolicy;
  readonly backlog: SpoolBacklog | undefined;
  readonly owner: SeriesOwner;
}

/** The segment that is under way. */
interface OpenSegment {
  readonly builder: SegmentBuilder;
  readonly file: SegmentFile;
  readonly part: PartRecord;
  /** It ends at the next group, whatever its length is. */
  isOver: boolean;
}

/** Cuts tags into groups and segments, and gathers them into batches. */
export class SeriesWriter {
  readonly #parts: SeriesWriterParts;
  readonly #queue: DiskQueue;
  readonly #backlog: SpoolBacklog;
  #headers: readonly SpoolTag[] = [];
  #hasVideo = false;
  /** A gap is wanted: it is opened by the first tag that it can begin with. */
  #isOn = false;
  #start: number | undefined;
  #gap: GapRecord | undefined;
  #segment: OpenSegment | undefined;
  #batch: Batch | undefined;
  #waitingBytes = 0;
  #lastTimestamp: number | undefined;
  /** Nothing is taken until a place to start at: something before it is missing. */
  #skips = true;
  /** The disk has failed, and is left alone until then. */
  #offUntil = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(parts: SeriesWriterParts) {
    this.#parts = parts;
    const { clock, policy } = parts;
    this.#backlog = parts.backlog ?? new SpoolBacklog();
    this.#queue = new DiskQueue({
      sync: policy.sync,
      clock,
      onWritten: (batch) => this.#onWritten(batch),
      onFault: (error, lost) => this.#onFault(error, lost),
    });
  }

  get gap(): GapRecord | undefined {
    return this.#gap;
  }

  /** Bytes that wait for the disk. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Bytes that it takes before some are on disk. */
  get room(): number {
    const { maxBytes, bytes } = this.#backlog;
    return Math.min(this.#parts.policy.maxWaitingBytes - this.#waitingBytes, maxBytes - bytes);
  }

  /** The disk has failed, and is not tried now. */
  get isOff(): boolean {
    return this.#parts.clock.now() < this.#offUntil;
  }

  begin(start: number | undefined, headers: readonly SpoolTag[]): void {
    this.#endGap();
    this.#isOn = true;
    this.#start = start;
    this.#skips = true;
    this.#hasVideo = hasVideoHeader(headers);
    this.setHeaders(headers);
  }

  /** Headers for what follows: where they are others, another segment begins with the next group. */
  setHeaders(headers: readonly SpoolTag[]): void {
    const copies = headers.map(copiedHeader);
    if (areSameHeaders(copies, this.#headers)) return;
    this.#headers = copies;
    this.#hasVideo = hasVideoHeader(headers);
    this.endSegmentSoon();
  }

  /** The segment ends at the next key frame, whatever its length is. */
  endSegmentSoon(): void {
    if (this.#segment !== undefined) this.#segment.isOver = true;
  }

  append(tag: SpoolTag, wall: number, hold: SpoolHold | undefined): boolean {
    const border = this.#borderAt(tag);
    const loss = { tags: 1, bytes: tag.size, ms: this.#msTo(tag) };
    if (border === undefined || !this.#hasRoom(tag)) {
      this.#parts.owner.onRefused(loss);
      return false;
    }
    this.#skips = false;
    if (border !== 'none') this.#makeGroup(tag, wall, border);
    const { builder, part } = this.#segment!;
    this.#batch ??= this.#newBatch();
    const before = builder.size;
    builder.add(tag, wall, border, this.#batch.parts);
    this.#account(this.#batch, builder.size - before);
    addLoss(this.#batch.content, loss);
    part.end = wall;
    if (hold !== undefined) this.#batch.hold(hold);
    this.#arm();
    return true;
  }

  /** Ends the gap; what was taken is on disk when this resolves, and durable if the policy says so. */
  end(): Promise<void> {
    this.#isOn = false;
    this.#endGap();
    return this.#queue.idle();
  }

  /** Nothing comes any more: to be called behind {@link end}. */
  close(): void {
    this.#cancelTimer?.();
  }

  /** Writes what waits at once. */
  flush(): Promise<void> {
    this.#writeBatch();
    return this.#queue.idle();
  }

  /** Where the tag stands; undefined where nothing can be made of it. */
  #borderAt(tag: SpoolTag): GroupBorder | undefined {
    if (!this.#isOn || this.isOff || looksLikeMark(tag)) return undefined;
    this.#hasVideo ||= isVideo(tag);
    const builder = this.#segment?.builder ?? NO_SEGMENT;
    const border = builder.borderAt(tag, this.#hasVideo);
    return border === 'start' || !this.#skips ? border : undefined;
  }

  /** ms of media from the tag before, whatever became of that one. */
  #msTo({ role, timestamp }: SpoolTag): number {
    if (role === TagRole.data) return 0;
    const ms = mediaStep(this.#lastTimestamp, timestamp);
    this.#lastTimestamp = timestamp;
    return ms;
  }

  #hasRoom(tag: SpoolTag): boolean {
    this.#skips ||= tag.size > this.room;
    return tag.size <= this.room;
  }

  #makeGroup(tag: SpoolTag, wall: number, border: GroupBorder): void {
    const segment = this.#segment;
    if (segment !== undefined && this.#isOver(segment, tag, border)) this.#endSegment();
    else if (segment !== undefined) this.#endGroup(segment);
    if (this.#segment === undefined) this.#startSegment(wall);
  }

  /** Groups without a place to start at stay with the one before, until the segment has twice its length. */
  #isOver({ builder, isOver }: OpenSegment, { timestamp }: SpoolTag, border: GroupBorder): boolean {
    const { segmentBytes, segmentMs } = this.#parts.policy;
    const factor = border === 'start' ? 1 : 2;
    if (builder.size >= factor * segmentBytes || builder.msTo(timestamp) >= factor * segmentMs) return true;
    return isOver && border === 'start';
  }

  #startSegment(wall: number): void {
    const { owner, io, folder } = this.#parts;
    if (this.#gap === undefined) {
      this.#gap = owner.openGap(this.#start ?? wall);
      this.#start = undefined;
    }
    const { number: gap, start: gapStart, parts } = this.#gap;
    const facts = { gap, segment: (parts.at(-1)?.number ?? 0) + 1, gapStart };
    const builder = new SegmentBuilder(facts, this.#headers);
    const part = new PartRecord(facts.segment, builder.headerBytes, wall);
    const file = new SegmentFile(io, folder, facts, builder.headerBytes);
    part.file = file;
    part.bytes = 0;
    parts.push(part);
    this.#segment = { builder, file, part, isOver: false };
    this.#batch = this.#newBatch();
    this.#batch.parts.push(builder.start);
    this.#account(this.#batch, builder.start.length);
  }

  #endGroup({ builder, file, part }: OpenSegment): void {
    this.#batch ??= this.#newBatch();
    const before = builder.size;
    const group = builder.endGroup(this.#batch.parts);
    this.#account(this.#batch, builder.size - before);
    this.#batch.groups.push(group);
    part.addGroup(group);
    file.groups.push(group);
  }

  #endSegment(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#endGroup(segment);
    this.#batch!.isLast = true;
    this.#writeBatch();
    segment.part.isFinished = true;
    this.#segment = undefined;
  }

  #endGap(): void {
    this.#endSegment();
    if (this.#gap !== undefined) this.#gap.isOpen = false;
    this.#gap = undefined;
  }

  #newBatch(): Batch {
    const { file, part } = this.#segment!;
    return new Batch(file, part);
  }

  #account(batch: Batch, bytes: number): void {
    batch.bytes += bytes;
    batch.part.bytes += bytes;
    this.#waitingBytes += bytes;
    this.#backlog.bytes += bytes;
  }

  #writeBatch(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const { builder } = this.#segment!;
    const before = builder.size;
    builder.mark(batch.parts);
    this.#account(batch, builder.size - before);
    this.#batch = undefined;
    this.#queue.push(batch);
  }

  #arm(): void {
    this.#cancelTimer ??= this.#parts.clock.after(BATCH_MS, () => {
      this.#cancelTimer = undefined;
      this.#writeBatch();
      this.#queue.poll();
      if (this.#queue.awaitsSync) this.#arm();
    });
  }

  #onWritten(batch: Batch): void {
    this.#letGo(batch, true);
    this.#parts.owner.onWritten(batch.content.tags, batch.content.bytes);
  }

  #letGo(batch: Batch, taken: boolean): void {
    this.#waitingBytes -= batch.bytes;
    this.#backlog.bytes -= batch.bytes;
    batch.release(taken);
  }

  /** The gap ends with what is written; another begins when the disk is tried again. */
  #onFault(error: Error, lost: readonly Batch[]): void {
    const gap = this.#gap;
    const loss = { tags: 0, bytes: 0, ms: 0 };
    for (const batch of this.#batch === undefined ? lost : [...lost, this.#batch]) {
      addLoss(loss, batch.content);
      batch.file.hasFailed = true;
      this.#letGo(batch, false);
    }
    this.#offUntil = this.#parts.clock.now() + RETRY_MS;
    this.#batch = undefined;
    this.#segment = undefined;
    this.#gap = undefined;
    this.#skips = true;
    if (gap !== undefined) gap.isOpen = false;
    this.#parts.owner.onFault(error, loss);
  }
}

/** Where there is no segment, any tag begins one that can begin a group. */
const NO_SEGMENT = new SegmentBuilder({ gap: 0, segment: 0, gapStart: 0 }, []);
