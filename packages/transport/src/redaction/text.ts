/** Stands where a secret was. */
const HIDDEN = '…';

/** The endings of the names of secrets: `deviceToken`, `client_secret`, `streamKey`, `Authorization`, … */
const SECRET_NAMES =
  '(?:token|secret|passw(?:or)?d|pwd|passphrase|authorization|credential|cookie|key|signature)s?';
const SECRET_NAME = new RegExp(`${SECRET_NAMES}$`, 'i');

/** The value of a header field goes on to the end of its line, or of the text in quotes that it stands in. */
const SECRET_FIELD = /((?:authorization|cookie)\s*:\s*)[^"'\r\n]+(?:"[^"\r\n]*"[^"'\r\n]*)*/gi;

/**
 * A name and its value in a text: `token=x`, `"client_secret": "x"`, `keys: [1, 2]`, `key: <Buffer 01 02>`,
 * `token%3Dx`.
 */
const NAMED_SECRET = new RegExp(
  `(${SECRET_NAMES}\\\\?["']?\\s*(?:[=:]|%3[ad])\\s*)(${HIDDEN}(?=[,;)\\]}\\s]|$)|"(?:[^"\\\\]|\\\\.)*"?|'[^']*'?|(?:\\w+(?:\\(\\d+\\))?\\s*)?\\[[^\\]]*\\]?|<[^>]*>?|\\{[^}]*\\}?|(?:(?:bearer|basic|digest)\\s+)?\\S+)`,
  'gi',
);
const BEARER = /\b(bearer\s+)\S{8,}/gi;
/** Characters that a JSON Web Token (RFC 7519 §3) is made of. */
const TOKEN_LIKE = /[\w.-]+/g;
/** Start of such a token: its header begins with `{"`, which is `eyJ` in base64url. */
const TOKEN_BEGIN = /\beyJ[\w-]/;

/** No text without one of these holds anything that is to be hidden. */
const SUSPECT = new RegExp(`[?@]|eyJ|bearer|${SECRET_NAMES}`, 'i');

/**
 * A text without secrets: queries and user info of URLs, values that are named like a secret, bearer and web
 * tokens. What cannot be told from a secret goes with it.
 */
export function redactText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .replace(/\S+/g, redactWord)
    .replace(SECRET_FIELD, `$1${HIDDEN}`)
    .replace(NAMED_SECRET, hideValue)
    .replace(BEARER, `$1${HIDDEN}`)
    .replace(TOKEN_LIKE, hideWebToken);
}

/**
 * The text without header, payload and signature of a JSON Web Token. Part by part, so that it takes linear
 * time.
 */
function hideWebToken(text: string): string {
  if (!text.includes('eyJ')) return text;
  const parts = text.split('.');
  const shown: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const begin = parts[i + 1] ? part.search(TOKEN_BEGIN) : -1;
    shown.push(begin < 0 ? part : part.slice(0, begin) + HIDDEN);
    if (begin >= 0) i += 2;
  }
  return shown.join('.');
}

/**
 * A line of JSON as pino writes it, without secrets in names, texts and fields that are named like a secret.
 */
export function redactLine(line: string): string {
  if (!SUSPECT.test(line)) return line;
  return `${JSON.stringify(redactValue(JSON.parse(line)))}\n`;
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [redactText(name), redactField(name, field)]),
  );
}

function redactField(name: string, value: unknown): unknown {
  if (value === null || typeof value === 'boolean' || !SECRET_NAME.test(name)) return redactValue(value);
  return HIDDEN;
}

/** The value goes, its quotes stay. */
function hideValue(_text: string, name: string, value: string): string {
  const quote = /^["']/.exec(value)?.[0] ?? '';
  return `${name}${quote}${HIDDEN}${quote}`;
}

/**
 * A word without query and user info. With a `?` before the `@`, either may be a part of the secret: both go.
 */
function redactWord(word: string): string {
  const authority = word.indexOf('//');
  const userInfoEnd = word.lastIndexOf('@');
  // In a file URL an `@` belongs to the name of a folder.
  const isFile = word.startsWith('file:', authority - 'file:'.length);
  if (authority < 0 || userInfoEnd < authority || isFile) return withoutQuery(word);
  const scheme = `${word.slice(0, authority + 2)}${HIDDEN}`;
  return word.lastIndexOf('?', userInfoEnd) < 0 ? withoutQuery(scheme + word.slice(userInfoEnd)) : scheme;
}

/** A `?` that ends a word ends a question. */
function withoutQuery(word: string): string {
  const end = word.indexOf('?') + 1;
  return end > 0 && end < word.length ? `${word.slice(0, end)}${HIDDEN}` : word;
}
