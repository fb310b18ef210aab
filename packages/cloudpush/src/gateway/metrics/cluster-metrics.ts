import type { ClusterState } from '../state.js';
import { type MetricFamily, single } from './metric-family.js';

const SECONDS = 1000;

type Definition = Pick<MetricFamily, 'name' | 'type' | 'help'>;

/** A metric that only nodes of a cluster have. */
function ofCluster(
  definition: Definition & { readonly value: (cluster: ClusterState) => number },
): MetricFamily {
  const { value, ...rest } = definition;
  return single({ ...rest, value: ({ cluster }) => (cluster === undefined ? undefined : value(cluster)) });
}

/** Of this node of a cluster. */
export const clusterMetrics: readonly MetricFamily[] = [
  ofCluster({
    name: 'cloudpush_cluster_lease_remaining_seconds',
    type: 'gauge',
    help: 'For how long the lease of the node lasts for sure; 0: it has none, and publishes nothing.',
    value: ({ leaseRemaining }) => leaseRemaining / SECONDS,
  }),
  ofCluster({
    name: 'cloudpush_cluster_store_latency_seconds',
    type: 'gauge',
    help: 'How long the store took for the latest beat.',
    value: ({ storeLatency }) => storeLatency / SECONDS,
  }),
  ofCluster({
    name: 'cloudpush_cluster_claims_total',
    type: 'counter',
    help: 'Slots that the node has claimed.',
    value: ({ claims }) => claims,
  }),
  ofCluster({
    name: 'cloudpush_cluster_moves_total',
    type: 'counter',
    help: 'Slots that the node has handed over to others.',
    value: ({ moves }) => moves,
  }),
  ofCluster({
    name: 'cloudpush_cluster_fences_total',
    type: 'counter',
    help: 'How often the node has reset all connections, as its lease was over.',
    value: ({ fences }) => fences,
  }),
  ofCluster({
    name: 'cloudpush_cluster_slots',
    type: 'gauge',
    help: 'Slots that the node has.',
    value: ({ slots }) => slots.own,
  }),
  ofCluster({
    name: 'cloudpush_cluster_unclaimed_slots',
    type: 'gauge',
    help: 'Slots that nobody has, as the node sees it: their channels run nowhere.',
    value: ({ slots }) => slots.unclaimed,
  }),
  ofCluster({
    name: 'cloudpush_cluster_nodes',
    type: 'gauge',
    help: 'Nodes with a lease, as the node sees it.',
    value: ({ nodes }) => nodes.length,
  }),
];
