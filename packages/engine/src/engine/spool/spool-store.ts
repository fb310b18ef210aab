import type { MonotonicClock } from '../../base/clock.js';
import { CloudPushError, type ErrorData, toErrorData } from '../../base/errors.js';
import { newBackfillMemory } from '../../memory/backfill-gate.js';
import type { SpoolStoreConfig } from '../../options/spool-config.js';
import { diskIo, SpoolLock } from '../../spool/index.js';
import type { SharedSpool } from '../shards/shard-handle.js';
import { SpoolBounds, type SpooledDestination } from './spool-bounds.js';

/** How often the spool's bounds are looked after, in ms. */
const PERIOD = 1000;

/** Parts that a store is built from. */
interface SpoolStoreParts {
  readonly config: SpoolStoreConfig;
  readonly clock: MonotonicClock & { wallTime(): number };
  /** Those that are open. */
  readonly destinations: () => Iterable<SpooledDestination>;
}

/** The disk spool of an engine: the folder is its alone, and what lies there keeps within its bounds. */
export class SpoolStore {
  /** Resolves when the folder is the engine's own, or with the reason why it is not. */
  readonly ready: Promise<ErrorData | undefined>;
  readonly #parts: SpoolStoreParts;
  #lock: SpoolLock | undefined;
  readonly #bounds: SpoolBounds;
  /** The run that looks after the bounds. */
  #run: Promise<void> = Promise.resolve();
  #stopTimer: () => void = () => {};
  #isClosed = false;

  constructor(parts: SpoolStoreParts) {
    this.#parts = parts;
    this.#bounds = new SpoolBounds({ ...parts, io: diskIo });
    this.ready = this.#acquire();
  }

  /** As the shards of an engine, so many, have part in it. */
  sharedBy(shards: number): SharedSpool {
    const { ready } = this;
    return { config: this.#parts.config, backfill: newBackfillMemory(shards), ready };
  }

  /** @throws CloudPushError (rejection) `ERR_CLOUDPUSH_SPOOL_IN_USE`, `ERR_CLOUDPUSH_SPOOL_FAILED` */
  async requireReady(): Promise<void> {
    const error = await this.ready;
    if (error !== undefined) throw CloudPushError.from(error);
  }

  /** Gives the folder back: nothing is written any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopTimer();
    await this.ready;
    await this.#run;
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async #acquire(): Promise<ErrorData | undefined> {
    try {
      this.#lock = await SpoolLock.acquire(this.#parts.config.folder);
    } catch (error) {
      return toErrorData(error);
    }
    this.#arm();
    return undefined;
  }

  /** The next run begins when this one has ended, however long the disk took. */
  #arm(): void {
    if (this.#isClosed) return;
    this.#stopTimer = this.#parts.clock.after(PERIOD, () => {
      // A volume that cannot be asked is told of by those that write to it.
      this.#run = this.#bounds
        .keep()
        .catch(() => {})
        .then(() => this.#arm());
    });
  }
}
