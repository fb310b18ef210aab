import type { EventStreams } from './event-stream.js';
import type { GatewayPort } from './gateway-port.js';
import type { SnapshotCache } from './snapshot-cache.js';

/** Parts that the routes work with. */
export interface HttpContext {
  readonly gateway: GatewayPort;
  readonly snapshots: SnapshotCache;
  /** The same with the channels of all nodes of a cluster. */
  readonly views: SnapshotCache;
  readonly streams: EventStreams;
  /** The metrics in the text format of Prometheus. */
  readonly metrics: { scrape(): Promise<string>; readonly contentType: string };
}

/** Requests are answered with a state that is at most so old, in ms. */
export const MAX_STATE_AGE = 200;
