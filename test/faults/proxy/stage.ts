import type { Random } from '../../fuzz/transport/random.js';

/** The kinds of faults that a network can be made to have. */
export type FaultKind =
  | 'delay'
  | 'rate'
  | 'split'
  | 'stall'
  | 'blackHole'
  | 'corrupt'
  | 'reset'
  | 'halfClose'
  | 'end'
  | 'refuse';

/** Time for stages: the system's, or that of a test. */
export interface StageClock {
  /** ms from any origin. */
  now(): number;
  /** Resolves after `ms`, which may be infinite; rejects when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Effects of a stage on the whole connection. */
export interface FaultyConnection {
  /** Resets both ends. */
  reset(): void;
  /** Ends what the server says to the client; the other way stays open. */
  halfClose(): void;
  /** Ends both ways, in an orderly manner, wherever in a message that is. */
  end(): void;
}

export interface StageContext {
  readonly clock: StageClock;
  readonly random: Random;
  /** Aborted when the connection is over. */
  readonly signal: AbortSignal;
  readonly connection: FaultyConnection;
  /** Counts a fault that takes effect now. */
  tell(kind: FaultKind): void;
}

/** One direction of a connection, in pieces. */
export type Pieces = AsyncIterable<Buffer>;

/**
 * A fault of one way through a connection: takes pieces, and gives what becomes of them. Whoever is not asked
 * for the next piece does not read either, so that a fault that waits stops the sender, as a full network
 * does.
 */
export type Stage = (pieces: Pieces, context: StageContext) => Pieces;

/** The pieces behind all the stages, the first of which is next to the sender. */
export function through(stages: readonly Stage[], pieces: Pieces, context: StageContext): Pieces {
  return stages.reduce((before, stage) => stage(before, context), pieces);
}
