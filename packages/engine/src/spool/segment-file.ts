import type { GroupEntry } from './group-entry.js';
import { endLine, groupLine, headLine } from './index-format.js';
import type { SegmentFacts } from './segment-format.js';
import { segmentPaths } from './segment-loader.js';
import type { SpoolFile, SpoolIo } from './spool-io.js';
import { writeAll } from './text-file.js';

/** The two files of a segment while they are written. A write and a sync may overlap, and nothing else. */
export class SegmentFile {
  readonly #io: SpoolIo;
  readonly #folder: string;
  readonly #facts: SegmentFacts;
  readonly #headerBytes: number;
  #media: SpoolFile | undefined;
  #index: SpoolFile | undefined;
  #indexBytes = 0;
  /** Whole groups, those that wait to be written too. */
  readonly groups: GroupEntry[] = [];
  /** Groups that are written, and not in the index yet. */
  #unindexed: GroupEntry[] = [];
  #isNamed = false;
  /** Bytes of media that are written. */
  written = 0;
  /** The disk failed: nothing follows, and what is written may be damaged. */
  hasFailed = false;
  /** Something was written since the last sync. */
  isDirty = false;

  constructor(io: SpoolIo, folder: string, facts: SegmentFacts, headerBytes: number) {
    this.#io = io;
    this.#folder = folder;
    this.#facts = facts;
    this.#headerBytes = headerBytes;
  }

  /** Writes bytes at the end, and notes the groups that are whole with them. */
  async write(parts: readonly Uint8Array[], bytes: number, groups: readonly GroupEntry[]): Promise<void> {
    this.#media ??= await this.#io.create(segmentPaths(this.#folder, this.#facts).media);
    await writeAll(this.#media, parts, this.written);
    this.written += bytes;
    this.isDirty = true;
    this.#unindexed.push(...groups);
  }

  /**
   * Makes what is written by now durable, its name too, and then puts it into the index. More may be written
   * meanwhile.
   */
  async sync(): Promise<void> {
    if (!this.isDirty) return;
    const groups = this.#unindexed;
    this.#unindexed = [];
    this.isDirty = false;
    await this.#media!.sync();
    if (!this.#isNamed) {
      await this.#io.syncFolder(this.#folder);
      this.#isNamed = true;
    }
    await this.#writeLines(groups.map(groupLine));
  }

  /** Adds the lines of the groups that are written, and the last line where nothing follows. */
  async writeIndex(isLast: boolean): Promise<void> {
    const lines = this.#unindexed.map(groupLine);
    this.#unindexed = [];
    if (isLast) lines.push(endLine());
    await this.#writeLines(lines);
  }

  async #writeLines(lines: string[]): Promise<void> {
    if (lines.length === 0) return;
    if (this.#index === undefined) {
      this.#index = await this.#io.create(segmentPaths(this.#folder, this.#facts).index);
      lines.unshift(headLine({ ...this.#facts, headerBytes: this.#headerBytes }));
    }
    const text = Buffer.from(lines.join(''));
    await writeAll(this.#index, [text], this.#indexBytes);
    this.#indexBytes += text.length;
  }

  /** Takes away what a write that failed has left behind `bytes`. */
  async cutBack(): Promise<void> {
    await this.#media?.truncate(this.written);
  }

  async close(): Promise<void> {
    const files = [this.#media, this.#index];
    this.#media = undefined;
    this.#index = undefined;
    for (const file of files) await file?.close();
  }
}
