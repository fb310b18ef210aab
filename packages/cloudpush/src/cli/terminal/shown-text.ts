import { bareUrl, withoutUrlSecrets } from '@cloudpush/transport';

/**
 * Characters that move the cursor, or turn the order of what follows around (Unicode bidirectional controls).
 */
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

/** Text that repeats arguments, with the URLs in them made bare, whatever characters those hold. */
export function withoutSecretsOf(words: readonly string[], text: string): string {
  let shown = text;
  for (const word of words) {
    const url = /(?:rtmps?:|[a-z][a-z\d+.-]*:\/).*$/is.exec(word)?.[0];
    if (url !== undefined) shown = shown.replaceAll(url, bareUrl(url));
  }
  return shown;
}
