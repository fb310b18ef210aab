import type { FlvTag } from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode, type RtmpPublisher, takesFourCc } from '@cloudpush/transport';
import { enhancedFourCcOf } from './four-cc.js';

/**
 * A server that cannot read a header closes the connection within a round trip; after so long, in ms, it has
 * taken it.
 */
const TRIAL = 3000;

/** Ways in which a server ends a stream that it cannot read. */
const CLOSES: ReadonlySet<string> = new Set([
  RtmpErrorCode.peerClosed,
  RtmpErrorCode.socket,
  RtmpErrorCode.publishFailed,
  RtmpErrorCode.publishRejected,
]);

/**
 * The codecs of Enhanced RTMP that a destination's servers were sent without having announced them: whether
 * they take them is seen by what they do with the first header.
 */
export class CodecTrial {
  /** FourCCs that a server has taken. */
  readonly #taken = new Set<string>();
  /** FourCCs whose header is on its way, and since when, in ms of the monotonic clock. */
  readonly #open = new Map<string, number>();
  #publisher: RtmpPublisher | undefined;
  #refusals = 0;

  /** The server that refused last, or publishes. */
  get publisher(): RtmpPublisher | undefined {
    return this.#publisher;
  }

  /** A connection begins. */
  begin(publisher: RtmpPublisher): void {
    this.#publisher = publisher;
    this.#open.clear();
  }

  /** Takes note of a header, or of the first frame of a codec that has none. */
  note(tag: FlvTag, now: number): void {
    const fourCc = enhancedFourCcOf(tag);
    if (fourCc === undefined || this.#taken.has(fourCc) || this.#open.has(fourCc)) return;
    if (this.#publisher !== undefined && takesFourCc(this.#publisher.capabilities, fourCc)) return;
    this.#open.set(fourCc, now);
  }

  /**
   * The connection was lost: the FourCCs that were on trial until then, when that is how a server refuses
   * them.
   */
  end(error: Error, now: number): string[] {
    const refused: string[] = [];
    for (const [fourCc, since] of this.#open) {
      if (now - since > TRIAL) this.#taken.add(fourCc);
      else refused.push(fourCc);
    }
    this.#open.clear();
    const closes = error instanceof RtmpError && CLOSES.has(error.code);
    if (refused.length === 0) this.#refusals = 0;
    return closes ? refused : [];
  }

  /** The error to report. Once it may have been chance; twice in a row it was not. */
  refusal(fourCcs: readonly string[], cause: Error): RtmpError {
    this.#refusals++;
    const names = fourCcs.join(' and ');
    const message =
      `the server closed the connection on the first header of ${names} (Enhanced RTMP), which it had not announced; ` +
      'use a codec that it takes, such as H.264 and AAC';
    return new RtmpError(RtmpErrorCode.codecRefused, 'publishing', message, {
      class: this.#refusals > 1 ? 'fatal' : 'retryable',
      details: { actual: names, permitted: 'what the server takes' },
      cause,
    });
  }
}
