/** Guessing a shorter token over the network is feasible. */
const MIN_TOKEN_LENGTH = 16;

export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const LOOPBACK_IPV4 = /^127(\.\d{1,3}){3}$/;

/** True for addresses that only programs of this machine can reach. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return LOOPBACK_IPV4.test(host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host);
}

/**
 * Returns the reason why the gateway must not listen there; undefined when it may.
 * @param key the configuration's key, such as `api`
 */
export function listenFault(
  key: string,
  { host }: ListenAddress,
  token: string | undefined,
): string | undefined {
  if (token === undefined) {
    if (isLoopback(host)) return undefined;
    return (
      `${key}.listen is ${host}, which other machines can reach, and there is no token: ` +
      'set api.tokenFile, or listen on 127.0.0.1'
    );
  }
  if (token.length >= MIN_TOKEN_LENGTH) return undefined;
  return (
    `the token of api has ${token.length} characters, and at least ${MIN_TOKEN_LENGTH} are needed: ` +
    'make one with "openssl rand -hex 32"'
  );
}
