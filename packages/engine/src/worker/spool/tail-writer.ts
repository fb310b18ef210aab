import type { SpoolSeries } from '../../spool/index.js';
import type { GapRecorder, RecordStart } from './gap-recorder.js';
import type { SentTail } from './sent-tail.js';
import type { TailGroup } from './tail-group.js';

/** Parts that a writer is built from. */
interface TailWriterParts {
  readonly tail: SentTail;
  readonly recorder: GapRecorder;
  readonly series: SpoolSeries;
  /** Bytes that are held in memory at most. */
  readonly limit: () => number;
}

/** Writes groups to disk that a connection was handed, and that are held in memory. */
export class TailWriter {
  readonly #parts: TailWriterParts;
  /** Groups wait for a place at which the gap can end that is being written. */
  #isDue = false;

  constructor(parts: TailWriterParts) {
    this.#parts = parts;
  }

  /**
   * Holds so many bytes in memory at most: the rest goes to disk, oldest first, as far as the disk takes it
   * now. Where all that comes is written, though some of what was sent is not (it came before the folder was
   * open, or the disk did not take it), that has to wait until the gap under way can end.
   */
  relieve(bytes: number): void {
    const { recorder } = this.#parts;
    if (recorder.isAhead) {
      this.#isDue = true;
      if (recorder.gap === undefined) this.writeDue();
    } else this.#writeDownTo(bytes);
  }

  /**
   * What has to wait leaves the pool.
   * @returns whether there was any in the pool
   */
  copy(): boolean {
    let isCopied = false;
    for (const group of this.#parts.tail.groups) isCopied = group.copy() || isCopied;
    return isCopied;
  }

  /** The gap that is being written can end: writes what waits for that, as a gap of its own. */
  writeDue(): void {
    const { tail, recorder, limit } = this.#parts;
    // Of the group under way, more may wait in the queue.
    const mayGo = (group: TailGroup): boolean => group.disk === undefined && group !== tail.last;
    if (!this.#isDue || !tail.groups.some(mayGo)) return;
    // Where none fits, the gap goes on.
    let at: RecordStart | undefined;
    let previous: TailGroup | undefined;
    for (const group of tail.groups) {
      if (mayGo(group) && this.#fits(group)) {
        at ??= this.#cut();
        this.write(group, previous);
      }
      previous = group;
    }
    if (at !== undefined) recorder.seek(at);
    // The disk is too slow.
    if (tail.bytes > limit()) tail.shrinkTo(limit());
    this.#isDue = tail.groups.some(({ disk }) => disk === undefined);
  }

  /** Writes a group; `previous` is the one before it. */
  write(group: TailGroup, previous: TailGroup | undefined): void {
    const { recorder } = this.#parts;
    const { gap, segment } = recorder;
    const joins = gap !== undefined && previous?.disk?.gap === gap && group.start.segment === segment;
    if (!joins) recorder.seek(group.start);
    for (const spooled of group.tags) {
      recorder.record(spooled, false);
      group.disk ??= recorder.group;
    }
    group.extendBy(recorder.group);
    group.tags.length = 0;
    group.bytes = 0;
  }

  /**
   * The gap that is being written ends.
   * @returns where the stream goes on that was being written
   */
  #cut(): RecordStart {
    const { recorder } = this.#parts;
    const at = { headers: recorder.headers.copy(), segment: recorder.segment };
    recorder.end();
    return at;
  }

  #writeDownTo(bytes: number): void {
    const { tail } = this.#parts;
    let previous: TailGroup | undefined;
    for (const group of tail.groups) {
      if (group.disk === undefined && (tail.bytes <= bytes || !this.#fits(group))) return;
      if (group.disk === undefined) {
        this.write(group, previous);
        group.isWritten = group === tail.last && group.disk !== undefined;
      }
      previous = group;
    }
  }

  /** The disk takes it now; one that is longer than all that may wait goes when nothing waits. */
  #fits({ bytes }: TailGroup): boolean {
    const { series } = this.#parts;
    return bytes <= series.room || series.waitingBytes === 0;
  }
}
