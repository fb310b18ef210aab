import type { ChannelState } from '../state.js';
import type { ChannelDocument } from './channel-document.js';
import type { FaultyChannel } from './channel-plans.js';

const NO_SOURCE_COUNTERS = {
  bytesReceived: 0,
  videoFrames: 0,
  audioFrames: 0,
  rtpPackets: 0,
  rtpLost: 0,
  rtpReordered: 0,
  rtpDuplicates: 0,
  damagedPictures: 0,
  framesRefused: 0,
  reconnects: 0,
};

/** Place of a channel in the cluster. */
interface Standing {
  readonly revision: string;
  /** Undefined: no node is known to have it. */
  readonly node: string | undefined;
  /** ms since 1970. */
  readonly since: number;
}

/** The state of a channel that no node was found to run, such as one that is just being handed over. */
export function standingState(name: string, document: ChannelDocument, standing: Standing): ChannelState {
  const { labels, enabled = true, mode } = document;
  const { revision, node, since } = standing;
  return {
    name,
    labels: textsOf(labels),
    mode: mode === 'event' ? mode : 'continuous',
    state: enabled === false ? 'disabled' : 'starting',
    since,
    revision,
    source: { kind: 'rtsp', place: '', state: 'idle', since, attempt: 0, counters: NO_SOURCE_COUNTERS },
    destinations: [],
    events: 0,
    paused: false,
    pauses: 0,
    pausedMs: 0,
    node,
  };
}

/**
 * The state of a channel that its node cannot run: it stays so until the channel, or what is around it, is
 * changed.
 */
export function faultyState(faulty: FaultyChannel, node: string | undefined): ChannelState {
  const { name, document, revision, fault, since } = faulty;
  const standing = standingState(name, document, { revision, node, since });
  const lastError = { code: 'ERR_CLOUDPUSH_INVALID_OPTION', message: fault, at: since };
  const source = { ...standing.source, state: 'failed', lastError } as const;
  return { ...standing, state: 'offline', lastError, source };
}

function textsOf(labels: unknown): Readonly<Record<string, string>> {
  if (typeof labels !== 'object' || labels === null) return {};
  const texts = Object.entries(labels).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts) as Record<string, string>;
}
