import type { ChannelTotals, DestinationTotals } from './stats.js';

export const NO_DESTINATION_TOTALS: DestinationTotals = {
  videoFrames: 0,
  audioFrames: 0,
  dataMessages: 0,
  bytesSent: 0,
  droppedDisposable: 0,
  droppedPictures: 0,
  droppedUndecodable: 0,
  lostPictures: 0,
  lostAudio: 0,
  droppedAudio: 0,
  reconnects: 0,
  moves: 0,
};

export const NO_CHANNEL_TOTALS: ChannelTotals = {
  ...NO_DESTINATION_TOTALS,
  packetsRefused: 0,
  packetsInvalid: 0,
  packetsLost: 0,
  packetsBetweenSegments: 0,
  pauses: 0,
  pausedMs: 0,
};

/** The sum, number by number: of all that `a` counts, and nothing else. */
export function addTotals<Totals extends DestinationTotals>(a: Totals, b: Totals): Totals {
  const sum = { ...a } as Record<keyof Totals, number>;
  for (const key in a) sum[key] += Number(b[key]);
  return sum as unknown as Totals;
}
