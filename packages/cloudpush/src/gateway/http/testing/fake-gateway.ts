import type { PushTarget } from '@cloudpush/engine';
import {
  type ChannelResource,
  type ConfigurationText,
  type EventQuery,
  type Gateway,
  GatewayError,
  type ReloadReport,
  type RevisionCondition,
  type TriggerRequest,
} from '../../gateway.js';
import type { GatewayEvent } from '../../gateway-event.js';
import type { ChannelState, ConfigurationFault, GatewayState } from '../../state.js';
import { type GatewayPort, operations } from '../gateway-port.js';
import { BEGINNING, sampleChannel, sampleState } from './sample-state.js';

type Document = Readonly<Record<string, unknown>>;

interface FakeChannel {
  configuration: Document;
  state: ChannelState;
}

/** A gateway without an engine: it keeps channels in memory, and what was asked of it. */
export class FakeGateway implements Gateway {
  /** Calls that change something: the operation and its arguments. */
  readonly calls: (readonly unknown[])[] = [];
  readonly log: GatewayEvent[] = [];
  snapshots = 0;
  isReady = true;
  readonly #channels = new Map<string, FakeChannel>();
  #revisions = 0;

  constructor(channels: readonly ChannelState[] = []) {
    this.begin(channels);
  }

  /** Forgets everything, and has these channels. */
  begin(channels: readonly ChannelState[]): void {
    this.calls.length = 0;
    this.log.length = 0;
    this.snapshots = 0;
    this.isReady = true;
    this.#channels.clear();
    for (const state of channels) this.#channels.set(state.name, { configuration: {}, state });
  }

  /** Changes the state of a channel as if by itself. */
  set(name: string, changes: Partial<ChannelState>): void {
    const channel = this.#existing(name);
    channel.state = { ...channel.state, ...changes };
  }

  tell(message: string, channel?: string): void {
    this.log.push({
      id: this.log.length + 1,
      at: BEGINNING,
      type: 'problem',
      level: 'warn',
      channel,
      message,
    });
  }

  snapshot(): GatewayState {
    this.snapshots++;
    const channels = [...this.#channels.values()].map(({ state }) => state);
    return { ...sampleState(channels), ready: this.isReady };
  }

  clusterSnapshot(): GatewayState {
    return this.snapshot();
  }

  async drainNode(node: string, isDraining: boolean): Promise<void> {
    this.calls.push(['drainNode', node, isDraining]);
  }

  channel(name: string): ChannelResource | undefined {
    const channel = this.#channels.get(name);
    if (channel === undefined) return undefined;
    const { configuration, state } = channel;
    return { name, revision: state.revision, configuration, state };
  }

  events({ channel, after = 0, limit = 100 }: EventQuery = {}): readonly GatewayEvent[] {
    return this.log
      .filter((event) => event.id > after && (channel === undefined || event.channel === channel))
      .slice(-limit);
  }

  subscribe(): () => void {
    return () => {};
  }

  async addChannels(channels: Readonly<Record<string, unknown>>): Promise<readonly ChannelResource[]> {
    this.calls.push(['addChannels', channels]);
    for (const name of Object.keys(channels)) {
      if (this.#channels.has(name)) throw new GatewayError('exists', `there is a channel ${name} already`);
    }
    return Object.entries(channels).map(([name, configuration]) => this.#store(name, configuration));
  }

  async replaceChannel(
    name: string,
    configuration: unknown,
    condition: RevisionCondition = {},
  ): Promise<ChannelResource> {
    this.calls.push(['replaceChannel', name, configuration, condition]);
    this.#checkRevision(name, condition);
    return this.#store(name, configuration);
  }

  async patchChannel(
    name: string,
    patch: unknown,
    condition: RevisionCondition = {},
  ): Promise<ChannelResource> {
    this.calls.push(['patchChannel', name, patch, condition]);
    const { configuration } = this.#existing(name);
    this.#checkRevision(name, condition);
    return this.#store(name, { ...configuration, ...(patch as Document) });
  }

  async removeChannel(name: string, condition: RevisionCondition = {}): Promise<void> {
    this.calls.push(['removeChannel', name, condition]);
    this.#existing(name);
    this.#checkRevision(name, condition);
    this.#channels.delete(name);
  }

  startChannel(name: string): Promise<ChannelResource> {
    return this.#act('startChannel', name);
  }

  stopChannel(name: string): Promise<ChannelResource> {
    return this.#act('stopChannel', name);
  }

  restartChannel(name: string): Promise<ChannelResource> {
    return this.#act('restartChannel', name);
  }

  triggerChannel(name: string, request?: TriggerRequest): Promise<ChannelResource> {
    return this.#act('triggerChannel', name, request);
  }

  retryDestination(name: string, destination: string): Promise<ChannelResource> {
    return this.#act('retryDestination', name, destination);
  }

  moveDestination(name: string, destination: string, target: PushTarget): Promise<ChannelResource> {
    return this.#act('moveDestination', name, destination, target);
  }

  /** Nobody sends anything. */
  async openPreview(name: string, url: string): Promise<void> {
    this.calls.push(['openPreview', name, url]);
    this.#existing(name);
  }

  async channelPlace(): Promise<undefined> {
    return undefined;
  }

  async closePreview(url: string): Promise<void> {
    this.calls.push(['closePreview', url]);
  }

  async configuration(): Promise<ConfigurationText> {
    return { text: 'version: 1\nchannels: {}\n', revision: 'c1' };
  }

  async checkConfiguration(text: string): Promise<readonly ConfigurationFault[]> {
    if (!text.includes('tpc')) return [];
    return [
      {
        line: 3,
        column: 5,
        path: 'channels.gate.rtspTransport',
        message: '"tpc" is not one of tcp, udp, auto',
      },
    ];
  }

  async reload(): Promise<ReloadReport> {
    this.calls.push(['reload']);
    return { successful: true, faults: [], added: [], changed: [], removed: [], restartNeeded: [] };
  }

  async #act(operation: string, name: string, ...args: readonly unknown[]): Promise<ChannelResource> {
    this.calls.push([operation, name, ...args]);
    this.#existing(name);
    return this.channel(name)!;
  }

  #existing(name: string): FakeChannel {
    const channel = this.#channels.get(name);
    if (channel === undefined) throw new GatewayError('notFound', `there is no channel ${name}`);
    return channel;
  }

  #checkRevision(name: string, { revision }: RevisionCondition): void {
    if (revision === undefined || this.#channels.get(name)?.state.revision === revision) return;
    throw new GatewayError('revisionMismatch', `channel ${name} has been changed meanwhile`);
  }

  #store(name: string, configuration: unknown): ChannelResource {
    if ((configuration as Document)['source'] === 'wrong') {
      const path = `channels.${name}.source`;
      throw new GatewayError('invalid', `channel ${name} is at fault`, [{ path, message: 'no URL' }]);
    }
    const state = {
      ...sampleChannel(name),
      ...this.#channels.get(name)?.state,
      revision: `f${++this.#revisions}`,
    };
    this.#channels.set(name, { configuration: configuration as Document, state });
    return this.channel(name)!;
  }
}

/** The fake as another thread would see it. */
export function portTo(gateway: Gateway): GatewayPort {
  const methods = operations.map((operation) => [
    operation,
    async (...args: readonly unknown[]) => {
      const method = gateway[operation] as (...values: readonly unknown[]) => unknown;
      return structuredClone(await method.apply(gateway, [...args]));
    },
  ]);
  return Object.fromEntries(methods) as GatewayPort;
}
