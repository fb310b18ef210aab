/** The states of a destination's spool, as its counter tells them. */
export const spoolStates: readonly SpoolState[] = ['idle', 'spooling', 'waiting', 'backfilling', 'off'];

/** The state of a destination's spool: see {@link SpoolStats}. */
export type SpoolState = 'idle' | 'spooling' | 'waiting' | 'backfilling' | 'off';

/** The figures of a destination's disk spool since the destination was added. */
export interface SpoolStats {
  /**
   * `'idle'`: nothing is on disk that is to be sent; `'spooling'`: media goes to disk and not to the server;
   * `'waiting'`: what is on disk is to be sent later; `'backfilling'`: it is being sent; `'off'`: the disk
   * has failed, and what does not fit is dropped.
   */
  readonly state: SpoolState;
  /** Gaps on disk. */
  readonly gaps: number;
  /** Bytes on disk. */
  readonly bytes: number;
  /** How much media is on disk that has yet to be sent, in ms. */
  readonly behindMs: number;
  /** Bits a second at which it is being sent; 0: it is not. */
  readonly backfillRate: number;
  /** When it will have been sent at this rate, in ms from now; undefined: nobody knows. */
  readonly doneInMs: number | undefined;
  /** Pictures that went to disk and not to the connection. */
  readonly spooledVideoFrames: number;
  /** Audio frames that did. */
  readonly spooledAudioFrames: number;
  /** Bytes written to disk, of media that the connection had been handed as well included. */
  readonly spooledBytes: number;
  /** The same in ms of media. */
  readonly spooledMs: number;
  /** Bytes sent from disk, and taken off it. */
  readonly sentBytes: number;
  readonly sentMs: number;
  /** Bytes that were removed for their age or for room before they were sent. */
  readonly expiredBytes: number;
  readonly expiredMs: number;
  /** Bytes that could not be written, or read again. */
  readonly lostBytes: number;
  readonly lostMs: number;
}
