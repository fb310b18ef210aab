import type { GatewayState } from '../state.js';
import type { MetricFamily, Sample } from './metric-family.js';

const FIXED_LABELS = ['channel', 'mode', 'source_kind'];
/** Before the names of the operator's own labels, so that they meet no other. */
const PREFIX = 'label_';

/** Always 1: joins the operator's labels, as `label_<name>`, to the other metrics of a channel. */
export const channelInfo = {
  name: 'cloudpush_channel_info',
  type: 'gauge',
  help: 'Always 1; the labels tell of the channel, those of the configuration with label_ before their names.',
  labels: FIXED_LABELS,
  /** The labels that the channels have, together. */
  labelsOf(state: GatewayState): readonly string[] {
    return [...FIXED_LABELS, ...ownLabels(state).map((name) => PREFIX + name)];
  },
  *samples(state: GatewayState): Iterable<Sample> {
    const own = ownLabels(state);
    for (const { name, mode, source, labels } of state.channels) {
      yield [[name, mode, source.kind, ...own.map((label) => labelOf(labels, label))], 1];
    }
  },
} as const satisfies MetricFamily & Record<'labelsOf', unknown>;

function ownLabels({ channels }: GatewayState): readonly string[] {
  return [...new Set(channels.flatMap(({ labels }) => Object.keys(labels)))].sort();
}

/** A label may have the name of something that every object has, such as `constructor`. */
function labelOf(labels: Readonly<Record<string, string>>, label: string): string {
  return Object.hasOwn(labels, label) ? labels[label]! : '';
}
