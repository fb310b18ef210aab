import { CloudPushError, type PushTarget, type TriggerType } from '@cloudpush/engine';
import type { ChannelPlan, OnvifTrigger } from '../config/configuration.js';
import { GatewayError } from '../gateway.js';
import type { ChannelStatus } from '../state.js';
import type { DestinationSet } from './destination-set.js';
import type { DestinationSupervisor } from './destination-supervisor.js';
import type { EventSegments } from './event-segments.js';
import type { MediaChannel, MediaDestination } from './media-engine.js';
import { betraysSecrets } from './move-guard.js';
import { previewOptions } from './preview-options.js';

/** A channel that something is asked of. */
export interface RequestedChannel {
  readonly plan: ChannelPlan;
  readonly status: ChannelStatus;
  /** The engine's channel, while it runs. */
  readonly media: MediaChannel | undefined;
  readonly destinations: DestinationSet;
  readonly events: EventSegments;
  /** Triggers that have heard of something at the camera that still goes on. */
  readonly ongoing: Set<OnvifTrigger>;
  /** Something may have changed. */
  update(): void;
}

/** Starts, stops or marks an event by HTTP. @throws GatewayError */
export function triggerEvent(
  channel: RequestedChannel,
  action: 'pulse' | 'start' | 'stop',
  type: TriggerType | number | undefined,
): void {
  const { name, event } = channel.plan;
  if (event?.httpTrigger === undefined) {
    throw new GatewayError('conflict', `${name} is not in event mode with a trigger by HTTP`);
  }
  if (channel.media === undefined) {
    throw new GatewayError('conflict', `${name} is ${channel.status}: there is nothing to record`);
  }
  if (!channel.events.trigger(action, type ?? event.httpTrigger)) {
    throw new GatewayError('conflict', `${name} records no event that could be stopped`);
  }
  channel.update();
}

/**
 * Takes note of an event of the camera. While the channel does not run nothing is recorded; what still goes
 * on when it does again is recorded from then on.
 * @param trigger the one that heard of it: what it starts is held until it stops
 */
export function noteCameraEvent(
  channel: RequestedChannel,
  action: 'pulse' | 'start' | 'stop',
  trigger: OnvifTrigger,
): void {
  if (action === 'start') channel.ongoing.add(trigger);
  else if (action === 'stop') channel.ongoing.delete(trigger);
  if (channel.media === undefined) return;
  channel.events.trigger(action, trigger.type, trigger);
  channel.update();
}

/** The channel runs again: records what goes on at its camera. */
export function resumeEvents({ events, ongoing }: Pick<RequestedChannel, 'events' | 'ongoing'>): void {
  for (const trigger of ongoing) events.trigger('start', trigger.type, trigger);
}

/**
 * Moves a destination to another server, without a gap. @throws GatewayError, and CloudPushError of a target
 * that is none
 */
export function moveDestination(channel: RequestedChannel, destination: string, target: PushTarget): void {
  const found = requireDestination(channel, destination);
  if (betraysSecrets(found.plan, target)) {
    const message = `${destination} has secrets for its own server, which no other is shown: give a token, or change the file`;
    throw new GatewayError('conflict', message);
  }
  if (!found.move(target)) throw wrongStatus(channel, found);
}

/** Sends the stream to one more place, for somebody who looks at it. @throws GatewayError */
export function openPreview({ plan, media, status }: RequestedChannel, url: string): MediaDestination {
  const { name, stream } = plan;
  if (media === undefined) {
    throw new GatewayError('conflict', `${name} is ${status}: there is nothing to look at`);
  }
  if (stream.encryption !== undefined) {
    const message = `${name} is encrypted before it leaves its worker: there is nothing to look at`;
    throw new GatewayError('conflict', message);
  }
  try {
    return media.addDestination(previewOptions(url));
  } catch (error) {
    // Such as one destination more than the engine may have, or a channel that ends just now.
    throw new GatewayError('conflict', `${name} cannot be looked at: ${CloudPushError.wrap(error).message}`);
  }
}

/** @throws GatewayError */
export function requireDestination(
  { plan, destinations }: Pick<RequestedChannel, 'plan' | 'destinations'>,
  name: string,
): DestinationSupervisor {
  const found = destinations.find(name);
  if (found === undefined) throw new GatewayError('notFound', `${plan.name} has no destination ${name}`);
  return found;
}

/** A destination stands in another way than the request needs. */
export function wrongStatus(
  { plan }: Pick<RequestedChannel, 'plan'>,
  { plan: { name }, status }: DestinationSupervisor,
): GatewayError {
  return new GatewayError('conflict', `${name} of ${plan.name} is ${status}`);
}
