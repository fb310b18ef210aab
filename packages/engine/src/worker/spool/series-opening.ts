import { CloudPushError } from '../../base/errors.js';
import type { SpoolConfig } from '../../options/spool-config.js';
import type { SpoolSeries } from '../../spool/index.js';
import type { ShardSpools } from './shard-spools.js';

/** The spool that opens its series. */
export interface SeriesOpeningOwner {
  onSeries(series: SpoolSeries): void;
  /** It cannot be opened, or another destination has it. */
  onFault(error: Error): void;
}

/** The way of a destination to its series: at once, or when another destination has let go of it. */
export class SeriesOpening {
  /** Resolves when it is open, or cannot be; of one that another destination has, at once: live goes on. */
  readonly opened: Promise<void>;
  readonly #spools: ShardSpools;
  readonly #config: SpoolConfig;
  readonly #owner: SeriesOpeningOwner;
  readonly #opening: Promise<void>;
  #state: 'waiting' | 'opening' | 'left' = 'opening';

  constructor(spools: ShardSpools, config: SpoolConfig, owner: SeriesOpeningOwner) {
    this.#spools = spools;
    this.#config = config;
    this.#owner = owner;
    const { turn } = config;
    if (turn !== undefined) this.#state = 'waiting';
    this.#opening = turn === undefined ? this.#open() : this.#openLater(turn);
    this.opened = turn === undefined ? this.#opening : Promise.resolve();
  }

  /** Nobody wants it any more: resolves when it is open or cannot be, or is not opened at all. */
  async leave(): Promise<void> {
    if (this.#state === 'opening') return await this.#opening;
    this.#state = 'left';
    this.#spools.waits.forget(this.#config.turn!);
  }

  /** The stream is on its way by then, or over. */
  async #openLater(turn: number): Promise<void> {
    await this.#spools.waits.free(turn, (error) => this.#owner.onFault(CloudPushError.from(error)));
    if (this.#state === 'left') return;
    this.#state = 'opening';
    await this.#open();
  }

  async #open(): Promise<void> {
    try {
      const onFault = (error: Error): void => this.#owner.onFault(error);
      this.#owner.onSeries(await this.#spools.openSeries(this.#config, onFault));
    } catch (error) {
      this.#owner.onFault(error as Error);
    }
  }
}
