import type { SpoolSeries } from '../../spool/index.js';
import type { AcknowledgedPosition } from './acknowledged-position.js';
import type { GapRecorder } from './gap-recorder.js';
import type { SentTail } from './sent-tail.js';
import type { TailGroup } from './tail-group.js';
import type { TailWriter } from './tail-writer.js';

/** The disk takes so many bytes at once, when the connection is lost. */
const MOST = 3 * 2 ** 20;

/** Parts that a bound is built from. */
interface TailBoundParts {
  readonly tail: SentTail;
  readonly writer: TailWriter;
  readonly acknowledged: AcknowledgedPosition;
  readonly recorder: GapRecorder;
  readonly series: SpoolSeries;
  /** Bytes that are held in memory at most where the rest can go to disk. */
  readonly limit: () => number;
  /** Bytes that are held in memory at most in any case. */
  readonly share: () => number;
}

/**
 * Holds media that was sent within its bound of memory. It goes to disk where its server acknowledges, and is
 * late; and where one group is more than memory may have. Otherwise what is more counts as arrived, oldest
 * first: of a stream that does well, nothing is written.
 */
export class TailBound {
  readonly #parts: TailBoundParts;

  constructor(parts: TailBoundParts) {
    this.#parts = parts;
  }

  /**
   * @param maySpill nothing else is being written to disk
   * @returns groups that count as arrived, to be let go of
   */
  hold(maySpill: boolean): readonly TailGroup[] {
    const { tail, writer, acknowledged, recorder, series } = this.#parts;
    const limit = this.#parts.limit();
    if (tail.bytes <= limit) return [];
    if (!maySpill) {
      if (series.isOff) tail.shrinkTo(limit);
    } else if (recorder.isAhead || acknowledged.isLate) writer.relieve(limit / 2);
    else return this.#presume(limit);
    return [];
  }

  #presume(limit: number): TailGroup[] {
    const { tail, writer, acknowledged } = this.#parts;
    const share = this.#parts.share();
    const most = Math.min(MOST, share);
    const groups = tail.presume(most);
    if (tail.bytes > (acknowledged.position === undefined ? most : share)) tail.presumeLast();
    // A group that is long, and what connections had that are being closed.
    if (tail.bytes > most) writer.relieve(limit / 2);
    return groups;
  }
}
