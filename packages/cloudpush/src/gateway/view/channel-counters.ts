import type { StreamedChannel } from '../http/state-feed.js';

/** Counters of a channel at one moment, which rates are made of. */
export interface ChannelCounters {
  /** ms since 1970. */
  readonly at: number;
  readonly bytesIn: number;
  readonly videoFrames: number;
  /** Frames dropped, at all destinations. */
  readonly drops: number;
}

/** The counters of a channel, all destinations together. */
export function countersOf({ source, destinations }: StreamedChannel, at: number): ChannelCounters {
  const drops = Object.values(destinations).reduce((sum, { counters }) => {
    const { droppedDisposable, droppedPictures, droppedUndecodable, droppedAudio } = counters;
    return sum + droppedDisposable + droppedPictures + droppedUndecodable + droppedAudio;
  }, 0);
  const { bytesReceived, videoFrames } = source.counters;
  return { at, bytesIn: bytesReceived, videoFrames, drops };
}
