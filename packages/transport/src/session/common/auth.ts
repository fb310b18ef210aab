import { createHash } from 'node:crypto';

/**
 * The two authentication schemes of RTMP servers, adobe and llnw. Neither was published; what follows is what
 * ffmpeg and librtmp do. Both run over rejected connects: the first rejection names the scheme, the second
 * brings a challenge, the answer goes into the query of app and tcUrl.
 */

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * MD5 in base64 of user, salt and password; then of that with the server's token and the client's challenge.
 */
export function expectedAdobe(
  { user, password }: Credentials,
  salt: string,
  token: string,
  clientChallenge: string,
): string {
  return md5Base64(`${md5Base64(`${user}${salt}${password}`)}${token}${clientChallenge}`);
}

/** The fields of an llnw challenge and its answer: `nonce`, `nc` and `cnonce`. */
export interface LlnwChallenge {
  readonly nonce: string;
  readonly count: string;
  readonly clientNonce: string;
}

/**
 * HTTP digest authentication (RFC 2617) in the realm `live`, with the method `publish` and the app as URI.
 */
export function expectedLlnw(
  { user, password }: Credentials,
  app: string,
  { nonce, count, clientNonce }: LlnwChallenge,
): string {
  // An app without an instance gets the default one's name.
  const uri = app.includes('/') ? `/${app}` : `/${app}/_definst_`;
  const ha1 = md5Hex(`${user}:live:${password}`);
  const ha2 = md5Hex(`publish:${uri}`);
  return md5Hex(`${ha1}:${nonce}:${count}:${clientNonce}:auth:${ha2}`);
}

function md5Base64(text: string): string {
  return createHash('md5').update(text).digest('base64');
}

function md5Hex(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
