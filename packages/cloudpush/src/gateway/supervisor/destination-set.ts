import { CloudPushError } from '@cloudpush/engine';
import type { DestinationPlan } from '../config/configuration.js';
import { destinationChange } from './channel-change.js';
import { type DestinationOwner, DestinationSupervisor } from './destination-supervisor.js';
import type { MediaChannel } from './media-engine.js';

/** The destinations of a channel: brought to what a plan says, touching only those that it changes. */
export class DestinationSet {
  readonly #owner: DestinationOwner;
  #all: readonly DestinationSupervisor[];

  constructor(plans: readonly DestinationPlan[], owner: DestinationOwner) {
    this.#owner = owner;
    this.#all = plans.map((plan) => new DestinationSupervisor(plan, owner));
  }

  /** In the order of the plan. */
  get all(): readonly DestinationSupervisor[] {
    return this.#all;
  }

  /** Some of what was queued when they were told to end last was lost. */
  get hasLeftUnsent(): boolean {
    return this.#all.some(({ hasLeftUnsent }) => hasLeftUnsent);
  }

  /** They are about to be told to end. */
  onEnding(): void {
    for (const one of this.#all) one.onEnding();
  }

  find(name: string): DestinationSupervisor | undefined {
    return this.#all.find(({ plan }) => plan.name === name);
  }

  /**
   * Connects a destination, or connects it anew: the connection before ends when this one stands, or at once.
   */
  connect(
    channel: MediaChannel,
    destination: DestinationSupervisor,
    plan: DestinationPlan,
    ends: 'whenConnected' | 'atOnce' = 'atOnce',
  ): void {
    try {
      destination.replace(channel.addDestination(plan.options), plan, ends);
    } catch (error) {
      destination.plan = plan;
      destination.refuse(CloudPushError.wrap(error));
    }
  }

  /** Brings those of a running channel to a new plan. */
  apply(channel: MediaChannel, plans: readonly DestinationPlan[]): void {
    const before = this.#all;
    this.#all = plans.map(
      (plan) =>
        before.find((one) => one.plan.name === plan.name) ?? new DestinationSupervisor(plan, this.#owner),
    );
    // A channel ends with its last destination: new ones come before old ones go.
    for (const [index, destination] of this.#all.entries()) {
      this.#applyDestination(channel, destination, plans[index]!, before.includes(destination));
    }
    for (const gone of before) {
      if (this.#all.includes(gone)) continue;
      void gone.handle?.close();
      gone.detach();
    }
  }

  #applyDestination(
    channel: MediaChannel,
    destination: DestinationSupervisor,
    plan: DestinationPlan,
    isKept: boolean,
  ): void {
    if (!isKept) {
      this.connect(channel, destination, plan);
      return;
    }
    const change = destinationChange(destination.plan, plan);
    switch (change.type) {
      case 'none':
        return;
      case 'move':
        destination.plan = plan;
        if (!destination.move(change.target)) this.connect(channel, destination, plan);
        return;
      case 'reconnect':
        this.connect(channel, destination, plan, change.ends);
        return;
      default:
        change satisfies never;
    }
  }

  /** The same for a channel that does not run. */
  replace(plans: readonly DestinationPlan[]): void {
    const before = this.#all;
    this.#all = plans.map((plan) => {
      const kept =
        before.find((one) => one.plan.name === plan.name) ?? new DestinationSupervisor(plan, this.#owner);
      kept.plan = plan;
      return kept;
    });
  }
}
