import { FIRST_PLACE, isBefore, type SpoolGap, type SpoolPlace } from '../../spool/index.js';

/** Media that went out from disk since the stream was last live. */
export interface FedMedia {
  /** Wall clock of its beginning and end, ms since 1970. */
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
  readonly ms: number;
  /** Groups that were damaged on disk, or could not be read, and were left out. */
  readonly damaged: number;
}

/** Counts what goes out from disk, each group once, however often it is sent. */
export class FedCounts {
  /** How far each gap has been handed to any connection. */
  readonly #counted = new WeakMap<SpoolGap, SpoolPlace>();
  #fed: FedMedia | undefined;

  /** Whether what lies before a place has not been counted yet; it is from now on. */
  isNew(gap: SpoolGap, place: SpoolPlace): boolean {
    const isNew = isBefore(this.#counted.get(gap) ?? FIRST_PLACE, place);
    if (isNew) this.#counted.set(gap, place);
    return isNew;
  }

  add({ start, end, bytes, ms, damaged }: FedMedia): void {
    const before = this.#fed ?? { start, bytes: 0, ms: 0, damaged: 0 };
    this.#fed = {
      start: before.start,
      end,
      bytes: before.bytes + bytes,
      ms: before.ms + ms,
      damaged: before.damaged + damaged,
    };
  }

  /** Adds media that cannot be sent: so many groups, before a place. */
  addLost(
    gap: SpoolGap,
    place: SpoolPlace,
    { start, end }: Pick<FedMedia, 'start' | 'end'>,
    damaged: number,
  ): void {
    if (this.isNew(gap, place)) this.add({ start, end, bytes: 0, ms: 0, damaged });
  }

  /** The media that was added since this was asked last; undefined: none. */
  take(): FedMedia | undefined {
    const fed = this.#fed;
    this.#fed = undefined;
    return fed;
  }
}
