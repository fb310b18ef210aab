import type { PushTarget } from '@cloudpush/engine';
import { slotOf } from '../../cluster/assignment/assignment.js';
import type { ClusterClock } from '../../cluster/clock.js';
import type { ClusterNode } from '../../cluster/node/cluster-node.js';
import type { NodeRecord } from '../../cluster/records.js';
import { masked } from '../config/masking.js';
import {
  type ChannelPlace,
  type ChannelResource,
  type ConfigurationText,
  type EventQuery,
  type Gateway,
  GatewayError,
  type LocalQuery,
  type ReloadReport,
  type RevisionCondition,
  type TriggerRequest,
} from '../gateway.js';
import type { GatewayEvent } from '../gateway-event.js';
import type { GatewayService } from '../gateway-service.js';
import type { ChannelState, ConfigurationFault, GatewayState } from '../state.js';
import type { StopOutcome } from '../supervisor/supervisor.js';
import type { FaultyChannel } from './channel-plans.js';
import { clusterState } from './cluster-state.js';
import { type Peers, requireAddress } from './peers.js';
import { faultyState, standingState } from './standing-state.js';
import type { StoredChannels } from './stored-channels.js';

/** A change is waited for so long, in ms, until the node that has the channel runs it. */
const VISIBLE = 2000;
const LOOK = 50;
/** Channels of one answer of another node. */
const PAGE = 1000;

interface ClusterGatewayParts {
  readonly name: string;
  readonly id: string;
  readonly node: ClusterNode;
  /** The channels of this node. */
  readonly local: GatewayService;
  /** Those that it owns, and cannot run. */
  readonly faulty: () => readonly FaultyChannel[];
  readonly stored: StoredChannels;
  readonly peers: Peers;
  readonly clock: ClusterClock;
  /** ms since 1970. */
  readonly wallTime: () => number;
  /** ms that handing over may take at the end. */
  readonly leaveTimeout: () => number;
}

/**
 * A node of a cluster, which answers for the whole: what concerns a channel of another node is done there.
 */
export class ClusterGateway implements Gateway {
  readonly #parts: ClusterGatewayParts;
  readonly #local: GatewayService;

  constructor(parts: ClusterGatewayParts) {
    this.#parts = parts;
    this.#local = parts.local;
  }

  /** Hands over what others take, and ends the rest. */
  async stop(): Promise<StopOutcome> {
    await this.#parts.node.leave(this.#parts.leaveTimeout());
    return await this.#local.stop();
  }

  snapshot(): GatewayState {
    const { name, id, node } = this.#parts;
    const state = this.#local.snapshot();
    const running = state.channels.map((channel) => ({ ...channel, node: id }));
    const faulty = this.#parts.faulty().map((one) => faultyState(one, id));
    const channels = faulty.length === 0 ? running : [...faulty, ...running].sort(byName);
    return { ...state, channels, cluster: clusterState(name, id, node) };
  }

  async clusterSnapshot(): Promise<GatewayState> {
    const own = this.snapshot();
    const others = await Promise.all(this.#others().map((node) => this.#channelsOf(node)));
    const all = new Map(others.flat().map((channel) => [channel.name, channel]));
    for (const channel of own.channels) all.set(channel.name, channel);
    const channels = [...all.values()].sort(byName);
    return { ...own, channels };
  }

  async channel(name: string, { local = false }: LocalQuery = {}): Promise<ChannelResource | undefined> {
    const here = this.#local.channel(name);
    if (here !== undefined) return { ...here, state: { ...here.state, node: this.#parts.id } };
    const faulty = this.#parts.faulty().find((one) => one.name === name);
    if (faulty !== undefined) return this.#faultyResource(faulty);
    if (local) return undefined;
    const owner = this.#ownerOf(name);
    if (owner !== undefined) {
      const there = await this.#parts.peers
        .ask<ChannelResource>(owner, { path: `${pathOf(name)}?local=true` })
        .catch(() => undefined);
      if (there !== undefined) return there;
    }
    return await this.#standing(name, owner?.id);
  }

  events(query?: EventQuery): readonly GatewayEvent[] {
    return this.#local.events(query);
  }

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    return this.#local.subscribe(listener);
  }

  async addChannels(channels: Readonly<Record<string, unknown>>): Promise<readonly ChannelResource[]> {
    const revision = await this.#parts.stored.add(channels);
    return await Promise.all(Object.keys(channels).map((name) => this.#visible(name, revision)));
  }

  async replaceChannel(
    name: string,
    configuration: unknown,
    condition: RevisionCondition = {},
  ): Promise<ChannelResource> {
    return await this.#visible(name, await this.#parts.stored.replace(name, configuration, condition));
  }

  async patchChannel(
    name: string,
    patch: unknown,
    condition: RevisionCondition = {},
  ): Promise<ChannelResource> {
    return await this.#visible(name, await this.#parts.stored.patch(name, patch, condition));
  }

  async removeChannel(name: string, condition: RevisionCondition = {}): Promise<void> {
    await this.#parts.stored.remove(name, condition);
  }

  async startChannel(name: string): Promise<ChannelResource> {
    return await this.#visible(name, await this.#parts.stored.setEnabled(name, true));
  }

  async stopChannel(name: string): Promise<ChannelResource> {
    return await this.#visible(name, await this.#parts.stored.setEnabled(name, false));
  }

  async restartChannel(name: string): Promise<ChannelResource> {
    return await this.#act(name, 'restart', undefined, (local) => local.restartChannel(name));
  }

  async triggerChannel(name: string, request: TriggerRequest = {}): Promise<ChannelResource> {
    return await this.#act(name, 'trigger', request, (local) => local.triggerChannel(name, request));
  }

  async retryDestination(name: string, destination: string): Promise<ChannelResource> {
    const action = `destinations/${encodeURIComponent(destination)}/retry`;
    return await this.#act(name, action, undefined, (local) => local.retryDestination(name, destination));
  }

  async moveDestination(name: string, destination: string, target: PushTarget): Promise<ChannelResource> {
    const action = `destinations/${encodeURIComponent(destination)}/move`;
    return await this.#act(name, action, target, (local) => local.moveDestination(name, destination, target));
  }

  async channelPlace(name: string): Promise<ChannelPlace | undefined> {
    const owner = this.#local.channel(name) === undefined ? this.#ownerOf(name) : undefined;
    return owner && { node: owner.id, address: requireAddress(owner) };
  }

  async openPreview(name: string, url: string): Promise<void> {
    await this.#local.openPreview(name, url);
  }

  async closePreview(url: string): Promise<void> {
    await this.#local.closePreview(url);
  }

  async configuration(): Promise<ConfigurationText> {
    return await this.#local.configuration();
  }

  async checkConfiguration(text: string): Promise<readonly ConfigurationFault[]> {
    return await this.#local.checkConfiguration(text);
  }

  async reload(): Promise<ReloadReport> {
    return await this.#local.reload();
  }

  async drainNode(id: string, isDraining: boolean): Promise<void> {
    const { node, peers } = this.#parts;
    if (id === this.#parts.id) {
      await (isDraining ? node.drain() : node.resume());
      return;
    }
    const other = this.#others().find((one) => one.id === id);
    if (other === undefined) throw new GatewayError('notFound', `there is no node ${id}`);
    const path = `/v1/cluster/nodes/${encodeURIComponent(id)}/${isDraining ? 'drain' : 'resume'}`;
    await peers.ask(other, { method: 'POST', path });
  }

  #others(): readonly NodeRecord[] {
    return (this.#parts.node.view?.nodes ?? []).filter(({ id }) => id !== this.#parts.id);
  }

  /** The other node that has a channel; undefined: none, or this one. */
  #ownerOf(name: string): NodeRecord | undefined {
    const { view } = this.#parts.node;
    if (view === undefined) return undefined;
    const claim = view.claims.get(slotOf(name, view.slots));
    return this.#others().find(({ id }) => id === claim?.node);
  }

  async #channelsOf(node: NodeRecord): Promise<readonly ChannelState[]> {
    const channels: ChannelState[] = [];
    try {
      for (;;) {
        const path = `/v1/channels?local=true&limit=${PAGE}&offset=${channels.length}`;
        const page = await this.#parts.peers.ask<{ items: ChannelState[]; total: number }>(node, { path });
        channels.push(...page.items);
        if (page.items.length === 0 || channels.length >= page.total) return channels;
      }
    } catch {
      // A node that does not answer: its channels are seen again with it, or with who takes them.
      return channels;
    }
  }

  async #act(
    name: string,
    action: string,
    body: unknown,
    here: (local: GatewayService) => Promise<ChannelResource>,
  ): Promise<ChannelResource> {
    const owner = this.#local.channel(name) === undefined ? this.#ownerOf(name) : undefined;
    if (owner === undefined) return await here(this.#local);
    return await this.#parts.peers.ask(owner, { method: 'POST', path: `${pathOf(name)}/${action}`, body });
  }

  /** The channel with a change that was made, as soon as whoever has it runs that. */
  async #visible(name: string, revision: number): Promise<ChannelResource> {
    const { clock } = this.#parts;
    const end = clock.now() + VISIBLE;
    for (;;) {
      const found = await this.channel(name);
      if (found !== undefined && Number(found.revision) >= revision) return found;
      if (clock.now() > end) break;
      await new Promise<void>((resolve) => void clock.after(LOOK, resolve));
    }
    const stands = await this.#standing(name, undefined);
    if (stands !== undefined) return stands;
    throw new GatewayError('notFound', `${name} has been removed meanwhile`);
  }

  /** A channel that stands in the store, and runs nowhere that could be asked. */
  async #standing(name: string, node: string | undefined): Promise<ChannelResource | undefined> {
    const { stored, wallTime } = this.#parts;
    const found = await stored.find(name);
    if (found === undefined) return undefined;
    const revision = String(found.revision);
    if (found.document === undefined) {
      const { fault } = found;
      const faulty: FaultyChannel = { name, revision, document: {}, fault, since: wallTime() };
      return this.#faultyResource(faulty, node);
    }
    const configuration = masked(found.document) as ChannelResource['configuration'];
    return {
      name,
      revision,
      configuration,
      state: standingState(name, configuration, { revision, node, since: wallTime() }),
    };
  }

  #faultyResource(faulty: FaultyChannel, node: string | undefined = this.#parts.id): ChannelResource {
    const { name, revision, document } = faulty;
    const configuration = masked(document) as ChannelResource['configuration'];
    return { name, revision, configuration, state: faultyState(faulty, node) };
  }
}

function byName(a: ChannelState, b: ChannelState): number {
  return a.name < b.name ? -1 : 1;
}

function pathOf(name: string): string {
  return `/v1/channels/${encodeURIComponent(name)}`;
}
