/** An address of a host. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The addresses of a host, and how long they hold, in ms. */
export interface Found {
  readonly addresses: readonly Address[];
  readonly ttl: number;
}

/**
 * Asks one of the places where host names are known. Rejects with an error that has a `code`, or with the
 * signal's reason.
 */
export type NameSource = (name: string, signal: AbortSignal) => Promise<Found>;

/** A name without addresses: the error has the form that Node's own lookup gives it. */
export function notFound(name: string, code = 'ENOTFOUND', cause?: unknown): NodeJS.ErrnoException {
  const error = new Error(`getaddrinfo ${code} ${name}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code, syscall: 'getaddrinfo', hostname: name });
}
