import { type FlvTag, TagRole } from '@cloudpush/muxer';
import { SpoolCounter } from '../../memory/counters.js';
import type { Bitrates } from '../../metadata/on-meta-data.js';
import type { SpoolGap, SpoolSeries } from '../../spool/index.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import { isAudioFrame, isKeyFrame, isPicture } from '../destination/drop-policy.js';
import type { StreamHeaders } from '../destination/stream-headers.js';
import type { DiskGroup, SpooledTag } from './tail-group.js';

/** The counters of a destination's spool. */
export interface SpoolCounts {
  add(counter: SpoolCounter, value: number): void;
}

/** Fate of a tag. */
export type Recorded = 'written' | 'early' | 'refused';

/** Parts that a recorder is built from. */
interface GapRecorderParts {
  readonly series: SpoolSeries;
  readonly counts: SpoolCounts;
  /** Those of the stream, for `onMetaData`. */
  readonly bitrates: () => Bitrates;
  readonly isAhead: boolean;
  readonly start: RecordStart;
}

/** Where the stream stands that goes to disk from here on. */
export interface RecordStart {
  readonly headers: StreamHeaders;
  readonly segment: number;
}

/**
 * Writes a stream to disk, as one gap as long as it is of one piece: its headers go in front, and what
 * changes on the way goes with it. It begins at a key frame.
 */
export class GapRecorder {
  readonly #series: SpoolSeries;
  readonly #counts: SpoolCounts;
  readonly #bitrates: () => Bitrates;
  /** All that comes is written before it is sent: what is written reaches further than what was sent. */
  readonly isAhead: boolean;
  /** As of the tag that was written last. */
  #headers: StreamHeaders;
  #segment: number;
  #isOpen = false;
  /** The gap lacks something that was sent, and may be written elsewhere: it ends where another can begin. */
  #isTorn = false;
  /** The segments that gaps are of, and the timestamps on the clocks of those that they begin with. */
  #origins = new WeakMap<SpoolGap, { readonly segment: number; readonly timestamp: number }>();
  /** ms of media are counted from this timestamp. */
  #countedTo: number | undefined;

  constructor({ series, counts, bitrates, isAhead, start }: GapRecorderParts) {
    this.isAhead = isAhead;
    this.#headers = start.headers.copy();
    this.#segment = start.segment;
    this.#series = series;
    this.#counts = counts;
    this.#bitrates = bitrates;
  }

  /** The gap that is being written; undefined: none, or it has no tag yet. */
  get gap(): SpoolGap | undefined {
    return this.#isOpen ? this.#series.openGap : undefined;
  }

  /** The stream's headers behind what was written. */
  get headers(): StreamHeaders {
    return this.#headers;
  }

  get segment(): number {
    return this.#segment;
  }

  /** Whether a gap belongs to the segment that is being written, since the series was opened. */
  isOfStream(gap: SpoolGap): boolean {
    return this.#origins.get(gap)?.segment === this.#segment;
  }

  /** Those gaps, in the order of the stream: some are written later than what follows them. */
  get gapsOfStream(): SpoolGap[] {
    const timeOf = (gap: SpoolGap): number => this.#origins.get(gap)!.timestamp;
    return this.#series.gaps
      .filter((gap) => this.isOfStream(gap))
      .sort((a, b) => (timeOf(a) - timeOf(b)) | 0);
  }

  /** No gap that there is belongs to the stream any more. */
  disown(): void {
    this.#origins = new WeakMap();
  }

  /** The group that is being written. */
  get group(): DiskGroup | undefined {
    const { gap } = this;
    const part = gap?.parts.at(-1);
    return gap === undefined || part === undefined
      ? undefined
      : { gap, place: { segment: part.number, group: part.groups } };
  }

  /** Begins another gap: the next tag does not follow the one written last. */
  seek({ headers, segment }: RecordStart): void {
    this.end();
    this.#headers = headers.copy();
    this.#segment = segment;
  }

  /**
   * Writes a tag, and takes over its block.
   * @param isNew it goes to disk only, and no connection has been handed it
   * @returns `'early'`: a gap does not begin with it; `'refused'`: the disk is too slow, or has failed
   */
  record({ tag, block, description, wall }: SpooledTag, isNew: boolean): Recorded {
    const isHeader = !isPicture(tag) && !isAudioFrame(tag);
    if (isHeader || description !== undefined) {
      this.#headers.note(tag, description);
      if (this.#isOpen && tag.role !== TagRole.data) this.#series.setHeaders(this.#list());
    }
    if (this.#isTorn && this.canBeginAt(tag)) this.end();
    if (!this.#isOpen) {
      if (!this.canBeginAt(tag)) {
        block?.release();
        return 'early';
      }
      this.#series.begin(this.#list());
      this.#isOpen = true;
      this.#countedTo = undefined;
    } else if (description !== undefined) {
      for (const news of description.changed) this.#series.append(news, wall);
    }
    const isTaken = this.#series.append(tag, wall, block);
    if (isTaken) {
      this.#noteOrigin(this.#series.openGap!, tag);
      this.#count(tag, isNew);
    } else {
      this.#isTorn ||= this.isAhead && !isNew;
      block?.release(!isNew);
    }
    return isTaken ? 'written' : 'refused';
  }

  /** A gap can begin with a tag: decoding can start at it. */
  canBeginAt(tag: FlvTag): boolean {
    return canStartAt(tag, this.#headers);
  }

  /** The gap under way can end in front of a tag that comes. */
  canCutAt(tag: FlvTag, mark: SegmentMark | undefined): boolean {
    return mark === undefined ? this.canBeginAt(tag) : mark.border === 'start';
  }

  /** The gap ends, and what follows is another one. */
  end(): void {
    this.#isTorn = false;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // The series tells of tags that cannot be written.
    void this.#series.end();
  }

  /** The disk has failed: the gap has ended with what was written. */
  onFault(): void {
    this.#isOpen = false;
    this.#isTorn = false;
  }

  #noteOrigin(gap: SpoolGap, { timestamp }: FlvTag): void {
    if (!this.#origins.has(gap)) this.#origins.set(gap, { segment: this.#segment, timestamp });
  }

  #list(): FlvTag[] {
    return this.#headers.list(this.#bitrates());
  }

  #count(tag: FlvTag, isNew: boolean): void {
    const counts = this.#counts;
    counts.add(SpoolCounter.spooledBytes, tag.size);
    if (tag.role === TagRole.data) return;
    if (isNew && isPicture(tag)) counts.add(SpoolCounter.spooledVideoFrames, 1);
    else if (isNew && isAudioFrame(tag)) counts.add(SpoolCounter.spooledAudioFrames, 1);
    const ms = this.#countedTo === undefined ? 0 : (tag.timestamp - this.#countedTo) | 0;
    if (ms < 0) return;
    counts.add(SpoolCounter.spooledMs, ms);
    this.#countedTo = tag.timestamp;
  }
}

/** Decoding can start at a tag of a stream with these headers. */
export function canStartAt(tag: FlvTag, headers: Pick<StreamHeaders, 'hasVideo'>): boolean {
  return headers.hasVideo ? isKeyFrame(tag) : isAudioFrame(tag);
}
