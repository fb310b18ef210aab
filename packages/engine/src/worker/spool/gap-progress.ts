import type { SpoolGap } from '../../spool/index.js';
import type { SentPart } from './gap-sender.js';

/** Media of a gap that has been sent so far. */
export type SentGap = Omit<SentPart, 'gap' | 'isLast'>;

/** How much of each gap has been sent that is not over. */
export class GapProgress {
  readonly #gaps = new Map<SpoolGap, SentGap>();

  /**
   * Adds a part.
   * @returns all that has been sent of its gap
   */
  add({ gap, isLast, ...part }: SentPart): SentGap {
    const start = Math.min(gap.start, part.start);
    const { bytes, ms, damaged, ...last } = this.#gaps.get(gap) ?? { ...part, bytes: 0, ms: 0, damaged: 0 };
    const { streamName, end } = part.bytes > 0 ? part : last;
    const sums = { bytes: bytes + part.bytes, ms: ms + part.ms, damaged: damaged + part.damaged };
    const sent = { start, end, streamName, ...sums };
    if (isLast) this.#gaps.delete(gap);
    else this.#gaps.set(gap, sent);
    return sent;
  }

  /**
   * Gives up what has been sent of gaps that ended between two of their parts, as the rest was removed.
   * @param left gaps that are not over
   * @param present the one of which a part is being sent
   */
  takeOver(left: readonly SpoolGap[], present: SpoolGap | undefined): SentGap[] {
    const over = [...this.#gaps].filter(([gap]) => gap !== present && !left.includes(gap));
    for (const [gap] of over) this.#gaps.delete(gap);
    return over.map(([, sent]) => sent);
  }
}
