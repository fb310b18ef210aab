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
 * The query with which to connect again after a rejection; undefined when its description holds no challenge
 * that we can answer.
 * @param nonce eight hex digits, fresh for each answer
 */
export function answerChallenge(
  description: string,
  credentials: Credentials,
  app: string,
  nonce: string,
): string | undefined {
  const scheme = /authmod=(adobe|llnw)/.exec(description)?.[1];
  const challenge = challengeOf(description);
  if (/reason=(authfailed|nosuchuser)/i.test(description)) return undefined;
  if (challenge.size === 0) {
    return scheme === undefined
      ? undefined
      : `?authmod=${scheme}&user=${encodeURIComponent(credentials.user)}`;
  }
  if (challenge.get('reason') !== 'needauth') return undefined;
  if (challenge.has('nonce')) return answerLlnw(challenge, credentials, app, nonce);
  return challenge.has('salt') ? answerAdobe(challenge, credentials, nonce) : undefined;
}

/** The parameters behind the question mark: `… : ?reason=needauth&user=…&salt=…&challenge=…&opaque=…`. */
function challengeOf(description: string): ReadonlyMap<string, string> {
  const query = /\?([^\s\]]*)/.exec(description)?.[1] ?? '';
  const fields = new Map<string, string>();
  for (const field of query.split('&')) {
    const equals = field.indexOf('=');
    // No percent decoding: the values are base64, whose plus signs must stay.
    if (equals > 0) fields.set(field.slice(0, equals), field.slice(equals + 1));
  }
  return fields;
}

function answerAdobe(
  challenge: ReadonlyMap<string, string>,
  credentials: Credentials,
  nonce: string,
): string {
  const opaque = challenge.get('opaque');
  const token = opaque ?? challenge.get('challenge') ?? '';
  const response = expectedAdobe(credentials, challenge.get('salt') ?? '', token, nonce);
  const tail = opaque === undefined ? '' : `&opaque=${opaque}`;
  const user = encodeURIComponent(credentials.user);
  return `?authmod=adobe&user=${user}&challenge=${nonce}&response=${response}${tail}`;
}

function answerLlnw(
  challenge: ReadonlyMap<string, string>,
  credentials: Credentials,
  app: string,
  clientNonce: string,
): string {
  const nonce = challenge.get('nonce') ?? '';
  const count = '00000001';
  const response = expectedLlnw(credentials, app, nonce, count, clientNonce);
  const user = encodeURIComponent(credentials.user);
  return `?authmod=llnw&user=${user}&nonce=${nonce}&cnonce=${clientNonce}&nc=${count}&response=${response}`;
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

/** HTTP digest authentication (RFC 2617) in the realm `live`, with the method `publish` and the app as URI. */
export function expectedLlnw(
  { user, password }: Credentials,
  app: string,
  nonce: string,
  count: string,
  clientNonce: string,
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
