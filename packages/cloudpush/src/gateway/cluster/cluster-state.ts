import type { ClusterNode } from '../../cluster/node/cluster-node.js';
import type { ClusterState } from '../state.js';

/** The cluster as this node sees it. */
export function clusterState(name: string, id: string, node: ClusterNode): ClusterState {
  const { view, figures } = node;
  const { slots: own, ...counted } = figures;
  const owners = new Map<string, number>();
  const claims = view?.claims ?? new Map<number, { readonly node: string }>();
  for (const claim of claims.values()) owners.set(claim.node, (owners.get(claim.node) ?? 0) + 1);
  const nodes = (view?.nodes ?? []).map((one) => ({
    id: one.id,
    state: one.state,
    address: one.address,
    version: one.version,
    capacity: one.capacity,
    slots: owners.get(one.id) ?? 0,
  }));
  const total = view?.slots ?? 0;
  const state = node.isIsolated ? 'isolated' : node.state;
  return { name, node: id, state, ...counted, slots: { total, own, unclaimed: total - claims.size }, nodes };
}
