import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfiguration } from './config/configuration.js';

/** Keys that take effect at the start of the program only, and differ from what it was started with. */
export function restartNeeded(started: GatewayConfiguration, now: GatewayConfiguration): readonly string[] {
  const keys: string[] = [];
  const compare = (key: string, before: unknown, after: unknown) => {
    if (!isDeepStrictEqual(before, after)) keys.push(key);
  };
  compare('log.level', started.log.level, now.log.level);
  compare('log.format', started.log.format, now.log.format);
  for (const key of [
    'poolSize',
    'maxConnections',
    'shards',
    'maxConnecting',
    'maxBatchDelay',
    'maxAudioDelay',
  ] as const) {
    compare(`engine.${key}`, started.engine[key], now.engine[key]);
  }
  compare('spool', started.engine.spool, now.engine.spool);
  compare('engine.maxStarting', started.maxStarting, now.maxStarting);
  compare('tokenServer.ca', started.engine.tokenServer, now.engine.tokenServer);
  compare('api.listen', started.api?.listen, now.api?.listen);
  compare('api.allowedHosts', started.api?.allowedHosts, now.api?.allowedHosts);
  compare('metrics.listen', started.metrics?.listen, now.metrics?.listen);
  compare('cluster', started.cluster, now.cluster);
  compare('watch', started.watch, now.watch);
  return keys;
}
