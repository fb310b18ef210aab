import type { EngineClock } from '../base/clock.js';
import type { ShardCounters } from '../memory/counters.js';
import type { Gates } from '../memory/gates.js';
import type { ShardReport } from '../protocol/reports.js';
import type { AudioRides } from './channel/audio-rides.js';
import type { ConnectLimiter } from './connection/connect-limiter.js';
import type { ConnectionFactory } from './connection/connection.js';
import type { FenceGuard } from './fence-guard.js';
import type { ShardSpools } from './spool/shard-spools.js';

/** A holder of output that was gathered in a turn. */
export interface Flushable {
  flush(): void;
  /** Ends it, when it could not be flushed. */
  destroy(error: Error): void;
}

/** An owner of counters that change with every packet. */
export interface Counted {
  /** The shard's note that the counters have moved since they were last published. */
  touched: boolean;
  updateCounters(): void;
}

/** Counters that are nobody's: there is nothing to be published. */
export const NO_COUNTERS: Counted = { touched: true, updateCounters: () => {} };

/** The shard of channels and destinations, as far as they share it. */
export interface ShardContext {
  readonly pool: SharedArrayBuffer;
  readonly gates: Gates;
  readonly counters: ShardCounters;
  readonly clock: EngineClock;
  readonly rides: AudioRides;
  readonly connects: ConnectLimiter;
  readonly createConnection: ConnectionFactory;
  /** Undefined: there is no fence. */
  readonly fence?: FenceGuard | undefined;
  /** Undefined: the engine has no disk spool. */
  readonly spools: ShardSpools | undefined;
  report(report: ShardReport): void;
  /** Gives a block back to the pool; the counters of its channel have moved. */
  returnBlock(index: number, channel: Counted): void;
  /** Has `output` flushed at the end of the turn. */
  markDirty(output: Flushable): void;
}
