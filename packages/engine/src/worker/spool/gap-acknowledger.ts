import type { SpoolSeries } from '../../spool/index.js';
import type { DiskGroup } from './tail-group.js';

/** How often it is made durable how far a gap that is being written has been acknowledged, in ms. */
const PERIOD = 5000;

/** Parts that an acknowledger is built from. */
interface GapAcknowledgerParts {
  readonly series: SpoolSeries;
  /** Waits for something that the disk does, and tells of its failure. */
  attempt(work: Promise<unknown>): void;
}

/** Makes it durable how far gaps have arrived: of one that is being written, now and then. */
export class GapAcknowledger {
  readonly #parts: GapAcknowledgerParts;
  /** When it did so last for a gap that is open. */
  #at = Number.NEGATIVE_INFINITY;

  constructor(parts: GapAcknowledgerParts) {
    this.#parts = parts;
  }

  /** All of a gap before a place has arrived. */
  acknowledge({ gap, place }: DiskGroup, now: number): void {
    const isSoon = now - this.#at < PERIOD;
    if (gap.isOpen && place.segment === gap.acknowledged.segment && isSoon) return;
    if (gap.isOpen) this.#at = now;
    this.acknowledgeNow({ gap, place });
  }

  acknowledgeNow({ gap, place }: DiskGroup): void {
    this.#parts.attempt(this.#parts.series.acknowledge(gap, place));
  }
}
