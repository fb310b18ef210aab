/** Durations and sizes as they stand in a configuration. */

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** One part after the other, each with its unit: `1m30s`. A part may have decimals. */
export const DURATION_PATTERN = '^(?:\\d+(?:\\.\\d+)?(?:ms|s|m|h|d))+$';
export const SIZE_PATTERN = '^\\d+(?:\\.\\d+)? ?(?:B|[kKMG]B|[KMG]iB)$';

/** @returns ms; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(DURATION_PATTERN).test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)) {
    sum += Number(number) * DURATION_UNITS[unit!]!;
  }
  return Math.round(sum);
}

/** @returns bytes; undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const match = new RegExp(SIZE_PATTERN).test(text) ? /^([\d.]+) ?(\w+)$/.exec(text) : null;
  return match === null ? undefined : Math.round(Number(match[1]) * SIZE_UNITS[match[2]!]!);
}
