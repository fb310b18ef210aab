import type { ClusterState } from '../../state.js';
import { hasTerm, toggleTerm } from '../model/filter.js';
import { grouped, plural } from '../model/text.js';
import { nodeTone } from '../model/tones.js';
import { Lamp } from './lamp.js';
import { go, location, rows, state } from './store.js';

/** The nodes of the cluster, each a filter of its channels; nothing where there is no cluster. */
export function ClusterNodes() {
  const cluster = state.value?.cluster;
  if (cluster === undefined) return null;
  const { unclaimed } = cluster.slots;
  return (
    <nav class="nodes" aria-label={`Nodes of the cluster ${cluster.name}`}>
      {cluster.nodes.map((node) => (
        <Node key={node.id} node={node} isOwn={node.id === cluster.node} />
      ))}
      {unclaimed > 0 && <Lamp tone="bad" word={`${plural(unclaimed, 'slot')} of nobody`} />}
      {cluster.state !== 'up' && (
        <Lamp tone={nodeTone(cluster.state)} of={cluster.node} word={cluster.state} />
      )}
    </nav>
  );
}

interface NodeProps {
  readonly node: ClusterState['nodes'][number];
  /** It is the one that shows this page. */
  readonly isOwn: boolean;
}

function Node({ node: { id, state: standing, slots, version }, isOwn }: NodeProps) {
  const term = `node:${id}`;
  const { filter } = location.value;
  const channels = state.value?.channels ?? {};
  const count = rows.value.filter(({ name }) => channels[name]?.node === id).length;
  return (
    <button
      type="button"
      class="count node"
      aria-pressed={hasTerm(filter, term)}
      title={`cloudpush ${version}${isOwn ? ', which shows this page' : ''}`}
      onClick={() => go({ channel: undefined, filter: toggleTerm(filter, term) })}
    >
      <Lamp tone={nodeTone(standing)} of={id} word={standing} />
      <span class="share">
        {plural(count, 'channel')}, {grouped(slots)} slots
      </span>
    </button>
  );
}
