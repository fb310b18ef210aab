import type { PlanContext } from '../options/destination-config.js';
import type { TargetCache } from '../targets/target-cache.js';
import type { PoolServices } from './shards/pool-services.js';
import type { ShardHandle } from './shards/shard-handle.js';
import type { EngineSlot, SlotAllocator } from './shards/slots.js';
import type { SeriesTurns } from './spool/series-turns.js';

/** The engine, as its channels need it. */
export interface EngineServices {
  readonly pool: PoolServices;
  /** Finds the targets of destinations that have no URL of their own. */
  readonly targets: TargetCache;
  /** For the checks of what a destination is made with. */
  readonly planning: PlanContext;
  /** Of destinations. */
  readonly slots: SlotAllocator;
  /** The order in which destinations have one series of the spool. */
  readonly series: SeriesTurns;
}

/** The place that an engine has for one of its channels. */
export interface ChannelSlot extends EngineSlot {
  readonly shard: ShardHandle;
}
