import type { GatewayEvent } from '../state.js';
import type { SupervisorClock } from './clock.js';
import type { MediaEngine } from './media-engine.js';
import type { StartQueue } from './start-queue.js';

export type EventFields = Omit<GatewayEvent, 'id' | 'at'>;

/** Surroundings of every channel of the gateway. */
export interface SupervisorContext {
  readonly engine: MediaEngine;
  readonly clock: SupervisorClock;
  readonly startQueue: StartQueue;
  emit(event: EventFields): void;
}
