import type { SpoolNames, SpoolStoreConfig } from '../../options/spool-config.js';
import {
  type ClosedSeries,
  ClosedSeriesSet,
  SpoolBudget,
  type SpoolIo,
  seriesName,
} from '../../spool/index.js';

/** Every so many runs, series are looked for that no destination has opened, and what is too old goes. */
const WHOLE_RUNS = 10;

/** A destination that has part in the spool. */
export interface SpooledDestination {
  /** The names of its series. */
  readonly seriesNames: SpoolNames;
  /** Bytes that it has on disk. */
  readonly spooledBytes: number;
  /** Removes its oldest, so many bytes, and what is older than `before`, in ms since 1970. */
  expireSpool(bytes: number, before: number): void;
}

/** Parts that the bounds are built from. */
interface SpoolBoundsParts {
  readonly config: SpoolStoreConfig;
  readonly clock: { wallTime(): number };
  readonly io: SpoolIo;
  /** Those that are open. */
  readonly destinations: () => Iterable<SpooledDestination>;
}

/** Keeps all that lies in a spool within its bounds, whether a destination has opened it or not. */
export class SpoolBounds {
  readonly #parts: SpoolBoundsParts;
  readonly #closed: ClosedSeriesSet;
  #runs = 0;

  constructor(parts: SpoolBoundsParts) {
    this.#parts = parts;
    this.#closed = new ClosedSeriesSet(parts.io, parts.config.folder, () => this.#openFolders());
  }

  /**
   * Removes what is too much or too old, as far as it can be removed. Runs must not overlap.
   * @throws the system's error, where the volume cannot be asked for its free bytes
   */
  async keep(): Promise<void> {
    const { config, clock, io } = this.#parts;
    const isWhole = this.#runs++ % WHOLE_RUNS === 0;
    const free = await io.freeBytes(config.folder);
    // Where the folder cannot be read, those that are known count as before.
    if (isWhole) await this.#closed.update().catch(() => {});
    // A series that a destination has opened meanwhile is its own: it must neither count twice nor be removed
    // under it.
    this.#closed.forgetOpen();
    const all = [...this.#parts.destinations(), ...this.#closed.all];
    const budget = new SpoolBudget<SpooledDestination | ClosedSeries>(config);
    for (const one of all) budget.update(one, one.spooledBytes);
    const before = budget.oldest(clock.wallTime());
    for (const { series, bytes } of budget.expiries(free)) await expire(series, bytes, before);
    if (isWhole) for (const one of all) await expire(one, 0, before);
  }

  /** Names of the folders of those that are open. */
  #openFolders(): Set<string> {
    const open = [...this.#parts.destinations()];
    return new Set(open.map(({ seriesNames }) => seriesName(seriesNames)));
  }
}

/** A folder that cannot be written must not keep the others from theirs. */
async function expire(
  series: SpooledDestination | ClosedSeries,
  bytes: number,
  before: number,
): Promise<void> {
  try {
    await series.expireSpool(bytes, before);
  } catch {
    // It still counts, and is tried again.
  }
}
