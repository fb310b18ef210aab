import type { DestinationStats } from './stats.js';

/** What is counted of a destination and only grows. */
export type Totals = Omit<DestinationStats, 'state' | 'queuedBytes' | 'queuedMs'>;

export const NO_TOTALS: Totals = {
  videoFrames: 0,
  audioFrames: 0,
  dataMessages: 0,
  bytesSent: 0,
  droppedDisposable: 0,
  droppedPictures: 0,
  droppedAudio: 0,
  reconnects: 0,
  moves: 0,
};

/** What is counted, without how things stand. */
export function totalsOf({
  state: _,
  queuedBytes: _bytes,
  queuedMs: _ms,
  ...totals
}: DestinationStats): Totals {
  return totals;
}

/** The sum, number by number. */
export function addTotals(a: Totals, b: Totals): Totals {
  return {
    videoFrames: a.videoFrames + b.videoFrames,
    audioFrames: a.audioFrames + b.audioFrames,
    dataMessages: a.dataMessages + b.dataMessages,
    bytesSent: a.bytesSent + b.bytesSent,
    droppedDisposable: a.droppedDisposable + b.droppedDisposable,
    droppedPictures: a.droppedPictures + b.droppedPictures,
    droppedAudio: a.droppedAudio + b.droppedAudio,
    reconnects: a.reconnects + b.reconnects,
    moves: a.moves + b.moves,
  };
}
