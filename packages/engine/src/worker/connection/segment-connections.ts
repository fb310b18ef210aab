import { RtmpError, RtmpErrorCode, type RtmpPublisher } from '@cloudpush/transport';
import type { DestinationConfig } from '../../options/destination-config.js';
import type { SegmentStanding } from './reconnector-owner.js';

/**
 * Decides whether one connection carries several segments, which depends on what its server has borne so far.
 */
export class SegmentConnections {
  readonly #mode: DestinationConfig['segmentConnection'];
  /** The server has closed a connection that was to carry the next segment. */
  #oneStreamEach = false;

  constructor(mode: DestinationConfig['segmentConnection']) {
    this.#mode = mode;
  }

  /** The server bears another stream on the connection, for all that is known. */
  carriesNext(publisher: RtmpPublisher | undefined): boolean {
    if (this.#oneStreamEach || this.#mode === 'new') return false;
    return this.#mode === 'same' || publisher?.profile.nextStream !== false;
  }

  /**
   * Judges the end of a connection that was publishing. Servers close one whose stream is over, or on a
   * second `publish`.
   * @returns `'atRest'`: nothing is lost, and none is needed before the next segment; `'opening'`: the next
   *   segment gets another one; undefined: the connection is lost.
   */
  judge(error: Error, standing: SegmentStanding): 'atRest' | 'opening' | undefined {
    if (!(error instanceof RtmpError)) return undefined;
    const isAtRest = standing.isAtRest && error.code === RtmpErrorCode.peerClosed;
    if (!isAtRest && !(standing.isOpening && BEARS_NO_OTHER.has(error.code))) return undefined;
    this.#oneStreamEach = true;
    return isAtRest ? 'atRest' : 'opening';
  }
}

/**
 * The end of the segment before has arrived: the server has closed in an orderly way, or has answered since.
 */
export function hasArrived(error: Error): boolean {
  return error instanceof RtmpError && (error.code === RtmpErrorCode.peerClosed || hasAnswered(error));
}

/** The server has answered since the end of the segment before. */
export function hasAnswered(error: Error): boolean {
  return error instanceof RtmpError && error.stage === 'publish';
}

/** Ends of a connection with a server that takes one stream on each; one that never answers is left, too. */
const BEARS_NO_OTHER: ReadonlySet<string> = new Set([
  RtmpErrorCode.peerClosed,
  RtmpErrorCode.socket,
  RtmpErrorCode.timeout,
]);
