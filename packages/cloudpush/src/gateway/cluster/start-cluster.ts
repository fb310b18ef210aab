import type { Fence } from '@cloudpush/engine';
import { DEFAULT_SLOTS, slotOf } from '../../cluster/assignment/assignment.js';
import type { ClusterClock } from '../../cluster/clock.js';
import { ClusterKeys } from '../../cluster/keys.js';
import { Balancer } from '../../cluster/node/balancer.js';
import { ClusterNode } from '../../cluster/node/cluster-node.js';
import type { NodeFence } from '../../cluster/node/node-fence.js';
import { NodeFolder } from '../../cluster/node/node-folder.js';
import type { NodeEventType } from '../../cluster/node/node-parts.js';
import { EtcdStore } from '../../cluster/store/etcd/etcd-store.js';
import { systemClock } from '../clock.js';
import type { ClusterPlan, GatewayConfiguration } from '../config/configuration.js';
import type { EventLog } from '../events/event-log.js';
import type { GatewayEvent } from '../gateway-event.js';
import type { GatewayService } from '../gateway-service.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { ChannelPlanner } from './channel-planner.js';
import { ChannelRunner } from './channel-runner.js';
import { ClusterGateway } from './cluster-gateway.js';
import { nodeStatus } from './node-status.js';
import { Peers } from './peers.js';
import { StoredChannels } from './stored-channels.js';

/** Before a cluster is joined again that refused, in ms. */
const JOIN_AGAIN = 5000;

/** Parts that a node of a cluster is built from. */
interface ClusterStart {
  readonly plan: ClusterPlan;
  readonly fence: Fence;
  readonly version: string;
  /** Of the configuration: paths are relative to its folder. */
  readonly file: string;
  /** Of the configuration. */
  readonly text: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly supervisor: Supervisor;
  readonly events: EventLog;
}

/** The parts of a gateway that is a node of a cluster. */
export interface StartedCluster {
  readonly runner: ChannelRunner;
  /** A channel of this node as it stands in the store. */
  document(name: string): unknown;
  /** @param configuration that of the file, as it is in force */
  gateway(local: GatewayService, configuration: () => GatewayConfiguration): ClusterGateway;
  /** Joins, as soon as the store answers; does not wait for it. */
  join(): void;
  close(): Promise<void>;
}

const levels: Readonly<Record<NodeEventType, readonly [GatewayEvent['type'], GatewayEvent['level']]>> = {
  joined: ['clusterJoined', 'info'],
  reconnected: ['clusterJoined', 'info'],
  draining: ['clusterDraining', 'info'],
  isolated: ['clusterLost', 'warn'],
  fenced: ['clusterLost', 'error'],
  leaseLost: ['clusterLost', 'error'],
  malformed: ['problem', 'error'],
  refused: ['clusterLost', 'error'],
};

/** Makes a gateway a node of its cluster. @throws Error when another process runs as the same node */
export async function startCluster(start: ClusterStart): Promise<StartedCluster> {
  const { plan, fence, version, supervisor, events } = start;
  const clock = fenceClock(fence);
  const keys = new ClusterKeys(plan.name);
  const store = new EtcdStore(plan);
  const planner = new ChannelPlanner(start.file, start.environment, plan);
  planner.text = start.text;
  const wallTime = systemClock.now;
  const runner = new ChannelRunner({
    store,
    keys,
    clock,
    supervisor,
    planner,
    slots: () => slots(),
    wallTime,
    emit: (event) => events.emit(event),
  });
  const folder = await openFolder(plan.folder, events);
  const { node: id, capacity, address } = plan;
  const node: ClusterNode = new ClusterNode({
    store,
    keys,
    clock,
    self: { id, capacity, address, version },
    ttl: plan.ttl,
    fence: nodeFence(fence, plan.isolation),
    owner: runner,
    predecessor: folder?.predecessor,
    onLease: async (lease) => await folder?.keep(lease),
    onEvent(type, message) {
      const [event, level] = levels[type];
      events.emit({ type: event, level, message });
    },
    status: () => nodeStatus(supervisor.states(), slots()),
  });
  const slots = (): number => node.view?.slots ?? DEFAULT_SLOTS;
  const balancer = new Balancer({ store, keys, clock, node: balancedNode(id, node) });
  const stored = new StoredChannels(store, keys, { planner, slots });
  let isClosed = false;
  const join = (): void => {
    node.start().catch((error: Error) => {
      events.emit({ type: 'clusterLost', level: 'error', message: error.message });
      if (!isClosed) clock.after(JOIN_AGAIN, join);
    });
  };
  return {
    runner,
    document: (name) => runner.find(name, slotOf(name, slots()))?.document,
    gateway(local, configuration) {
      const peers = new Peers(() => configuration().api?.token);
      const leaveTimeout = (): number => configuration().stopTimeout;
      return new ClusterGateway({
        name: plan.name,
        id,
        node,
        local,
        faulty: () => runner.faulty,
        stored,
        peers,
        clock,
        wallTime,
        leaveTimeout,
      });
    },
    join,
    async close() {
      isClosed = true;
      balancer.stop();
      await folder?.leave();
      store.close();
    },
  };
}

function balancedNode(id: string, node: ClusterNode) {
  return {
    id,
    get lease() {
      return node.lease;
    },
    get view() {
      return node.view;
    },
  };
}

function fenceClock(fence: Fence): ClusterClock {
  return {
    now: () => fence.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  };
}

function nodeFence(fence: Fence, isolation: ClusterPlan['isolation']): NodeFence {
  return {
    isolation,
    extend: (until) =>
      fence.extend({
        fencedFrom: isolation === 'fence' ? until : Number.POSITIVE_INFINITY,
        connectsUntil: until,
      }),
    close: () => fence.close(),
  };
}

async function openFolder(path: string, events: EventLog): Promise<NodeFolder | undefined> {
  try {
    return await NodeFolder.take(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const text = `a restart will wait for the lease to end, as the folder of the node cannot be used (${message}): see cluster.folder`;
    events.emit({ type: 'problem', level: 'warn', message: text });
    return undefined;
  }
}
