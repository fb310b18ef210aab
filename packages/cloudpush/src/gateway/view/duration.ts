const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** ms in the largest unit that fits, rounded down: 5s, 3m, 2h, 4d. */
export function shortDuration(ms: number): string {
  const unit = units.find(([, length]) => ms >= length);
  return unit === undefined
    ? `${Math.max(0, Math.floor(ms / 1000))}s`
    : `${Math.floor(ms / unit[1])}${unit[0]}`;
}
