import type { StreamedChannel } from '../../http/state-feed.js';
import { presentErrors } from '../../view/present-errors.js';

/** Decides which channels are shown. */
export interface Filter {
  readonly matches: (channel: StreamedChannel) => boolean;
}

/** Part of a channel that a `key:value` term looks at: its texts, one of which a value must equal. */
type Field = (channel: StreamedChannel) => readonly (string | undefined)[];

const fields: Readonly<Record<string, Field>> = {
  state: ({ state }) => [state],
  mode: ({ mode }) => [mode],
  name: ({ name }) => [name],
  node: ({ node }) => [node],
  source: ({ source }) => [source.state],
  kind: ({ source }) => [source.kind],
  dest: ({ destinations }) => Object.values(destinations).map(({ state }) => state),
  host: ({ destinations }) => Object.values(destinations).map(({ host }) => host),
  code: (channel) => presentErrors(channel).map(({ code }) => code),
  label: ({ labels }) => Object.entries(labels).flatMap(([name, value]) => [name, `${name}=${value}`]),
};

/** The keys that a term may begin with, such as `state` in `state:offline`. */
export const filterKeys: readonly string[] = Object.keys(fields);

/**
 * Understands a filter: words, all of which must be found in a channel's name, labels, places or errors,
 * and terms `key:value`, whose value must be equal; `key:a,b` is either. A hyphen in front turns a word or
 * term around. Quotes hold words together. Case makes no difference. A key that does not exist makes the
 * term an ordinary word.
 */
export function parseFilter(text: string): Filter {
  const tests = termsOf(text).map(testOf);
  return { matches: (channel) => tests.every((test) => test(channel)) };
}

/** The terms of a filter as they were written. */
export function termsOf(text: string): string[] {
  return text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

/** Tells whether a filter holds this very term. */
export function hasTerm(text: string, term: string): boolean {
  return termsOf(text).includes(term);
}

/** The filter with the term, or without it where it stood already. */
export function toggleTerm(text: string, term: string): string {
  const terms = termsOf(text);
  const others = terms.filter((other) => other !== term);
  return (others.length === terms.length ? [...terms, term] : others).join(' ');
}

function testOf(term: string): (channel: StreamedChannel) => boolean {
  const isNegated = term.length > 1 && term.startsWith('-');
  const test = positiveTest((isNegated ? term.slice(1) : term).replaceAll('"', '').toLowerCase());
  return isNegated ? (channel) => !test(channel) : test;
}

function positiveTest(term: string): (channel: StreamedChannel) => boolean {
  const [, key, value] = /^([a-z]+):(.+)$/.exec(term) ?? [];
  const field = key !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (field === undefined) return (channel) => textOf(channel).includes(term);
  const wanted = new Set(value!.split(','));
  return (channel) => field(channel).some((text) => text !== undefined && wanted.has(text.toLowerCase()));
}

function textOf(channel: StreamedChannel): string {
  const { name, node = '', labels, source, destinations } = channel;
  const targets = Object.values(destinations);
  return [
    name,
    node,
    ...Object.entries(labels).map(([label, value]) => `${label}=${value}`),
    source.place,
    ...targets.flatMap((destination) => [destination.name, destination.place]),
    ...presentErrors(channel).map(({ message }) => message),
  ]
    .join('\n')
    .toLowerCase();
}
