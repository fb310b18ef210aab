import { Problem } from './problem.js';

/** Content of an `If-Match` or `If-None-Match` header (RFC 9110 §13.1); `*`: any. */
export type EntityTags = '*' | readonly string[];

const TAG = /(W\/)?"([^"]*)"/g;

/** An `ETag` header for a revision. */
export function entityTag(revision: string): string {
  return `"${revision}"`;
}

/**
 * Reads the header. Weak tags are left out, as they match nothing here: a list of them only is empty.
 * @throws Problem when it is neither `*` nor a list of tags.
 */
export function parseEntityTags(name: string, header: string | undefined): EntityTags | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return '*';
  const tags = [...header.matchAll(TAG)];
  if (tags.length === 0 || !/^[\s,]*$/.test(header.replace(TAG, ''))) {
    throw new Problem('invalid-request', `${name} must be * or entity tags in quotes, such as "a1b2"`);
  }
  return tags.filter(([, weak]) => weak === undefined).map(([, , tag]) => tag!);
}
