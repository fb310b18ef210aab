import type { FastifyInstance } from 'fastify';
import type { ClusterState } from '../../state.js';
import type { GatewayPort } from '../gateway-port.js';
import { type HttpContext, MAX_STATE_AGE } from '../http-context.js';
import { Problem } from '../problem.js';
import { clusterStateSchema, nodeParameters } from '../schemas/cluster-state.js';
import type { SnapshotCache } from '../snapshot-cache.js';
import { documented } from './route-documentation.js';

const tags = ['cluster'];

const actions = {
  drain: { summary: 'Has a node give all its channels away, one slot after the other.', isDraining: true },
  resume: { summary: 'Has a node that was drained take its share again.', isDraining: false },
} as const;

/** `/v1/cluster`: the cluster as this node sees it, and what its nodes are told. */
export function clusterRoutes(app: FastifyInstance, { gateway, snapshots }: HttpContext): void {
  const schema = documented({
    operationId: 'getCluster',
    summary: 'The nodes of the cluster, the share of each, and the state of this node.',
    tags,
    answers: clusterStateSchema,
  });
  app.get('/v1/cluster', { schema }, async () => await clusterOf(snapshots));
  for (const [action, { summary, isDraining }] of Object.entries(actions)) {
    actionRoute(app, { action, summary, isDraining, gateway, snapshots });
  }
}

interface ActionRoute {
  readonly action: string;
  readonly summary: string;
  readonly isDraining: boolean;
  readonly gateway: GatewayPort;
  readonly snapshots: SnapshotCache;
}

function actionRoute(app: FastifyInstance, route: ActionRoute): void {
  const { action, summary, isDraining, gateway, snapshots } = route;
  const schema = documented({
    operationId: `${action}Node`,
    summary,
    tags,
    params: nodeParameters,
    status: 204,
  });
  app.post(`/v1/cluster/nodes/:node/${action}`, { schema }, async ({ params }, reply) => {
    await gateway.drainNode((params as { node: string }).node, isDraining);
    snapshots.forget();
    return reply.code(204).send();
  });
}

async function clusterOf(snapshots: SnapshotCache): Promise<ClusterState> {
  const { cluster } = await snapshots.get(MAX_STATE_AGE);
  if (cluster === undefined) throw new Problem('not-found', 'this gateway is no node of a cluster');
  return cluster;
}
