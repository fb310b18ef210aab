import { type Challenge, parseChallenges } from './challenge.js';
import { type DigestParameters, digestAuthorization, digestStrength, readDigestChallenge } from './digest.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Outcome of a 401: `retry` the request with `authorization()`; `missing`: no credentials are known;
 * `unsupported`: no scheme of the camera's is supported; `refused`: the credentials are wrong.
 */
export type ChallengeOutcome = 'retry' | 'missing' | 'unsupported' | 'refused';

type Scheme = { readonly name: 'basic' } | { readonly name: 'digest'; readonly parameters: DigestParameters };

/** Expired nonces in a row before a camera is taken to refuse the credentials. */
const MAX_STALE = 3;

/**
 * Answers challenges with the strongest scheme offered: Digest with SHA-512/256, SHA-256 or MD5, then Basic.
 */
export class Authenticator {
  readonly #credentials: Credentials | undefined;
  readonly #random: (target: Uint8Array) => void;
  #scheme: Scheme | undefined;
  #cnonce = '';
  #count = 0;
  /** The camera has accepted a request since the last challenge. */
  #accepted = false;
  #staleInRow = 0;

  /** @param random fills an array with random bytes, for client nonces */
  constructor(credentials: Credentials | undefined, random: (target: Uint8Array) => void) {
    this.#credentials = credentials;
    this.#random = random;
  }

  /** The name of the scheme in use. */
  get scheme(): Scheme['name'] | undefined {
    return this.#scheme?.name;
  }

  /** The Authorization header field's value for a request; undefined before the first challenge. */
  authorization(method: string, url: string): string | undefined {
    if (this.#scheme === undefined || this.#credentials === undefined) return undefined;
    const { username, password } = this.#credentials;
    if (this.#scheme.name === 'basic') {
      return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    }
    const request = { method, url, username, password, cnonce: this.#cnonce, count: ++this.#count };
    return digestAuthorization(this.#scheme.parameters, request);
  }

  /** Notes that the camera has not answered a request with 401. */
  accepted(): void {
    this.#accepted = true;
    this.#staleInRow = 0;
  }

  /**
   * Takes the challenges of a 401.
   *
   * @param fields the values of its WWW-Authenticate header fields
   * @param authorized whether the request had an Authorization header field
   */
  challenged(fields: readonly string[], authorized: boolean): ChallengeOutcome {
    if (this.#credentials === undefined) return 'missing';
    const scheme = strongest(parseChallenges(fields));
    if (scheme === undefined) return 'unsupported';
    if (authorized && !this.#mayRetry(scheme)) return 'refused';
    this.#scheme = scheme;
    this.#cnonce = this.#newNonce();
    this.#count = 0;
    this.#accepted = false;
    return 'retry';
  }

  #newNonce(): string {
    const bytes = new Uint8Array(16);
    this.#random(bytes);
    return Buffer.from(bytes).toString('hex');
  }

  /** A nonce may expire, and not every camera says `stale` then. */
  #mayRetry(scheme: Scheme): boolean {
    if (this.#accepted) return true;
    const stale = scheme.name === 'digest' && scheme.parameters.stale;
    return stale && ++this.#staleInRow <= MAX_STALE;
  }
}

function strongest(challenges: readonly Challenge[]): Scheme | undefined {
  let best: DigestParameters | undefined;
  let basic = false;
  for (const challenge of challenges) {
    if (challenge.scheme === 'basic') basic = true;
    if (challenge.scheme !== 'digest') continue;
    const parameters = readDigestChallenge(challenge);
    if (parameters === undefined) continue;
    if (best === undefined || digestStrength(parameters) > digestStrength(best)) best = parameters;
  }
  if (best !== undefined) return { name: 'digest', parameters: best };
  return basic ? { name: 'basic' } : undefined;
}
