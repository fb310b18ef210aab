import type { GatewayClock } from '../clock.js';
import type { EventFields } from '../gateway-event.js';
import type { MediaEngine } from './media-engine.js';
import type { StartQueue } from './start-queue.js';

/** Surroundings of every channel of the gateway. */
export interface SupervisorContext {
  readonly engine: MediaEngine;
  readonly clock: GatewayClock;
  readonly startQueue: StartQueue;
  emit(event: EventFields): void;
}
