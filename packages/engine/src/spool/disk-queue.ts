import type { MonotonicClock } from '../base/clock.js';
import type { Batch } from './batch.js';
import type { SegmentFile } from './segment-file.js';
import { type SpoolSync, SYNC_MS } from './spool-policy.js';

/** Parts that a queue is built from. */
interface DiskQueueParts {
  readonly sync: SpoolSync;
  readonly clock: MonotonicClock;
  /** Its bytes are written, and its memory is not needed any more. */
  onWritten(batch: Batch): void;
  /** A call of the disk failed, and these were not written. */
  onFault(error: Error, lost: readonly Batch[]): void;
}

/** Writes batches one after the other, and makes them durable as the policy says. */
export class DiskQueue {
  readonly #parts: DiskQueueParts;
  #queue: Batch[] = [];
  /** The file that was written to last, until it is closed. */
  #file: SegmentFile | undefined;
  #isRunning = false;
  /** A sync that is under way: a disk that takes long for it must not hold up what comes. */
  #syncing: Promise<void> | undefined;
  /** Error of a sync that has failed. */
  #fault: Error | undefined;
  #syncedAt: number;
  #pushed = 0;
  #done = 0;
  readonly #waiting: { readonly target: number; readonly resolve: () => void }[] = [];

  constructor(parts: DiskQueueParts) {
    this.#parts = parts;
    this.#syncedAt = parts.clock.now();
  }

  /** Something is written and not durable, and the policy wants it to be. */
  get awaitsSync(): boolean {
    if (this.#parts.sync !== 'second') return false;
    return this.#isRunning || this.#syncing !== undefined || this.#file?.isDirty === true;
  }

  push(batch: Batch): void {
    this.#pushed++;
    this.#queue.push(batch);
    this.#start();
  }

  /** Syncs what is written, if its time has come. */
  poll(): void {
    if (this.#isSyncDue) this.#startSync();
  }

  /** Resolves when all that was pushed has been written, or has failed. */
  idle(): Promise<void> {
    if (this.#done === this.#pushed && !this.#isRunning) return Promise.resolve();
    const target = this.#pushed;
    return new Promise((resolve) => this.#waiting.push({ target, resolve }));
  }

  get #isSyncDue(): boolean {
    if (this.#parts.sync !== 'second' || this.#syncing !== undefined) return false;
    if (this.#file?.isDirty !== true || this.#fault !== undefined) return false;
    return this.#parts.clock.now() - this.#syncedAt >= SYNC_MS;
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        this.#throwFault();
        await this.#write(this.#queue[0]!);
        this.#done++;
        this.#wake();
      }
      this.#throwFault();
    } catch (error) {
      await this.#syncing;
      await this.#fail(error as Error);
    }
    this.#isRunning = false;
    this.#wake();
    if (this.#queue.length > 0) this.#start();
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  async #write(batch: Batch): Promise<void> {
    const { file, parts, bytes, groups, part, isLast } = batch;
    this.#file = file;
    await file.write(parts, bytes, groups);
    this.#queue.shift();
    this.#parts.onWritten(batch);
    if (isLast) {
      await this.#finish(file);
      part.file = undefined;
    } else if (this.#isSyncDue) this.#startSync();
    else if (this.#parts.sync === 'none') await file.writeIndex(false);
  }

  async #finish(file: SegmentFile): Promise<void> {
    await this.#syncing;
    this.#throwFault();
    if (this.#parts.sync !== 'none') await file.sync();
    await file.writeIndex(true);
    this.#file = undefined;
    await file.close();
  }

  #startSync(): void {
    this.#syncedAt = this.#parts.clock.now();
    this.#syncing = this.#file!.sync().then(
      () => {
        this.#syncing = undefined;
      },
      (error: Error) => {
        this.#syncing = undefined;
        this.#fault = error;
        this.#start();
      },
    );
  }

  async #fail(error: Error): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#fault = undefined;
    if (file !== undefined) file.hasFailed = true;
    // A rest that cannot be cut off is recognised by its marks when it is read.
    await file?.cutBack().catch(() => {});
    await file?.close().catch(() => {});
    const lost = this.#queue;
    this.#queue = [];
    this.#done = this.#pushed;
    this.#parts.onFault(error, lost);
  }

  #wake(): void {
    for (const each of this.#waiting.splice(0)) {
      const { target, resolve } = each;
      if (target < this.#done || (target === this.#done && !this.#isRunning)) resolve();
      else this.#waiting.push(each);
    }
  }
}
