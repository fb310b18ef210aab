import { queryValues } from '@cloudpush/transport';
import { checkedOptions, integer, invalidParameter, optionalFunction } from '../base/validation.js';
import type { TokenRetryPolicy } from './retry-after.js';

/** The longest waits of an exchange with a token server, in ms, each 1 to 600,000. */
export interface TokenTimeouts {
  /** Name resolution, TCP and TLS. Default 5,000. */
  readonly connect: number;
  /** From the sent request to the reply's headers. Default 10,000. */
  readonly headers: number;
  /** From one part of the reply's body to the next. Default 5,000. */
  readonly body: number;
  /** For everything, with all tries and the waits in between. Default 30,000. */
  readonly total: number;
}

/** TLS to the token server, where the system's trust is not enough. Verification cannot be turned off. */
export interface TokenTlsOptions {
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string | Uint8Array | undefined;
  /** Name for SNI and verification. Default: the URL's host. */
  readonly servername?: string | undefined;
  /** Client certificate and key, PEM. */
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
}

/** Options of asking a token server. */
export interface TokenServerOptions {
  /**
   * `http[s]://[user:password@]host[:port]/…`: where requests by device and by device token go. Not needed
   * for live requests, which bring their own URL.
   */
  readonly url?: string | undefined;
  readonly timeouts?: Partial<TokenTimeouts> | undefined;
  readonly retry?: Partial<TokenRetryPolicy> | undefined;
  /** The most connections at a time to one server, 1 to 1,024; they are kept and used again. Default 64. */
  readonly connections?: number | undefined;
  readonly tls?: TokenTlsOptions | undefined;
  /** ms since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export interface TokenServerSettings {
  readonly endpoint: TokenEndpoint | undefined;
  readonly timeouts: TokenTimeouts;
  readonly retry: TokenRetryPolicy;
  readonly connections: number;
  readonly tls: TokenTlsOptions;
  readonly now: () => number;
  readonly random: () => number;
}

/** A token server's URL, taken apart. */
export interface TokenEndpoint {
  /** Without user info. */
  readonly url: URL;
  /** HTTP Basic (RFC 7617), when the URL has user info. */
  readonly authorization: string | undefined;
  /** Secrets of the URL: the values of the query, and the user info. */
  readonly secrets: readonly string[];
}

const OPTIONS: Readonly<Record<keyof TokenServerOptions, true>> = {
  url: true,
  timeouts: true,
  retry: true,
  connections: true,
  tls: true,
  now: true,
  random: true,
};
const TIMEOUTS: Readonly<Record<keyof TokenTimeouts, true>> = {
  connect: true,
  headers: true,
  body: true,
  total: true,
};
const RETRY: Readonly<Record<keyof TokenRetryPolicy, true>> = {
  maxAttempts: true,
  initialDelay: true,
  maxDelay: true,
};
const TLS: Readonly<Record<keyof TokenTlsOptions, true>> = {
  ca: true,
  servername: true,
  cert: true,
  key: true,
};

function part<T extends object>(
  name: string,
  given: T | undefined,
  names: Readonly<Record<keyof T & string, unknown>>,
): T | undefined {
  return given === undefined ? undefined : checkedOptions(name, given, names);
}

/**
 * Checks the options and fills in the defaults.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export function tokenServerSettings(given: TokenServerOptions): TokenServerSettings {
  const options = checkedOptions('', given, OPTIONS);
  const timeouts = part<Partial<TokenTimeouts>>('timeouts', options.timeouts, TIMEOUTS);
  const retry = part<Partial<TokenRetryPolicy>>('retry', options.retry, RETRY);
  const limit = (name: keyof TokenTimeouts, preset: number) =>
    integer(`timeouts.${name}`, timeouts?.[name], { preset: preset, least: 1, most: 600_000 });
  return {
    endpoint: options.url === undefined ? undefined : tokenEndpoint('tokenServer.url', options.url),
    timeouts: {
      connect: limit('connect', 5000),
      headers: limit('headers', 10_000),
      body: limit('body', 5000),
      total: limit('total', 30_000),
    },
    retry: {
      maxAttempts: integer('retry.maxAttempts', retry?.maxAttempts, { preset: 4, least: 1, most: 100 }),
      initialDelay: integer('retry.initialDelay', retry?.initialDelay, {
        preset: 250,
        least: 0,
        most: 600_000,
      }),
      maxDelay: integer('retry.maxDelay', retry?.maxDelay, { preset: 5000, least: 0, most: 600_000 }),
    },
    connections: integer('connections', options.connections, { preset: 64, least: 1, most: 1024 }),
    tls: part<TokenTlsOptions>('tls', options.tls, TLS) ?? {},
    now: optionalFunction('now', options.now) ?? Date.now,
    random: optionalFunction('random', options.random) ?? Math.random,
  };
}

/**
 * @param name of the parameter that holds the URL.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`; it does not show the URL, which may hold secrets.
 */
export function tokenEndpoint(name: string, text: string): TokenEndpoint {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw invalidParameter(name, 'something else', 'http[s]://[user:password@]host[:port]/…');
  }
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  const secrets = queryValues([url.href]);
  if (username === '' && password === '') return { url, authorization: undefined, secrets };
  const userInfo = Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64');
  return { url, authorization: `Basic ${userInfo}`, secrets: [...secrets, userInfo, username, password] };
}

function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    return component;
  }
}
