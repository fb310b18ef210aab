/** Shorter values of a query are flags and numbers, whose removal would make a text unreadable. */
const MIN_VALUE_LENGTH = 4;

/** Servers quote our own URL, and with it the token: that belongs in no text. */
function redactUrls(text: string): string {
  return text.replace(/\?\S*/g, '?…').replace(/\S+/g, withoutUserInfo);
}

/**
 * Word by word: one expression for both ends takes quadratic time on slashes without end, which a server can
 * send.
 */
function withoutUserInfo(word: string): string {
  const authority = word.indexOf('//');
  const userInfoEnd = word.lastIndexOf('@');
  if (authority < 0 || userInfoEnd < authority + 2) return word;
  return `${word.slice(0, authority + 2)}…${word.slice(userInfoEnd)}`;
}

/** Shorter than this, a secret is part of many a word: it goes only where it stands by itself. */
const MIN_PART_LENGTH = 4;

/** A text without the secrets that are known, wherever they stand, and without queries and user info. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(occurrencesOf(secret), '…');
  return redactUrls(clean);
}

function occurrencesOf(secret: string): string | RegExp {
  if (secret.length >= MIN_PART_LENGTH) return secret;
  return new RegExp(
    `(?<![\\p{L}\\p{N}])${secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?![\\p{L}\\p{N}])`,
    'gu',
  );
}

/** The secrets in these texts: the values of their queries, as they stand and decoded. */
export function queryValues(texts: readonly unknown[]): string[] {
  const values: string[] = [];
  for (const text of texts) {
    if (typeof text !== 'string' || !text.includes('?')) continue;
    for (const field of text.slice(text.indexOf('?') + 1).split('&')) values.push(fieldValue(field));
  }
  return withForms(values.filter((value) => value.length >= MIN_VALUE_LENGTH));
}

/**
 * The secrets as they stand, percent-encoded, decoded, and as they stand in JSON; the longest first, so that
 * none leaves a rest of another.
 */
export function withForms(secrets: readonly (string | undefined)[]): string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === undefined || secret === '') continue;
    const inJson = JSON.stringify(secret).slice(1, -1);
    for (const form of [secret, encodeURIComponent(secret), decode(secret), inJson]) forms.add(form);
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

/** A field without a name is a value. */
function fieldValue(field: string): string {
  return field.slice(field.indexOf('=') + 1);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
