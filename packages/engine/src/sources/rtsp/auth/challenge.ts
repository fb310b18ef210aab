/** One challenge of a WWW-Authenticate header field (RFC 9110 §11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** By lower-case name, unquoted. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Challenges read from one response, and parameters of each: more than any server sends. */
const MAX_CHALLENGES = 16;
const MAX_PARAMETERS = 32;

/** A scheme, or a parameter with its value as a token or in quotes. */
const element =
  /[\s,]*(?:([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([!#$%&'*+.^_`|~\w-]+)(?=\s|,|$))/y;

/** Parses WWW-Authenticate header fields. What is not well-formed ends the field that it stands in. */
export function parseChallenges(values: readonly string[]): Challenge[] {
  return values.flatMap(challengesOf).slice(0, MAX_CHALLENGES);
}

function challengesOf(value: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  element.lastIndex = 0;
  for (let match = element.exec(value); match !== null; match = element.exec(value)) {
    const [, name, quoted, token, scheme] = match;
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    const parameters = challenges.at(-1)?.parameters;
    if (name === undefined || parameters === undefined || parameters.size >= MAX_PARAMETERS) continue;
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token!);
  }
  return challenges;
}
