import type { ChannelStatus, ClusterState, DestinationStatus, SourceStatus } from '../../state.js';

/** Meaning of a state to whoever looks: each has a shape and a colour of its own. */
export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'off';

const channelTones: Readonly<Record<ChannelStatus, Tone>> = {
  online: 'good',
  starting: 'busy',
  degraded: 'warning',
  offline: 'bad',
  disabled: 'off',
};

const sourceTones: Readonly<Record<SourceStatus, Tone>> = {
  streaming: 'good',
  connecting: 'busy',
  stalled: 'warning',
  retrying: 'bad',
  failed: 'bad',
  ended: 'off',
  idle: 'off',
};

const destinationTones: Readonly<Record<DestinationStatus, Tone>> = {
  publishing: 'good',
  connecting: 'busy',
  backfilling: 'busy',
  paused: 'warning',
  spooling: 'warning',
  retrying: 'bad',
  refused: 'bad',
  closed: 'off',
  idle: 'off',
};

const nodeTones: Readonly<Record<ClusterState['state'], Tone>> = {
  up: 'good',
  joining: 'busy',
  rejoining: 'busy',
  draining: 'warning',
  isolated: 'warning',
  fenced: 'bad',
  left: 'off',
};

/** The tone of a node of a cluster. */
export function nodeTone(state: ClusterState['state']): Tone {
  return nodeTones[state];
}

/** The tone of a channel. */
export function channelTone(state: ChannelStatus): Tone {
  return channelTones[state];
}

/** The tone of a source. */
export function sourceTone(state: SourceStatus): Tone {
  return sourceTones[state];
}

/** The tone of a destination. */
export function destinationTone(state: DestinationStatus): Tone {
  return destinationTones[state];
}
