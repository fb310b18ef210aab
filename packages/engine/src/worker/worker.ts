import type { ShardInit } from '../protocol/init.js';
import { Shard } from './shard.js';

/** The piscina task of a shard: it lasts as long as the engine. */
export function runShard(init: ShardInit): Promise<void> {
  return new Shard(init).run();
}
