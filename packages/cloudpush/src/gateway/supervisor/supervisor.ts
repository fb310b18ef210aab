import { isDeepStrictEqual } from 'node:util';
import type { ChannelPlan, GatewayConfiguration } from '../config/configuration.js';
import type { ChannelState } from '../state.js';
import { TriggerSet } from '../triggers/trigger-set.js';
import { noteCameraEvent } from './channel-requests.js';
import { ChannelSupervisor } from './channel-supervisor.js';
import { StandbyChannels } from './standby-channels.js';
import type { ChannelContext, SupervisorContext } from './supervisor-context.js';

/**
 * Interval at which states that no event tells of are looked at, in ms: a stall that is over, a queue that
 * fills.
 */
const UPDATE_INTERVAL = 1000;

/** Changes that a new configuration has made to the channels, by name. */
export interface AppliedChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** How the streams of a gateway have ended: all was sent, some was not, or not all have ended in time. */
export type StopOutcome = 'sent' | 'unsent' | 'late';

/** Runs the channels of a configuration. */
export class Supervisor {
  readonly #context: ChannelContext;
  readonly #standbys: StandbyChannels;
  #channels = new Map<string, ChannelSupervisor>();
  /** Channels that are no longer wanted, until their streams have ended. */
  readonly #leaving = new Map<Promise<void>, ChannelSupervisor>();
  readonly #triggers: TriggerSet;
  #stopUpdates: () => void = () => {};

  constructor(context: SupervisorContext) {
    this.#standbys = new StandbyChannels(context.engine, context.startQueue);
    this.#context = { ...context, standbys: this.#standbys };
    this.#triggers = new TriggerSet({
      clock: context.clock,
      emit: (event) => context.emit(event),
      onTrigger: (name, change, trigger) => {
        const channel = this.#channels.get(name);
        if (channel !== undefined) noteCameraEvent(channel, change, trigger);
      },
    });
    this.#updateLater();
  }

  channel(name: string): ChannelSupervisor | undefined {
    return this.#channels.get(name);
  }

  /** In the order of the configuration. */
  states(): ChannelState[] {
    return [...this.#channels.values()].map((channel) => channel.state());
  }

  /** Puts a configuration in force: only what it changes is touched. */
  async apply({ channels }: Pick<GatewayConfiguration, 'channels'>): Promise<AppliedChanges> {
    const before = this.#channels;
    const added: string[] = [];
    const changed: string[] = [];
    const next = new Map<string, ChannelSupervisor>();
    const working: Promise<void>[] = [];
    const removed = [...before.keys()].filter((name) => !channels.has(name));
    for (const name of removed) this.#leave(before.get(name)!);
    for (const [name, plan] of channels) {
      const running = before.get(name);
      next.set(name, running ?? this.#add(plan));
      if (running === undefined) added.push(name);
      else if (!isDeepStrictEqual(running.plan, plan)) {
        if (!isSameButRevision(running.plan, plan)) changed.push(name);
        working.push(running.apply(plan));
      }
    }
    this.#channels = next;
    this.#triggers.apply(channels);
    await Promise.all(working);
    return { added, changed, removed };
  }

  /**
   * Makes the source of a channel ready that this gateway is about to run: see {@link
   * StandbyChannels.prepare}.
   */
  async prepare(plan: ChannelPlan): Promise<void> {
    await this.#standbys.prepare(plan);
  }

  /** Ends what was made ready, and is not to run here after all. @param names undefined: all */
  forget(names?: readonly string[]): void {
    this.#standbys.drop(names);
  }

  /** Takes the key frames that channels which were made ready begin with, by name: others have ended before them. */
  beginWith(keyFrames: Readonly<Record<string, string>>): void {
    this.#standbys.beginWith(keyFrames);
  }

  /**
   * Ends channels for another node to go on with them. Resolves when their streams have ended, to the key
   * frames that they have ended before, by name.
   */
  async handOver(names: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const ends = names.map(async (name) => [name, await this.#channels.get(name)?.handOver()] as const);
    const known = (await Promise.all(ends)).filter((end): end is [string, string] => end[1] !== undefined);
    return Object.fromEntries(known);
  }

  /**
   * Resolves when the streams of channels that are no longer wanted have ended. @param names undefined: of
   * all
   */
  async untilEnded(names?: readonly string[]): Promise<void> {
    const ends = [...this.#leaving].filter(([, { plan }]) => names?.includes(plan.name) ?? true);
    await Promise.allSettled(ends.map(([end]) => end));
  }

  /**
   * Ends all streams cleanly.
   * @param timeout the longest to wait, in ms
   */
  async stop(timeout: number): Promise<StopOutcome> {
    this.#stopUpdates();
    const channels = [...this.#channels.values()];
    const ending = [...channels, ...this.#leaving.values()];
    this.#standbys.drop();
    const ends = [
      this.#triggers.close(),
      ...channels.map((channel) => channel.stop()),
      ...this.#leaving.keys(),
    ];
    const all = Promise.all(ends).then(() =>
      ending.some(({ destinations }) => destinations.hasLeftUnsent) ? 'unsent' : 'sent',
    );
    let cancel = (): void => {};
    const tooLate = new Promise<StopOutcome>((resolve) => {
      cancel = this.#context.clock.after(timeout, () => resolve('late'));
    });
    return await Promise.race([all, tooLate]).finally(cancel);
  }

  #add(plan: ChannelPlan): ChannelSupervisor {
    const channel = new ChannelSupervisor(plan, this.#context);
    channel.start();
    return channel;
  }

  #leave(channel: ChannelSupervisor): void {
    const leaving = channel.stop().finally(() => this.#leaving.delete(leaving));
    this.#leaving.set(leaving, channel);
  }

  #updateLater(): void {
    this.#stopUpdates = this.#context.clock.after(UPDATE_INTERVAL, () => {
      for (const channel of this.#channels.values()) channel.update();
      this.#updateLater();
    });
  }
}

function isSameButRevision(a: ChannelPlan, b: ChannelPlan): boolean {
  return isDeepStrictEqual({ ...a, revision: '' }, { ...b, revision: '' });
}
