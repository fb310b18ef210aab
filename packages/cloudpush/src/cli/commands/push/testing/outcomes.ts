import type { ChannelOutcome } from '../channel-run.js';
import type { DestinationOutcome } from '../destination-run.js';

/** A channel that went well, but for what is said. */
export function channel(number: number, changes: Partial<ChannelOutcome> = {}, dropped = 0): ChannelOutcome {
  const made = channelAlone(number, changes, dropped);
  return {
    ...made,
    destinations: changes.destinations ?? [
      destination(made.url, { connected: made.connected, complete: made.complete, error: made.error }),
    ],
  };
}

/** A destination that got everything, but for what is said. */
export function destination(url: string, changes: Partial<DestinationOutcome> = {}): DestinationOutcome {
  const { stats } = channelAlone(1);
  return {
    connected: true,
    complete: true,
    failedAttempts: 0,
    losses: 0,
    error: undefined,
    ...changes,
    url,
    stats: {
      ...stats,
      unacknowledgedBytes: undefined,
      acknowledgementLag: undefined,
      timings: undefined,
      spool: undefined,
    },
    connects: changes.connects ?? [],
  };
}

function channelAlone(number: number, changes: Partial<ChannelOutcome> = {}, dropped = 0): ChannelOutcome {
  return {
    number,
    url: `rtmp://host/live/cam${number}`,
    connected: true,
    complete: true,
    clean: true,
    ending: 'source',
    videoFrames: 100,
    audioFrames: 200,
    mediaBytes: 900_000,
    refusals: 0,
    maxLag: 1.5,
    error: undefined,
    warning: undefined,
    localProblems: [],
    destinations: [],
    stats: {
      state: 'closed',
      source: undefined,
      paused: false,
      videoFrames: 100,
      audioFrames: 200,
      dataMessages: 1,
      bytesSent: 1_000_000,
      queuedBytes: 0,
      queuedMs: 0,
      packetsRefused: 0,
      packetsInvalid: 0,
      packetsLost: dropped,
      packetsBetweenSegments: 0,
      droppedDisposable: 0,
      droppedPictures: 0,
      droppedUndecodable: 0,
      lostPictures: 0,
      lostAudio: 0,
      droppedAudio: 0,
      pauses: 2,
      reconnects: 0,
      moves: 0,
      bitRate: 0,
      pausedMs: 0,
    },
    ...changes,
  };
}
