import type { MonotonicClock } from '../../base/clock.js';
import { CloudPushError, type ErrorData, toErrorData } from '../../base/errors.js';
import { newBackfillMemory } from '../../memory/backfill-gate.js';
import type { SpoolStoreConfig } from '../../options/spool-config.js';
import {
  type ClosedSeries,
  ClosedSeriesSet,
  diskIo,
  SpoolBudget,
  SpoolLock,
  seriesName,
} from '../../spool/index.js';
import type { SharedSpool } from '../shards/shard-handle.js';

/** How often the spool's bounds are looked after, in ms. */
const PERIOD = 1000;
/** Every so many periods, series are looked for that no destination has opened, and what is too old goes. */
const AGE_PERIODS = 10;

/** A destination that has part in the spool. */
interface SpooledDestination {
  /** The name of its series. */
  readonly series: string;
  /** Bytes that it has on disk. */
  readonly spooledBytes: number;
  /** Removes its oldest, so many bytes, and what is older than `before`, in ms since 1970. */
  expireSpool(bytes: number, before: number): void;
}

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
  readonly #closed: ClosedSeriesSet;
  #periods = 0;
  #stopTimer: () => void = () => {};
  #isClosed = false;

  constructor(parts: SpoolStoreParts) {
    this.#parts = parts;
    this.#closed = new ClosedSeriesSet(diskIo, parts.config.folder);
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

  #arm(): void {
    if (this.#isClosed) return;
    this.#stopTimer = this.#parts.clock.after(PERIOD, () => {
      // A volume that cannot be asked is told of by those that write to it.
      this.#keepBounds().catch(() => {});
      this.#arm();
    });
  }

  async #keepBounds(): Promise<void> {
    const { config, clock, destinations } = this.#parts;
    const free = await diskIo.freeBytes(config.folder);
    const isWhole = this.#periods++ % AGE_PERIODS === 0;
    const open = [...destinations()];
    if (isWhole)
      await this.#closed.update(
        new Set(open.map(({ series }) => seriesName({ channel: '', destination: series }))),
      );
    const all = [...open, ...this.#closed.all];
    const budget = new SpoolBudget<SpooledDestination | ClosedSeries>(config);
    for (const one of all) budget.update(one, one.spooledBytes);
    const before = budget.oldest(clock.wallTime());
    for (const { series, bytes } of budget.expiries(free)) await series.expireSpool(bytes, before);
    if (isWhole) for (const one of all) await one.expireSpool(0, before);
  }
}
