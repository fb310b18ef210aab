/** A name and what is known under it. */
export type Fact = readonly [name: string, value: string];

/** So deep things are looked into. */
const MAX_DEPTH = 4;

/**
 * Nested data as a flat list: `{ video: { width: 1920 } }` is `video width`: `1920`. Lists of plain values
 * stay together.
 */
export function factsOf(data: unknown, name = '', depth = 0): Fact[] {
  if (data === undefined || data === null) return [];
  if (typeof data !== 'object') return [[name, String(data)]];
  const isPlain = Array.isArray(data) && data.every((value) => typeof value !== 'object');
  if (isPlain) return [[name, data.join(', ')]];
  if (depth === MAX_DEPTH) return [[name, JSON.stringify(data)]];
  return Object.entries(data).flatMap(([key, value]) =>
    factsOf(value, `${name} ${wordsOf(key)}`.trim(), depth + 1),
  );
}

/** `frameRate` as `frame rate`. */
export function wordsOf(key: string): string {
  return key.replace(
    /([a-z])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
}
