import type { SpoolGap, SpoolPlace } from '../../spool/index.js';

/** How far gaps have been handed to a connection. */
export class GapPlaces {
  readonly #places = new Map<SpoolGap, SpoolPlace>();

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

function shareLeft({ number, groups }: SpoolGap['parts'][number], { segment, group }: SpoolPlace): number {
  if (number !== segment || groups === 0) return number < segment ? 0 : 1;
  return 1 - group / groups;
}
