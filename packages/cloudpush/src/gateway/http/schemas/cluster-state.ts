import { Type } from '../../schema-builder.js';
import { choice, count, text } from './common.js';

/** The parameters of a path that names a node. */
export const nodeParameters = Type.Object({ node: text('The name of a node.') });

const nodeSchema = Type.Object({
  id: text('Its name.'),
  state: choice('Whether it takes slots, or gives them away.', ['up', 'draining']),
  address: Type.Optional(text('Where its API answers.')),
  version: text('Of cloudpush.'),
  capacity: Type.Number({ description: 'Its share, beside that of the others.' }),
  slots: count('Slots that it has.'),
});

/** `GET /v1/cluster`. */
export const clusterStateSchema = Type.Object({
  name: text('Of the cluster.'),
  node: text('Of the node that answers.'),
  state: choice('How it stands.', ['joining', 'up', 'draining', 'isolated', 'fenced', 'rejoining', 'left']),
  leaseRemaining: count('ms for which its lease lasts for sure.'),
  storeLatency: count('ms that the store took for the latest beat.'),
  claims: count('Slots that it has claimed since it began.'),
  moves: count('Slots that it has handed over since it began.'),
  fences: count('How often it has reset everything, as its lease was over.'),
  slots: Type.Object({
    total: count('Of the cluster.'),
    own: count('Of the node that answers.'),
    unclaimed: count('Of nobody.'),
  }),
  nodes: Type.Array(nodeSchema),
});
