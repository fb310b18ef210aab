/** Something that looks like a URL, or like one with a slash too few, up to where a sentence would go on. */
const URL_LIKE = /(?:\brtmps?:|(?<![a-z\d+.-])[a-z\d+.-]+:\/)[^\s'"<>│]*/gi;

/**
 * The scheme, then user info up to the last @ of the authority, or of everything where that is no host and
 * port.
 */
const USER_INFO = /^([a-z\d+.-]+:\/*)(?:[^/]*@|(?!(?:\[[^\]]*\]|[^/:@]*)(?::\d*)?(?:\/|$)).*@)/i;

/**
 * Text with user info, query and fragment of every URL in it left out, whoever put it there. In a push URL a
 * number sign is a character of the name, and stays.
 */
export function withoutUrlSecrets(text: string): string {
  return text.replace(URL_LIKE, bareUrl);
}

/**
 * A URL without user info, query and (but for a push URL) fragment; what ends a sentence or a clause behind it
 * stays.
 */
export function bareUrl(url: string): string {
  return withoutQuery(url).replace(USER_INFO, '$1');
}

/** By hand: an expression for both ends takes quadratic time on dots without end. */
function withoutQuery(url: string): string {
  const start = url.search(/^rtmps?:/i.test(url) ? /\?/ : /[?#]/);
  if (start < 0) return url;
  let end = url.length;
  while (end > start + 1 && '.,:;)'.includes(url[end - 1]!)) end--;
  return url.slice(0, start) + url.slice(end);
}
