import type { GatewayClock } from '../clock.js';
import type { EventFields } from '../gateway-event.js';
import type { MediaEngine } from './media-engine.js';
import type { StandbyChannels } from './standby-channels.js';
import type { StartQueue } from './start-queue.js';

/** Surroundings of the channels of the gateway. */
export interface SupervisorContext {
  readonly engine: MediaEngine;
  readonly clock: GatewayClock;
  readonly startQueue: StartQueue;
  emit(event: EventFields): void;
}

/** The same, for one of them. */
export interface ChannelContext extends SupervisorContext {
  readonly standbys: Pick<StandbyChannels, 'take'>;
}
