import { CloudPushError } from '../../base/errors.js';
import type { SourceConfig } from '../../options/source-config.js';
import type { SourceReport } from '../../protocol/source-messages.js';
import type { SourceStats } from '../../stats/source-stats.js';
import type { SourceConnection, SourceLoss, SourceStall, SourceWarning } from '../events.js';
import type { Placement } from '../shards/placement.js';
import type { PoolServices } from '../shards/pool-services.js';
import { type SlabRequest, SlabRequests, type SlabSender } from './slab-requests.js';
import { SourceStatus } from './source-status.js';

/** Events of a source, told by its channel. */
export interface SourceObserver {
  sourceConnected(connection: SourceConnection): void;
  sourceLost(loss: SourceLoss): void;
  sourceStalled(stall: SourceStall): void;
  sourceWarning(warning: SourceWarning): void;
  sourceEnded(): void;
}

/** The channel, as the caller's side of its source needs it. */
export interface SourceOwner {
  readonly observer: SourceObserver;
  readonly pool: PoolServices;
  readonly placement: Placement;
  readonly sender: SlabSender;
}

/**
 * The caller's side of a channel's source: what it is, how it stands, and the memory that its shard asks for.
 */
export class SourceController {
  readonly #owner: SourceOwner;
  readonly #status: SourceStatus;
  readonly #slabs: SlabRequests;
  #config: SourceConfig;

  constructor(owner: SourceOwner, config: SourceConfig) {
    this.#owner = owner;
    this.#config = config;
    this.#status = new SourceStatus(owner.pool.clock, owner.placement);
    this.#slabs = new SlabRequests(owner.pool, owner.placement, owner.sender);
  }

  /** The configuration for the shard that gets the channel. */
  get config(): SourceConfig {
    return this.#config;
  }

  /** Goes on with another source. */
  replace(config: SourceConfig): void {
    this.#config = config;
    const { shard, channel } = this.#owner.placement;
    shard.post({ type: 'source', channel, config });
  }

  stats(): SourceStats {
    return this.#status.stats();
  }

  /** The shard needs memory to write packets in. */
  onSlabWanted(request: SlabRequest): void {
    this.#slabs.add(request);
  }

  /** Something has happened to the source. */
  onReport(event: SourceReport): void {
    this.#status.note(event);
    const { observer } = this.#owner;
    switch (event.type) {
      case 'connected':
        observer.sourceConnected(event);
        return;
      case 'lost': {
        const { delay, attempts } = event;
        observer.sourceLost({ error: CloudPushError.from(event.error), delay, attempts });
        return;
      }
      case 'stalled':
        observer.sourceStalled(event);
        return;
      case 'ended':
        observer.sourceEnded();
        return;
      case 'warning':
        observer.sourceWarning(event);
        return;
      case 'connecting':
      case 'streaming':
      case 'fallback':
        return;
      default:
        event satisfies never;
    }
  }

  /** The shard holds nothing of the channel any more, and counts no more: another one begins at zero. */
  onShardLeft(): void {
    this.#slabs.clear();
    this.#status.carry();
  }

  /** No packet is taken any more. */
  close(): void {
    this.#slabs.close();
  }
}
