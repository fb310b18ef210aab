import type { MonotonicClock } from '../base/clock.js';
import { type Batch, DiskQueue, type SpoolLoss } from './disk-queue.js';
import { type GroupBorder, isVideo, SegmentBuilder } from './segment-builder.js';
import { SegmentFile } from './segment-file.js';
import { hasVideoHeader, looksLikeMark } from './segment-format.js';
import { type GapRecord, PartRecord } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';
import { BATCH_MS, RETRY_MS, type SpoolPolicy } from './spool-policy.js';
import type { SpoolHold, SpoolTag } from './spool-tag.js';

/** The series of a writer. */
export interface SeriesOwner {
  /** Begins a gap, with a number that none had before. */
  openGap(start: number): GapRecord;
  /** The disk failed; the gap ends with the part, which may be damaged behind its last group. */
  onFault(error: Error, loss: SpoolLoss, gap: GapRecord | undefined): void;
  /** Tags were not taken, because too many bytes wait for the disk or the disk is off. */
  onRefused(tag: SpoolTag): void;
}

/** What a writer stands on. */
interface SeriesWriterParts {
  readonly folder: string;
  readonly io: SpoolIo;
  readonly clock: MonotonicClock;
  readonly policy: SpoolPolicy;
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
  #headers: readonly SpoolTag[] = [];
  #hasVideo = false;
  /** A gap is wanted: it is opened by the first tag that it can begin with. */
  #isOn = false;
  #start: number | undefined;
  #gap: GapRecord | undefined;
  #segment: OpenSegment | undefined;
  #batch: Batch | undefined;
  /** Nothing is taken until a place to start at: something before it is missing. */
  #skips = true;
  /** The disk has failed, and is left alone until then. */
  #offUntil = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(parts: SeriesWriterParts) {
    this.#parts = parts;
    const { clock, policy } = parts;
    this.#queue = new DiskQueue({
      sync: policy.sync,
      clock,
      onFault: (error, loss) => this.#onFault(error, loss),
    });
  }

  get gap(): GapRecord | undefined {
    return this.#gap;
  }

  /** Bytes that wait for the disk. */
  get waitingBytes(): number {
    return this.#queue.bytes + (this.#batch?.bytes ?? 0);
  }

  /** The disk has failed, and is not tried now. */
  get isOff(): boolean {
    return this.#parts.clock.now() < this.#offUntil;
  }

  begin(start: number | undefined, headers: readonly SpoolTag[]): void {
    this.#isOn = true;
    this.#start = start;
    this.#skips = true;
    this.setHeaders(headers);
  }

  /** Headers for what follows: another segment begins with the next group. */
  setHeaders(headers: readonly SpoolTag[]): void {
    this.#headers = headers.map(copied);
    this.#hasVideo = hasVideoHeader(headers);
    if (this.#segment !== undefined) this.#segment.isOver = true;
  }

  append(tag: SpoolTag, wall: number, hold: SpoolHold | undefined): boolean {
    const border = this.#borderAt(tag);
    if (border === undefined || !this.#hasRoom(tag)) {
      this.#parts.owner.onRefused(tag);
      return false;
    }
    this.#skips = false;
    if (border !== 'none') this.#makeGroup(tag, wall, border);
    const { builder, part } = this.#segment!;
    this.#batch ??= this.#newBatch();
    const before = builder.size;
    builder.add(tag, wall, border, this.#batch.parts);
    this.#account(this.#batch, builder.size - before);
    this.#batch.tags++;
    part.end = wall;
    if (hold !== undefined) this.#batch.holds.push(hold);
    this.#arm();
    return true;
  }

  /** Ends the gap; what was taken is on disk when this resolves, and durable if the policy says so. */
  end(): Promise<void> {
    this.#isOn = false;
    this.#endSegment();
    if (this.#gap !== undefined) this.#gap.isOpen = false;
    this.#gap = undefined;
    return this.#queue.idle();
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

  #hasRoom(tag: SpoolTag): boolean {
    if (this.waitingBytes + tag.size <= this.#parts.policy.maxWaitingBytes) return true;
    this.#skips = true;
    return false;
  }

  #makeGroup(tag: SpoolTag, wall: number, border: GroupBorder): void {
    const segment = this.#segment;
    if (segment !== undefined && this.#isOver(segment, tag, border)) this.#endSegment();
    else if (segment !== undefined) this.#endGroup(segment);
    if (this.#segment === undefined) this.#startSegment(wall);
  }

  /** Groups without a place to start at stay with those before them, until the segment is twice its length. */
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
    part.live = [];
    parts.push(part);
    const file = new SegmentFile(io, folder, facts, builder.headerBytes);
    this.#segment = { builder, file, part, isOver: false };
    this.#batch = this.#newBatch();
    this.#batch.parts.push(builder.start);
    this.#batch.bytes += builder.start.length;
  }

  #endGroup({ builder, part }: OpenSegment): void {
    this.#batch ??= this.#newBatch();
    const before = builder.size;
    const group = builder.endGroup(this.#batch.parts);
    if (group === undefined) return;
    this.#account(this.#batch, builder.size - before);
    this.#batch.groups.push(group);
    part.addGroup(group);
    part.live!.push(group);
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

  #newBatch(): Batch {
    const { file } = this.#segment!;
    return { file, parts: [], bytes: 0, tags: 0, holds: [], groups: [], isLast: false };
  }

  #account(batch: Batch, bytes: number): void {
    batch.bytes += bytes;
    this.#segment!.part.bytes += bytes;
  }

  #writeBatch(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    if (!batch.isLast) {
      const { builder } = this.#segment!;
      const before = builder.size;
      builder.mark(batch.parts);
      this.#account(batch, builder.size - before);
    }
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

  #onFault(error: Error, loss: SpoolLoss): void {
    const batch = this.#batch;
    const gap = this.#gap;
    for (const hold of batch?.holds ?? []) hold.release(false);
    const tags = loss.tags + (batch?.tags ?? 0);
    const bytes = loss.bytes + (batch?.bytes ?? 0);
    this.#offUntil = this.#parts.clock.now() + RETRY_MS;
    this.#batch = undefined;
    this.#segment = undefined;
    this.#gap = undefined;
    this.#skips = true;
    if (gap !== undefined) gap.isOpen = false;
    this.#parts.owner.onFault(error, { tags, bytes }, gap);
  }
}

/** Where there is no segment, any tag begins one that can begin a group. */
const NO_SEGMENT = new SegmentBuilder({ gap: 0, segment: 0, gapStart: 0 }, []);

/** Headers outlive the memory that they came in. */
function copied(tag: SpoolTag): SpoolTag {
  const body = Buffer.concat(tag.parts);
  const { type, role, timestamp } = tag;
  return { type, role, timestamp, parts: [body], size: body.length };
}
