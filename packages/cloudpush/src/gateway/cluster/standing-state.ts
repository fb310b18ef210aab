import type { ChannelState } from '../state.js';

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

/** The state of a channel that no node was found to run, such as one that is just being handed over. */
export function standingState(
  name: string,
  document: Readonly<Record<string, unknown>>,
  {
    revision,
    node,
    since,
  }: { readonly revision: string; readonly node: string | undefined; readonly since: number },
): ChannelState {
  const { labels = {}, enabled = true, mode = 'continuous' } = document;
  return {
    name,
    labels: labels as ChannelState['labels'],
    mode: mode as ChannelState['mode'],
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
