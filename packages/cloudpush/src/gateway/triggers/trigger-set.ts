import { isDeepStrictEqual } from 'node:util';
import type { GatewayClock } from '../clock.js';
import type { ChannelPlan, OnvifTrigger } from '../config/configuration.js';
import type { EventFields } from '../gateway-event.js';
import type { ActivityChange } from './onvif/activity.js';
import { EventSubscription } from './onvif/event-subscription.js';

/** Surroundings of the triggers of channels. */
export interface TriggerSurroundings {
  readonly clock: GatewayClock;
  /** A channel is to record, or to stop. */
  onTrigger(channel: string, change: ActivityChange, trigger: OnvifTrigger): void;
  emit(event: EventFields): void;
}

interface Listening {
  readonly trigger: OnvifTrigger;
  readonly subscription: EventSubscription;
}

/** Listens to the cameras whose events start recordings. */
export class TriggerSet {
  readonly #surroundings: TriggerSurroundings;
  /** By the name of the channel. */
  readonly #listening = new Map<string, Listening[]>();
  readonly #leaving = new Set<Promise<void>>();

  constructor(surroundings: TriggerSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Listens to what these channels say; a subscription that stays as it is goes on. */
  apply(channels: ReadonlyMap<string, ChannelPlan>): void {
    for (const name of [...this.#listening.keys()]) if (!channels.has(name)) this.#follow(name, []);
    for (const [name, { enabled, event }] of channels)
      this.#follow(name, (enabled && event?.onvifTriggers) || []);
  }

  async close(): Promise<void> {
    this.apply(new Map());
    await Promise.all(this.#leaving);
  }

  #follow(name: string, triggers: readonly OnvifTrigger[]): void {
    const before = this.#listening.get(name) ?? [];
    const stays = before.filter(({ trigger }) => triggers.some((other) => isDeepStrictEqual(trigger, other)));
    for (const one of before) if (!stays.includes(one)) this.#leave(name, one);
    const added = triggers
      .filter((trigger) => !stays.some((other) => isDeepStrictEqual(other.trigger, trigger)))
      .map((trigger) => this.#listen(name, trigger));
    const after = [...stays, ...added];
    if (after.length === 0) this.#listening.delete(name);
    else this.#listening.set(name, after);
  }

  #leave(channel: string, { trigger, subscription }: Listening): void {
    // The camera's word that it is over would not be heard.
    this.#surroundings.onTrigger(channel, 'stop', trigger);
    const leaving = subscription.close().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  #listen(channel: string, trigger: OnvifTrigger): Listening {
    const { clock, emit, onTrigger } = this.#surroundings;
    const subscription = new EventSubscription(trigger, clock, {
      onActivity: (change) => onTrigger(channel, change, trigger),
      onSubscribed: () => {
        const message = `${channel} hears of the events of its camera (${trigger.place})`;
        emit({ type: 'triggerReady', level: 'info', channel, message });
      },
      onLost: (reason, delay) => {
        const again = `asked again in ${Math.round(delay / 1000)} s`;
        const message = `${channel} does not hear of the events of its camera (${trigger.place}): ${reason}; ${again}`;
        emit({ type: 'triggerLost', level: 'warn', channel, message });
      },
    });
    return { trigger, subscription };
  }
}
