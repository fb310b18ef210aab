import type { PushTarget } from '@cloudpush/engine';
import type { ChannelEdits } from './config/edit.js';
import { masked } from './config/masking.js';

import type { ConfigurationManager } from './configuration-manager.js';
import type { EventLog } from './events/event-log.js';
import {
  type ChannelResource,
  type ConfigurationText,
  type EventQuery,
  type Gateway,
  GatewayError,
  type ReloadReport,
  type RevisionCondition,
  type TriggerRequest,
} from './gateway.js';
import type { GatewayEvent } from './gateway-event.js';
import { applyMergePatch } from './merge-patch.js';
import type { ConfigurationFault, EngineState, GatewayState } from './state.js';
import { moveDestination, openPreview, triggerEvent } from './supervisor/channel-requests.js';
import type { ChannelSupervisor } from './supervisor/channel-supervisor.js';
import type { MediaDestination } from './supervisor/media-engine.js';
import type { StopOutcome, Supervisor } from './supervisor/supervisor.js';

/** Parts that a gateway is made of. */
export interface GatewayParts {
  readonly version: string;
  readonly manager: ConfigurationManager;
  readonly supervisor: Supervisor;
  /** A channel as it is written; default: in the file. */
  readonly document?: ((name: string) => unknown) | undefined;
  readonly events: EventLog;
  readonly engineState: () => EngineState;
  readonly now: () => number;
}

/** Applies the configuration, changes it as it is asked to, and tells how everything stands. */
export class GatewayService implements Gateway {
  readonly #parts: GatewayParts;
  readonly #startedAt: number;
  readonly #manager: ConfigurationManager;
  readonly #previews = new Map<string, MediaDestination>();
  #isStopping = false;
  /** Changes are made one after the other. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#manager = parts.manager;
    this.#startedAt = parts.now();
  }

  /** Starts the channels. */
  async start(): Promise<void> {
    await this.#serialize(async () => {
      await this.#parts.supervisor.apply(this.#manager.configuration);
    });
  }

  /** Ends all streams cleanly, for at most the configuration's `stopTimeout`. */
  async stop(): Promise<StopOutcome> {
    this.#isStopping = true;
    this.#parts.events.emit({ type: 'stopping', level: 'info', message: 'the gateway is ending' });
    return await this.#parts.supervisor.stop(this.#manager.configuration.stopTimeout);
  }

  snapshot(): GatewayState {
    const { version, supervisor, engineState, now } = this.#parts;
    return {
      version,
      startedAt: this.#startedAt,
      at: now(),
      ready: !this.#isStopping,
      configuration: this.#manager.state(),
      engine: engineState(),
      channels: supervisor.states(),
    };
  }

  clusterSnapshot(): GatewayState {
    return this.snapshot();
  }

  async channelPlace(): Promise<undefined> {
    return undefined;
  }

  async drainNode(): Promise<void> {
    throw new GatewayError('notFound', 'this gateway is no node of a cluster');
  }

  channel(name: string): ChannelResource | undefined {
    const running = this.#parts.supervisor.channel(name);
    if (running === undefined) return undefined;
    const configuration = masked(this.#document(name) ?? {}) as ChannelResource['configuration'];
    return { name, revision: running.plan.revision, configuration, state: running.state() };
  }

  events(query?: EventQuery): readonly GatewayEvent[] {
    return this.#parts.events.query(query);
  }

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    return this.#parts.events.subscribe(listener);
  }

  async addChannels(channels: Readonly<Record<string, unknown>>): Promise<readonly ChannelResource[]> {
    return await this.#serialize(async () => {
      const edits = new Map(Object.entries(channels));
      await this.#change(edits, (name) => {
        if (this.#parts.supervisor.channel(name) !== undefined) {
          throw new GatewayError('exists', `there is a channel ${name}`);
        }
      });
      return [...edits.keys()].map((name) => this.#resource(name));
    });
  }

  async replaceChannel(
    name: string,
    configuration: unknown,
    condition: RevisionCondition = {},
  ): Promise<ChannelResource> {
    return await this.#serialize(async () => {
      await this.#change(new Map([[name, configuration]]), () => this.#requireRevision(name, condition));
      return this.#resource(name);
    });
  }

  async patchChannel(
    name: string,
    patch: unknown,
    condition: RevisionCondition = {},
  ): Promise<ChannelResource> {
    return await this.#serialize(async () => {
      this.#require(name);
      const merged = applyMergePatch(masked(this.#manager.document(name)), patch);
      await this.#change(new Map([[name, merged]]), () => this.#requireRevision(name, condition));
      return this.#resource(name);
    });
  }

  async removeChannel(name: string, condition: RevisionCondition = {}): Promise<void> {
    await this.#serialize(async () => {
      this.#require(name);
      await this.#change(new Map([[name, undefined]]), () => this.#requireRevision(name, condition));
    });
  }

  async startChannel(name: string): Promise<ChannelResource> {
    return await this.#setEnabled(name, true);
  }

  async stopChannel(name: string): Promise<ChannelResource> {
    return await this.#setEnabled(name, false);
  }

  async restartChannel(name: string): Promise<ChannelResource> {
    return await this.#serialize(async () => {
      await this.#require(name).restart();
      return this.#resource(name);
    });
  }

  async triggerChannel(name: string, request: TriggerRequest = {}): Promise<ChannelResource> {
    triggerEvent(this.#require(name), request.action ?? 'pulse', request.type);
    return this.#resource(name);
  }

  async retryDestination(channel: string, destination: string): Promise<ChannelResource> {
    this.#require(channel).retry(destination);
    return this.#resource(channel);
  }

  async moveDestination(channel: string, destination: string, target: PushTarget): Promise<ChannelResource> {
    moveDestination(this.#require(channel), destination, target);
    return this.#resource(channel);
  }

  async openPreview(channel: string, url: string): Promise<void> {
    const preview = openPreview(this.#require(channel), url);
    this.#previews.set(url, preview);
    preview.on('close', () => this.#previews.delete(url));
  }

  async closePreview(url: string): Promise<void> {
    this.#previews.get(url)?.abort();
    this.#previews.delete(url);
  }

  async configuration(): Promise<ConfigurationText> {
    return this.#manager.text();
  }

  async checkConfiguration(text: string): Promise<readonly ConfigurationFault[]> {
    return this.#manager.parse(text).faults;
  }

  async reload(): Promise<ReloadReport> {
    return await this.#serialize(() => this.#manager.reload());
  }

  async #change(edits: ChannelEdits, check: (name: string) => void): Promise<void> {
    if (this.#isStopping) throw new GatewayError('stopping', 'the gateway is ending');
    await this.#manager.change(edits, check);
  }

  async #setEnabled(name: string, enabled: boolean): Promise<ChannelResource> {
    return await this.#serialize(async () => {
      this.#require(name);
      const { enabled: _, ...rest } = this.#manager.document(name) as { enabled?: unknown };
      const after = enabled ? rest : { ...rest, enabled: false };
      await this.#change(new Map([[name, after]]), () => {});
      return this.#resource(name);
    });
  }

  #require(name: string): ChannelSupervisor {
    const channel = this.#parts.supervisor.channel(name);
    if (channel === undefined) throw new GatewayError('notFound', `there is no channel ${name}`);
    return channel;
  }

  #requireRevision(name: string, { revision }: RevisionCondition): void {
    if (revision === undefined) return;
    const actual = this.#require(name).plan.revision;
    if (actual === revision) return;
    throw new GatewayError(
      'revisionMismatch',
      `${name} has been changed meanwhile: it has revision ${actual}`,
    );
  }

  #document(name: string): unknown {
    return (this.#parts.document ?? ((one) => this.#manager.document(one)))(name);
  }

  #resource(name: string): ChannelResource {
    const found = this.channel(name);
    if (found === undefined) throw new GatewayError('notFound', `there is no channel ${name}`);
    return found;
  }

  async #serialize<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#lastChange.then(change);
    this.#lastChange = done.catch(() => {});
    return await done;
  }
}
