import { createHash, timingSafeEqual } from 'node:crypto';
import { type IssuedToken, IssuedTokens } from './issued-tokens.js';
import type { TokenQuery, TokenReply } from './token-protocol.js';

/** Push targets and tokens to issue, and the clients and devices that get them. */
export interface TokenAuthorityOptions {
  /**
   * The push URL to give out, in which `$appname`, `$streamname` and `$time` are left for the publisher to
   * fill in.
   */
  readonly url: string;
  /** Life of a token, in s. Left out: for ever. */
  readonly ttl?: number | undefined;
  /** The secret of each client, by its id. Left out or empty: no client need be named. */
  readonly clients?: ReadonlyMap<string, string> | undefined;
  /** The device token of each device that has one, by its serial number. Left out or empty: any device. */
  readonly devices?: ReadonlyMap<string, string | undefined> | undefined;
  /** ms since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** Replies of the reference token server that give no target. */
const Refusal = {
  badQuery: { code: 1, message: 'neither deviceSN nor device_token is given' },
  unknownClient: { code: 2, message: 'the client is unknown, or its secret is wrong' },
  unknownDevice: { code: 3, message: 'the device is unknown' },
} as const;

/** Decides who gets a target, and remembers the tokens. */
export class TokenAuthority {
  readonly #options: TokenAuthorityOptions;
  readonly #clients: ReadonlyMap<string, string>;
  readonly #devices: ReadonlyMap<string, string | undefined>;
  readonly #tokens: IssuedTokens;

  constructor(options: TokenAuthorityOptions) {
    this.#options = options;
    this.#clients = options.clients ?? new Map();
    this.#devices = options.devices ?? new Map();
    this.#tokens = new IssuedTokens(options.now ?? Date.now);
  }

  /** @param needsClient false where devices ask by their serial number alone. */
  answer(query: TokenQuery, needsClient: boolean): TokenReply {
    if (query.device_token !== undefined) return this.#answerDeviceToken(query.device_token);
    const { deviceSN, clientid = '', client_secret = '' } = query;
    if (deviceSN === undefined) return Refusal.badQuery;
    if (needsClient && !this.#knowsClient(clientid, client_secret)) return Refusal.unknownClient;
    if (this.#devices.size > 0 && !this.#devices.has(deviceSN)) return Refusal.unknownDevice;
    return this.#issue(deviceSN);
  }

  /** The record of a token that a client shows. */
  find(token: string): IssuedToken | undefined {
    return this.#tokens.find(token);
  }

  #answerDeviceToken(deviceToken: string): TokenReply {
    if (this.#devices.size === 0) return this.#issue(undefined);
    for (const [deviceSN, known] of this.#devices) {
      if (known !== undefined && isSame(known, deviceToken)) return this.#issue(deviceSN);
    }
    return Refusal.unknownDevice;
  }

  #knowsClient(id: string, secret: string): boolean {
    if (this.#clients.size === 0) return true;
    const known = this.#clients.get(id);
    return known !== undefined && isSame(known, secret);
  }

  #issue(deviceSN: string | undefined): TokenReply {
    const { url, ttl } = this.#options;
    return { code: 0, data: { url, token: this.#tokens.issue(deviceSN, ttl), expires_in: ttl } };
  }
}

/** Compares in a time that tells nothing of either. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
