import type { DestinationTotals } from '@cloudpush/engine';
import type { Stretch } from './far-report.js';

/** Packets that a channel was given. */
export interface Accepted {
  readonly pictures: number;
  readonly frames: number;
}

/** Fate of a channel's packets. */
export interface Account {
  readonly accepted: number;
  /** Arrived, bit for bit and in order. */
  readonly arrived: number;
  /** Dropped or lost, and counted as such. */
  readonly counted: number;
  /** Handed to connections that were lost with them. */
  readonly lostWithConnections: number;
  /**
   * Packets of which nobody says what became of them, or that arrived otherwise than they were sent: zero.
   */
  readonly unaccounted: number;
}

/** Compares what a channel took, says that it did, and what arrived of it. */
export function accountOf(
  accepted: Accepted,
  stats: DestinationTotals,
  stretches: readonly Stretch[],
): Account {
  const dropped =
    stats.droppedDisposable + stats.droppedPictures + stats.droppedUndecodable + stats.droppedAudio;
  const counted = dropped + stats.lostPictures + stats.lostAudio;
  const sent = stats.videoFrames + stats.audioFrames;
  const all = accepted.pictures + accepted.frames;
  const begun = stretches.filter(({ first }) => first >= 0).sort((one, other) => one.first - other.first);
  const arrived = sum(begun, ({ pictures, frames }) => pictures + frames);
  const missing = sum(begun, ({ first, last, pictures, frames }) => last - first + 1 - pictures - frames);
  const overlaps = begun.filter(({ first }, i) => first <= (begun[i - 1]?.last ?? -1)).length;
  const unaccounted =
    Math.abs(all - sent - counted) +
    Math.max(0, missing - dropped) +
    Math.max(0, arrived - sent) +
    overlaps +
    sum(stretches, ({ altered, disordered }) => altered + disordered);
  return { accepted: all, arrived, counted, lostWithConnections: sent - arrived, unaccounted };
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
