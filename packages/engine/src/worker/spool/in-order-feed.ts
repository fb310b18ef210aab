import type { FlvTag } from '@cloudpush/muxer';
import type { EngineClock } from '../../base/clock.js';
import type { BackfillGate } from '../../memory/backfill-gate.js';
import {
  isBefore,
  mediaStep,
  type SpoolGap,
  type SpoolGroup,
  type SpoolPlace,
  type SpoolSeries,
} from '../../spool/index.js';
import { BackfillPacer } from './backfill-pacer.js';
import { FedCounts, type FedMedia } from './fed-media.js';
import { endOf, GapPlaces, shareLeft } from './gap-places.js';
import { groupInForm } from './hevc-form.js';
import { ReadAttempts } from './read-attempts.js';
import type { SpooledStream } from './spooled-stream.js';
import { goOnWith, storedHeaders } from './stored-headers.js';
import { StoredTag } from './stored-tag.js';
import type { DiskGroup } from './tail-group.js';

/** Parts that a feed is built from. */
interface InOrderFeedParts {
  readonly stream: SpooledStream;
  readonly series: SpoolSeries;
  readonly clock: EngineClock;
  readonly gate: Pick<BackfillGate, 'isCongested'>;
  /** How much faster than real time it sends at most. */
  readonly speed: number;
  /** Those that the stream goes on with, in its order. */
  readonly gaps: () => readonly SpoolGap[];
  /**
   * A group follows, which begins with this tag.
   * @param isStart decoding can start at it; false: it is the rest of one that was too long for the disk
   */
  onGroup(first: FlvTag, group: DiskGroup, isStart: boolean): void;
  /** Media before this place of a gap that has not been handed over is left out for good. */
  onLeftOut(gap: SpoolGap, place: SpoolPlace): void;
  /** Counts media that goes out for the first time. */
  onFed(bytes: number, ms: number): void;
  /** All that it was to send has been handed to the connection. */
  onCaughtUp(): void;
  /** A segment cannot be read, and is tried again. */
  onUnreadable(error: Error): void;
}

/** Reads what is on disk, oldest first, and hands it to the stream's own connection, at its pace. */
export class InOrderFeed {
  readonly #parts: InOrderFeedParts;
  readonly #pacer: BackfillPacer;
  #abort: AbortController | undefined;
  /** How far each gap has been handed to this connection. */
  #places = new GapPlaces();
  readonly #counts = new FedCounts();
  /** The last gap that is to be sent; undefined: there is no end yet. */
  #last: number | undefined;
  #isUrgent = false;
  #lastTimestamp: number | undefined;
  /** The group of which some has been handed over, and not all. */
  #under: DiskGroup | undefined;
  readonly #attempts = new ReadAttempts();
  #wake: () => void = () => {};

  constructor(parts: InOrderFeedParts) {
    this.#parts = parts;
    this.#pacer = new BackfillPacer(parts.speed);
  }

  /** Bytes a second that are being sent. */
  get rate(): number {
    return this.#abort === undefined ? 0 : this.#pacer.rate;
  }

  get isSending(): boolean {
    return this.#abort !== undefined;
  }

  /** Nothing has to be sent but the group under way, and the one that is being written. */
  get isNearEnd(): boolean {
    let groups = 0;
    for (const gap of this.#parts.gaps()) groups += this.#groupsLeft(gap);
    return groups <= 1;
  }

  /** Amount that has not been handed over, about. */
  get remaining(): { readonly bytes: number; readonly ms: number } {
    return this.#places.remaining(this.#parts.gaps());
  }

  /** Media that went out since this was asked last. */
  takeFed(): FedMedia | undefined {
    return this.#counts.take();
  }

  /** Time has passed, and the stream is being published: begins, or goes on. */
  tick(): void {
    const { clock, gate, speed } = this.#parts;
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      this.#pacer.begin(clock.now());
      this.#lastTimestamp = undefined;
      void this.#run(this.#abort.signal);
      return;
    }
    // Where live channels need the uplink, it does not fall further behind.
    this.#pacer.pass(clock.now(), gate.isCongested ? 1 : speed);
    this.#wake();
  }

  /** There is room for more. */
  wake(): void {
    this.#wake();
  }

  /**
   * Begins again at what has not been acknowledged, when it goes on.
   * @returns the group that is left unfinished
   */
  stop(): DiskGroup | undefined {
    const under = this.#under;
    this.#under = undefined;
    this.#abort?.abort(new Error('the connection is lost'));
    this.#abort = undefined;
    this.#places = new GapPlaces();
    this.#wake();
    return under;
  }

  /** All media that is on disk was handed to this connection already. */
  skipAll(): void {
    for (const gap of this.#parts.gaps()) this.#places.set(gap, endOf(gap));
  }

  /**
   * Media on disk was handed to this connection already, up to this group: where that is of the segment
   * before, none of what the stream goes on with was.
   */
  skipTo({ gap, place }: DiskGroup): void {
    const gaps = this.#parts.gaps();
    for (const other of gaps.slice(0, Math.max(0, gaps.indexOf(gap)))) this.#places.set(other, endOf(other));
    this.#places.set(gap, place);
  }

  /**
   * Sends what is on disk by now, and no more.
   * @param isUrgent as fast as the connection takes it
   */
  finish(isUrgent: boolean): void {
    this.#isUrgent = isUrgent;
    this.#last = this.#parts.series.gaps.at(-1)?.number ?? 0;
    this.#wake();
  }

  /** Sends what comes to disk from now on, too. */
  goOn(): void {
    this.#last = undefined;
    this.#isUrgent = false;
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const gap = this.#next();
        if (gap !== undefined) await this.#read(gap, signal);
        else if (this.#mayEnd) return this.#end();
        else await this.#turn();
      }
    } catch (error) {
      // Only the end of the connection comes so far.
      if (!signal.aborted) throw error;
    }
  }

  /** All is sent that was to be; what could not be read a moment ago is tried again before. */
  get #mayEnd(): boolean {
    const { clock, stream } = this.#parts;
    return this.#last !== undefined && this.#attempts.isDue(clock.now()) && stream.isIdle;
  }

  #end(): void {
    this.#abort = undefined;
    this.#under = undefined;
    this.#places = new GapPlaces();
    this.#last = undefined;
    this.#parts.onCaughtUp();
  }

  /** The first gap that has something to send. */
  #next(): SpoolGap | undefined {
    if (!this.#attempts.isDue(this.#parts.clock.now())) return undefined;
    return this.#parts.gaps().find((gap) => this.#groupsLeft(gap) > 0);
  }

  /** Whole groups that have yet to be handed over. */
  #groupsLeft(gap: SpoolGap): number {
    return this.#last !== undefined && gap.number > this.#last ? 0 : this.#places.groupsLeft(gap);
  }

  async #read(gap: SpoolGap, signal: AbortSignal): Promise<void> {
    const { admission } = this.#parts.stream.channel;
    const end = endOf(gap);
    try {
      for await (const group of this.#groupsOf(gap, signal)) {
        await this.#send(gap, groupInForm(group, admission.hevcForm), signal);
        this.#places.set(gap, group.next);
        this.#attempts.succeed();
      }
      signal.throwIfAborted();
      // The rest is damaged, or gone.
      if (isBefore(this.#places.get(gap), end)) this.#places.set(gap, end);
    } catch (error) {
      signal.throwIfAborted();
      this.#onUnreadable(gap, error as Error);
    }
  }

  /** Those that can be read; what is damaged at their end never comes. */
  async *#groupsOf(gap: SpoolGap, signal: AbortSignal): AsyncGenerator<SpoolGroup, void> {
    const { place, damaged } = yield* this.#parts.series.read(gap, this.#places.get(gap));
    signal.throwIfAborted();
    if (damaged === 0) return;
    this.#counts.addLost(gap, place, gap, damaged);
    this.#places.set(gap, place);
    this.#parts.onLeftOut(gap, place);
  }

  #onUnreadable(gap: SpoolGap, error: Error): void {
    this.#parts.onUnreadable(error);
    if (!this.#attempts.fail(this.#parts.clock.now())) return;
    const part = this.#places.nextPart(gap);
    if (part === undefined) return;
    const behind = { segment: part.number, group: part.groups };
    this.#countUnread(gap, part, behind);
    this.#places.set(gap, behind);
    // It is not read again, on whatever connection.
    this.#parts.onLeftOut(gap, behind);
  }

  async #send(gap: SpoolGap, group: SpoolGroup, signal: AbortSignal): Promise<void> {
    const { stream, onGroup, clock } = this.#parts;
    signal.throwIfAborted();
    await this.#goOnWith(group, signal);
    const isNew = this.#counts.isNew(gap, group.next);
    for (const [i, tag] of group.tags.entries()) {
      const ms = mediaStep(this.#lastTimestamp, tag.timestamp);
      await this.#whenDue(ms, tag.size, signal);
      signal.throwIfAborted();
      this.#lastTimestamp = tag.timestamp;
      const stored = new StoredTag(tag);
      if (i === 0) this.#under = { gap, place: group.place };
      if (i === 0) onGroup(stored, this.#under!, group.isStart);
      const at = clock.now();
      const none = { block: undefined, description: undefined, mark: undefined };
      stream.push({ tag: stored, ...none, at, isOnDisk: true });
      if (isNew) this.#count(group, tag.size, ms, i === 0 ? group.damaged : 0);
    }
    if (stream.backlog.length === 0) this.#under = undefined;
  }

  /** The headers of another stream go out in front of it, behind what waits. */
  async #goOnWith({ headers }: SpoolGroup, signal: AbortSignal): Promise<void> {
    while (!this.#parts.stream.isIdle) {
      await this.#turn();
      signal.throwIfAborted();
    }
    goOnWith(this.#parts.stream, storedHeaders(headers));
  }

  #count({ start, end }: SpoolGroup, bytes: number, ms: number, damaged: number): void {
    this.#counts.add({ start, end, bytes, ms, damaged });
    this.#parts.onFed(bytes, ms);
  }

  /** The rest of a part is lost. */
  #countUnread(gap: SpoolGap, part: SpoolGap['parts'][number], behind: SpoolPlace): void {
    if (!this.#counts.isNew(gap, behind)) return;
    const share = shareLeft(part, this.#places.get(gap));
    const groups = Math.round(part.groups * share);
    this.#parts.series.noteUnreadable(groups, Math.round(part.bytes * share), Math.round(part.ms * share));
    this.#counts.add({ start: part.start, end: part.end, bytes: 0, ms: 0, damaged: groups });
  }

  /** Resolves when a tag may go out. */
  async #whenDue(ms: number, bytes: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#parts.stream.isIdle && (this.#pacer.take(ms, bytes) || this.#isUrgent)) return;
      await this.#turn();
    }
  }

  /** Resolves when something may have changed. */
  #turn(): Promise<void> {
    this.#parts.stream.sendWaiting();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
