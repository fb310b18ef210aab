import { parseRtmpUrl } from '@cloudpush/transport';
import { CloudPushError } from '../errors.js';

/** Characters: blanking anything shorter would make nonsense of a text, and hide nothing. */
const MIN_LENGTH = 3;

/** An error without the passwords and the query values of the URLs it is about, and without other secrets: servers like to repeat them. */
export function withoutCredentials(
  error: CloudPushError,
  urls: readonly string[],
  others: readonly string[] = [],
): CloudPushError {
  const known = [...others, ...others.map(encodeURIComponent)].filter(({ length }) => length >= MIN_LENGTH);
  // Longest first, so that none is left in parts.
  const secrets = [...known, ...urls.flatMap(credentialsOf)].sort((a, b) => b.length - a.length);
  const blank = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const { cause } = error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return new CloudPushError(error.code, blank(error.message), {
    class: error.class,
    cause: cause instanceof Error ? Object.assign(new Error(blank(cause.message)), { code }) : undefined,
  });
}

/** As they stand in the URL and as they are meant. */
function credentialsOf(url: string): string[] {
  const { appQuery = '', query, password } = parseRtmpUrl(url);
  const queries = [appQuery, query];
  const values = [...queries.flatMap((text) => [...new URLSearchParams(text).values()]), password ?? ''];
  const raw = queries.flatMap((text) => [
    text,
    ...text.split('&').map((pair) => pair.replace(/^[^=]*=/, '')),
  ]);
  return [...new Set([...raw, ...values, ...values.map(encodeURIComponent)])].filter(
    (secret) => secret.length >= MIN_LENGTH,
  );
}
