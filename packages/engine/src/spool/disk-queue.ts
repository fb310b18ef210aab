import type { MonotonicClock } from '../base/clock.js';
import type { GroupEntry } from './group-entry.js';
import type { SegmentFile } from './segment-file.js';
import { type SpoolSync, SYNC_MS } from './spool-policy.js';
import type { SpoolHold } from './spool-tag.js';

/** Bytes that are written together to one segment. */
export interface Batch {
  readonly file: SegmentFile;
  readonly parts: Uint8Array[];
  bytes: number;
  tags: number;
  /** Memory that is let go of when the bytes are written. */
  readonly holds: SpoolHold[];
  /** Groups that are whole with these bytes. */
  readonly groups: GroupEntry[];
  /** The segment ends with it. */
  isLast: boolean;
}

/** Media that did not reach the disk. */
export interface SpoolLoss {
  readonly tags: number;
  readonly bytes: number;
}

/** What a queue stands on. */
interface DiskQueueParts {
  readonly sync: SpoolSync;
  readonly clock: MonotonicClock;
  /** A call of the disk failed: nothing of the queue is written any more. */
  onFault(error: Error, loss: SpoolLoss): void;
}

/** Writes batches one after the other, and makes them durable as the policy says. */
export class DiskQueue {
  readonly #parts: DiskQueueParts;
  #queue: Batch[] = [];
  /** The file that was written to last, and may have to be synced. */
  #file: SegmentFile | undefined;
  #isRunning = false;
  #syncedAt: number;
  #pushed = 0;
  #done = 0;
  #waiting: { readonly target: number; readonly resolve: () => void }[] = [];
  /** Bytes that wait, or are being written. */
  bytes = 0;

  constructor(parts: DiskQueueParts) {
    this.#parts = parts;
    this.#syncedAt = parts.clock.now();
  }

  /** Something is written and not durable, and the policy wants it to be. */
  get awaitsSync(): boolean {
    return this.#parts.sync === 'second' && (this.#isRunning || this.#file?.isDirty === true);
  }

  push(batch: Batch): void {
    this.#pushed++;
    this.bytes += batch.bytes;
    this.#queue.push(batch);
    this.#start();
  }

  /** Syncs what is written, if its time has come. */
  poll(): void {
    if (this.#isSyncDue) this.#start();
  }

  /** Resolves when all that was pushed has been written, or has failed. */
  idle(): Promise<void> {
    if (this.#done === this.#pushed && !this.#isRunning) return Promise.resolve();
    const target = this.#pushed;
    return new Promise((resolve) => this.#waiting.push({ target, resolve }));
  }

  get #isSyncDue(): boolean {
    if (this.#parts.sync !== 'second' || this.#file?.isDirty !== true) return false;
    return this.#parts.clock.now() - this.#syncedAt >= SYNC_MS;
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      try {
        await this.#write(batch);
      } catch (error) {
        await this.#fail(error as Error, batch);
        break;
      }
      this.#done++;
      this.#wake();
    }
    try {
      if (this.#isSyncDue) await this.#sync();
    } catch (error) {
      await this.#fail(error as Error, undefined);
    }
    this.#isRunning = false;
    this.#wake();
    if (this.#queue.length > 0) this.#start();
  }

  async #write(batch: Batch): Promise<void> {
    const { file, holds, isLast } = batch;
    this.#file = file;
    await file.write(batch.parts, batch.bytes, batch.groups);
    this.bytes -= batch.bytes;
    batch.bytes = 0;
    for (const hold of holds.splice(0)) hold.release();
    if (isLast) await this.#finish(file);
    else if (this.#isSyncDue) await this.#sync();
    else if (this.#parts.sync === 'none') await file.writeIndex(false);
  }

  async #finish(file: SegmentFile): Promise<void> {
    if (this.#parts.sync !== 'none') await file.sync();
    await file.writeIndex(true);
    this.#file = undefined;
    await file.close();
  }

  async #sync(): Promise<void> {
    this.#syncedAt = this.#parts.clock.now();
    await this.#file!.sync();
  }

  async #fail(error: Error, batch: Batch | undefined): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    const lost = batch === undefined ? this.#queue : [batch, ...this.#queue];
    this.#queue = [];
    let tags = 0;
    let bytes = 0;
    for (const each of lost) {
      if (each.bytes > 0) tags += each.tags;
      bytes += each.bytes;
      for (const hold of each.holds.splice(0)) hold.release(false);
    }
    this.bytes -= bytes;
    this.#done = this.#pushed;
    // What cannot be taken away is recognised by its marks when it is read.
    await file?.cutBack().catch(() => {});
    await file?.close().catch(() => {});
    this.#parts.onFault(error, { tags, bytes });
  }

  #wake(): void {
    const done = this.#done;
    const isIdle = !this.#isRunning;
    const ready = this.#waiting.filter(({ target }) => target < done || (target === done && isIdle));
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
    for (const { resolve } of ready) resolve();
  }
}
