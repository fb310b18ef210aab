/** Policy by which a token server that failed is asked again. */
export interface TokenRetryPolicy {
  /** Tries in all, 1 to 100. Default 4. */
  readonly maxAttempts: number;
  /** The first delay's upper bound, in ms; it doubles with each try. 0 to 600,000. Default 250. */
  readonly initialDelay: number;
  /** The upper bound of every delay, in ms. 0 to 600,000. Default 5,000. */
  readonly maxDelay: number;
}

/**
 * The value of a `Retry-After` field (RFC 9110 §10.2.3) in ms; undefined when it is none.
 * @param now ms since 1970.
 */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1000;
  const date = /^[A-Z][a-z]{2}, .* GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
