import { join } from 'node:path';
import type { EngineClock } from '../../base/clock.js';
import { CloudPushError, type ErrorData } from '../../base/errors.js';
import type { BackfillGate } from '../../memory/backfill-gate.js';
import type { SpoolConfig, SpoolNames, SpoolStoreConfig } from '../../options/spool-config.js';
import {
  adoptSeries,
  diskIo,
  SpoolBacklog,
  type SpoolIo,
  SpoolSeries,
  seriesName,
} from '../../spool/index.js';
import { SeriesWaits } from './series-waits.js';

/** How often spools are looked after, in ms. */
const TICK = 50;
/** Part of the pool that may hold media which was sent, in case that it does not arrive. */
const TAIL_SHARE = 1 / 4;
/** Part of it that media which waits for the disk may have, and the most of that in bytes. */
const WAITING_SHARE = 1 / 2;
const MAX_WAITING = 64 * 1024 * 1024;

/** A spool that is looked after. */
interface TickingSpool {
  tick(): void;
}

/** Parts that the spools of a shard are built from. */
export interface ShardSpoolsParts {
  readonly config: SpoolStoreConfig;
  readonly gate: BackfillGate;
  readonly clock: EngineClock;
  /** Bytes of the engine's pool. */
  readonly poolSize: number;
}

/** The disk spools of a shard's destinations: one timer for all of them. */
export class ShardSpools {
  readonly gate: BackfillGate;
  /** Of destinations whose series others have. */
  readonly waits = new SeriesWaits();
  readonly #config: SpoolStoreConfig;
  readonly #clock: EngineClock;
  readonly #poolSize: number;
  readonly #io: SpoolIo;
  readonly #backlog: SpoolBacklog;
  readonly #spools = new Set<TickingSpool>();
  #stopTimer: (() => void) | undefined;
  readonly #ready: Promise<ErrorData | undefined>;
  #resolveReady: (error: ErrorData | undefined) => void = () => {};

  /** @param io another disk in tests */
  constructor({ config, gate, clock, poolSize }: ShardSpoolsParts, io: SpoolIo = diskIo) {
    this.#config = config;
    this.gate = gate;
    this.#clock = clock;
    this.#poolSize = poolSize;
    this.#backlog = new SpoolBacklog(Math.min(MAX_WAITING, (poolSize * WAITING_SHARE) / gate.shards));
    this.#io = io;
    this.#ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
  }

  /** The engine has the folder; or it cannot have it. */
  onReady(error: ErrorData | undefined): void {
    this.#resolveReady(error);
  }

  /** @throws CloudPushError (rejection), or the system's error, when it cannot be opened */
  async openSeries(
    { names, former }: Pick<SpoolConfig, 'names' | 'former'>,
    onFault: (error: Error) => void,
  ): Promise<SpoolSeries> {
    const error = await this.#ready;
    if (error !== undefined) throw CloudPushError.from(error);
    const folder = this.#folderOf(names);
    const policy = { sync: this.#config.sync };
    const io = this.#io;
    if (former !== undefined)
      await adoptSeries(io, this.#folderOf({ channel: '', destination: former }), folder);
    const backlog = this.#backlog;
    return await SpoolSeries.open({ folder, io, clock: this.#clock, names, policy, backlog, onFault });
  }

  #folderOf(names: SpoolNames): string {
    return join(this.#config.folder, seriesName(names));
  }

  /** Bytes of what a destination was sent that may be kept in memory: all have equal shares. */
  get tailLimit(): number {
    return Math.floor((this.#poolSize * TAIL_SHARE) / Math.max(1, this.gate.spools));
  }

  add(spool: TickingSpool): void {
    this.#spools.add(spool);
    this.gate.noteSpool(true);
    if (this.#spools.size === 1) this.#arm();
  }

  remove(spool: TickingSpool): void {
    if (!this.#spools.delete(spool)) return;
    this.gate.noteSpool(false);
    if (this.#spools.size === 0) this.#stopTimer?.();
  }

  #arm(): void {
    this.#stopTimer = this.#clock.after(TICK, () => {
      this.#arm();
      for (const spool of this.#spools) spool.tick();
    });
  }
}
