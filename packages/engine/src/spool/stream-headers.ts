import type { SpoolTag } from './spool-tag.js';

/** Headers outlive the memory that they came in. */
export function copiedHeader(tag: SpoolTag): SpoolTag {
  const body = Buffer.concat(tag.parts);
  const { type, role, timestamp } = tag;
  return { type, role, timestamp, parts: [body], size: body.length };
}

/** Whether the headers have the same bytes. */
export function areSameHeaders(a: readonly SpoolTag[], b: readonly SpoolTag[]): boolean {
  if (a.length !== b.length) return false;
  return a.every(
    ({ type, parts }, i) => type === b[i]!.type && Buffer.compare(parts[0]!, b[i]!.parts[0]!) === 0,
  );
}
