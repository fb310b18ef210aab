import { randomBytes } from 'node:crypto';

/** A token that was given out. */
export interface IssuedToken {
  /** To whom; undefined when the device has shown a token that is not in the list of devices. */
  readonly deviceSN: string | undefined;
  /** ms since 1970; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** So many are remembered; the oldest goes first. */
const MAX_TOKENS = 100_000;

/** The tokens that a reference token server has given out: in memory, and gone with it. */
export class IssuedTokens {
  readonly #now: () => number;
  readonly #tokens = new Map<string, IssuedToken>();

  /** @param now ms since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param ttl s; undefined: for ever. */
  issue(deviceSN: string | undefined, ttl: number | undefined): string {
    const token = randomBytes(16).toString('hex');
    const expiresAt = ttl === undefined ? undefined : this.#now() + ttl * 1000;
    this.#tokens.set(token, { deviceSN, expiresAt });
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > MAX_TOKENS) this.#tokens.delete(oldest!);
    return token;
  }

  /** The record of a token; undefined when it was not given out here, or has expired. */
  find(token: string): IssuedToken | undefined {
    const issued = this.#tokens.get(token);
    if (issued?.expiresAt === undefined || issued.expiresAt > this.#now()) return issued;
    this.#tokens.delete(token);
    return undefined;
  }
}
