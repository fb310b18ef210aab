/** Something that looks like a URL, or like one with a slash too few, up to where a sentence would go on. */
const URL_LIKE = /(?:\brtmps?:|\b[a-z][a-z\d+.-]*:\/)[^\s'"<>│]*/gi;

/** The scheme, then user info up to the last @ of the authority, or of everything where that is no host and port. */
const USER_INFO = /^([a-z][a-z\d+.-]*:\/*)(?:[^/]*@|(?!(?:\[[^\]]*\]|[^/:@]*)(?::\d*)?(?:\/|$)).*@)/i;

/** Characters that move the cursor, or turn the order of what follows around (Unicode bidirectional controls). */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const CONTROLS_BUT_LINES = new RegExp(`(?!\\n)${CONTROLS.source}`, 'gu');
const ALL_CONTROLS = new RegExp(CONTROLS.source, 'gu');

/** JSON with such characters escaped: whoever prints it to a terminal is as safe as with text. */
export function shownJson(json: string): string {
  return json.replace(
    ALL_CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text as it may go to a terminal: URLs without user info and query, and nothing that moves the cursor. */
export function shownText(text: string): string {
  // Lines stay lines: what may hold foreign words is put on one line before.
  return withoutUrlSecrets(text).replace(CONTROLS_BUT_LINES, '?');
}

/** Text with user info, query and fragment of every URL in it left out, whoever put it there. */
export function withoutUrlSecrets(text: string): string {
  return text.replace(URL_LIKE, bareUrl);
}

/** Text that repeats arguments, with the URLs in them made bare, whatever characters those hold. */
export function withoutSecretsOf(words: readonly string[], text: string): string {
  let shown = text;
  for (const word of words) {
    const url = /(?:rtmps?:|[a-z][a-z\d+.-]*:\/).*$/is.exec(word)?.[0];
    if (url !== undefined) {
      shown = shown.replaceAll(url, bareUrl(url));
    }
  }
  return shown;
}

/** What ends a sentence or a clause behind a URL stays. */
function bareUrl(url: string): string {
  return url.replace(/[?#].*?([.,:;)]*)$/s, '$1').replace(USER_INFO, '$1');
}
