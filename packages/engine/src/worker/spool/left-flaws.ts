import type { SpoolLoss, SpoolSeries } from '../../spool/index.js';
import type { SpooledStream } from './spooled-stream.js';

/** Bad ends of connections that a stream has left: part of how it ends, unless what they held is sent again. */
export class LeftFlaws {
  readonly #series: SpoolSeries;
  readonly #stream: SpooledStream;
  readonly #flaws = new Set<Error>();
  /** Those whose media is being put to disk; undefined: none is. */
  #underWay: readonly Error[] | undefined;
  /** Tags that had not reached the disk before that. */
  #lostBefore = 0;
  /** Some of what they held cannot be sent again. */
  #hasLost = false;
  /** Waits for something that the disk does, and tells of its failure. */
  readonly #attempt: (work: Promise<unknown>) => void;

  constructor(stream: SpooledStream, series: SpoolSeries, attempt: (work: Promise<unknown>) => void) {
    this.#attempt = attempt;
    this.#stream = stream;
    this.#series = series;
  }

  add(flaw: Error): void {
    this.#flaws.add(flaw);
  }

  /** Some of what was held was let go of, and is lost. */
  noteLost(loss: SpoolLoss | undefined): void {
    if (loss === undefined) return;
    this.#hasLost = true;
    this.#series.noteLost(loss);
  }

  /**
   * All that is held is about to be put to disk, where it works: it is sent again, once it is there.
   * @param isHeld some is held of what connections had that were left
   */
  settle(isHeld: boolean): void {
    if (this.#series.isOff || (this.#flaws.size === 0 && !isHeld)) return;
    if (this.#underWay === undefined) this.#lostBefore = this.#lost;
    this.#underWay = [...(this.#underWay ?? []), ...this.#flaws];
    this.#flaws.clear();
  }

  /** All that was held has been handed to the disk by now. */
  onHandedOver(): void {
    const flaws = this.#underWay;
    if (flaws === undefined) return;
    this.#underWay = undefined;
    this.#attempt(this.#forget(flaws, this.#lostBefore));
  }

  async #forget(flaws: readonly Error[], lostBefore: number): Promise<void> {
    await this.#series.flush();
    // The disk may have failed, or have been too slow.
    this.#hasLost ||= this.#lost > lostBefore;
    if (this.#hasLost) return;
    for (const flaw of flaws) this.#stream.connections.forgetFlaw(flaw);
  }

  get #lost(): number {
    return this.#series.counters.lostTags;
  }
}
