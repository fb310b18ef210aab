import type { SourceTracks } from '../../protocol/source-messages.js';
import type { SourceSession } from './source-session.js';

/** A source whose tracks are known: its media comes, or has not come for a while. */
export interface Connected {
  readonly name: 'streaming' | 'stalled';
  readonly session: SourceSession;
  readonly since: number;
  readonly tracks: SourceTracks;
}

/** The phase that a channel's source is in. Times in ms of the monotonic clock. */
export type SourcePhase =
  | { readonly name: 'connecting'; readonly session: SourceSession; readonly since: number }
  | Connected
  | { readonly name: 'retrying'; readonly at: number }
  /** Nothing more comes: of a file at its end, or a source that may not be opened again. */
  | { readonly name: 'over' }
  | { readonly name: 'closed' };

/**
 * Time at which a source is to be looked after, in ms of the monotonic clock; Infinity: not by itself.
 * @param timeout ms that one that is live may take to connect
 * @param nextLook time at which the silence of one that is connected is looked at
 */
export function nextTickOf(
  phase: SourcePhase,
  timeout: number,
  nextLook: (phase: Connected) => number,
): number {
  switch (phase.name) {
    case 'connecting': {
      const { session, since } = phase;
      return session.isLive ? Math.min(session.nextTick, since + timeout) : session.nextTick;
    }
    case 'streaming':
    case 'stalled':
      return Math.min(phase.session.nextTick, nextLook(phase));
    case 'retrying':
      return phase.at;
    case 'over':
    case 'closed':
      return Number.POSITIVE_INFINITY;
    default:
      return phase satisfies never;
  }
}
