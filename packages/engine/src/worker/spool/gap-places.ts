import type { SpoolGap, SpoolPlace } from '../../spool/index.js';

type SpoolPart = SpoolGap['parts'][number];

/** How far gaps have been handed to a connection. */
export class GapPlaces {
  readonly #places = new WeakMap<SpoolGap, SpoolPlace>();

  get(gap: SpoolGap): SpoolPlace {
    return this.#places.get(gap) ?? gap.acknowledged;
  }

  set(gap: SpoolGap, place: SpoolPlace): void {
    this.#places.set(gap, place);
  }

  /** Whole groups behind its place. */
  groupsLeft(gap: SpoolGap): number {
    const { segment, group } = this.get(gap);
    let groups = 0;
    for (const part of gap.parts)
      if (part.number > segment) groups += part.groups;
      else if (part.number === segment) groups += part.groups - group;
    return groups;
  }

  /** The next part of a gap that has groups behind its place. */
  nextPart(gap: SpoolGap): SpoolPart | undefined {
    const { segment, group } = this.get(gap);
    return gap.parts.find(
      ({ number, groups }) => groups > 0 && (number > segment || (number === segment && groups > group)),
    );
  }

  /** Media behind their places; of a part, as if its groups were equally long. */
  remaining(gaps: readonly SpoolGap[]): { readonly bytes: number; readonly ms: number } {
    let bytes = 0;
    let ms = 0;
    for (const gap of gaps) {
      const place = this.get(gap);
      for (const part of gap.parts) {
        const share = shareLeft(part, place);
        bytes += part.bytes * share;
        ms += part.ms * share;
      }
    }
    return { bytes: Math.round(bytes), ms: Math.round(ms) };
  }
}

/** The place behind all groups of a gap that are whole. */
export function endOf({ parts, acknowledged }: SpoolGap): SpoolPlace {
  const last = parts.at(-1);
  return last === undefined ? acknowledged : { segment: last.number, group: last.groups };
}

/** The share of a part that lies behind a place, 0 to 1. */
export function shareLeft({ number, groups }: SpoolPart, { segment, group }: SpoolPlace): number {
  if (number !== segment || groups === 0) return number < segment ? 0 : 1;
  return 1 - group / groups;
}
