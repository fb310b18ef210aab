import { type Credentials, expectedAdobe, expectedLlnw } from '../common/auth.js';

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
  const response = expectedLlnw(credentials, app, { nonce, count, clientNonce });
  const user = encodeURIComponent(credentials.user);
  return `?authmod=llnw&user=${user}&nonce=${nonce}&cnonce=${clientNonce}&nc=${count}&response=${response}`;
}
