import { isPair, isScalar, isSeq, type Node, visit } from 'yaml';
import { SECRET_MASK } from '../gateway.js';
import { KEY_IS_NAME } from './addresses.js';
import type { Path } from './document.js';
import { isReference } from './secret.js';
import { readYaml } from './yaml.js';

/** Keys whose values are secrets, wherever they stand. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'token', 'clientSecret', 'proxy']);
/** `key` is one in `encryption`; in `tls` it names a file. */
const isSecretKey = (key: string, parent: string | undefined) =>
  SECRET_KEYS.has(key) || (key === 'key' && parent === 'encryption');

/** Password in the user info, and the values of the query, of a URL. */
const URL_PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^/?#:@]*:)([^/?#]*)(@)/i;
const PUSH_URL = /^(rtmps?:\/\/(?:[^/?#]*@)?([^/?#:]+)[^?#]*\/)([^/?#]+)/i;
/**
 * Matches a value of a query, but for a placeholder that is filled in for each connection: that is no secret.
 */
const QUERY_VALUE = /([?&][^=&#]+=)(?!\$(?:epoch|time)(?=[&#]|$))[^&#]*/g;

/**
 * The values with every secret in them masked. What only refers to a secret, such as `env:NAME` or `${NAME}`,
 * is none. The arguments of commands and the options of modules are masked whole: nobody can tell what is in
 * them.
 */
export function masked(value: unknown): unknown {
  return mask(value, []);
}

function mask(value: unknown, path: readonly string[]): unknown {
  if (typeof value === 'string') return maskText(value, path);
  if (Array.isArray(value)) return value.map((item) => mask(item, path));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskKey(key, item, path)]));
}

function maskKey(key: string, value: unknown, path: readonly string[]): unknown {
  if (path.at(-1) === 'source') {
    if (key === 'command' && Array.isArray(value))
      return [value[0], ...value.slice(1).map(() => SECRET_MASK)];
    if (key === 'options') return SECRET_MASK;
  }
  return mask(value, [...path, key]);
}

function maskText(text: string, path: readonly string[]): string {
  if (isReference(text) || /^\$\{\w+\}$/.test(text)) return text;
  if (isSecretKey(path.at(-1) ?? '', path.at(-2))) return SECRET_MASK;
  if (!text.includes('://')) return text;
  return withoutStreamKey(text)
    .replace(URL_PASSWORD, (whole, start: string, password: string, end: string) =>
      /^\$\{\w+\}$/.test(password) ? whole : start + SECRET_MASK + end,
    )
    .replace(QUERY_VALUE, `$1${SECRET_MASK}`);
}

/** Masks the name of a stream: at some servers, anybody who knows it may publish the stream. */
function withoutStreamKey(url: string): string {
  const [whole, place, host, name] = PUSH_URL.exec(url) ?? [];
  if (whole === undefined || !KEY_IS_NAME.test(host ?? '') || /^\$\{\w+\}$/.test(name ?? '')) return url;
  return `${place}${SECRET_MASK}${url.slice(whole.length)}`;
}

/** The text of a configuration with every secret in it masked, and everything else as it is written. */
export function maskedText(text: string): string {
  const document = readYaml(text);
  const shown: unknown = masked(document.toJS({ maxAliasCount: 10_000 }));
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const value = keysOf(ancestors as Node[], node).reduce<unknown>(at, shown);
      // A text that cannot be found among the values is not known to be harmless.
      node.value = typeof value === 'string' ? value : SECRET_MASK;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** Names and numbers that lead from the root to a value. */
function keysOf(ancestors: readonly Node[], node: Node): (string | number)[] {
  return ancestors.flatMap((one, index): (string | number)[] => {
    if (isPair(one) && isScalar(one.key)) {
      const key = String(one.key.value);
      // Keys that a merge key brings in are found where the merge key stands.
      return key === MERGE_KEY ? [] : [key];
    }
    return isSeq(one) ? [one.items.indexOf(ancestors[index + 1] ?? node)] : [];
  });
}

/** Puts back what stands masked in a document that was read, changed and given back. */
export function unmasked(given: unknown, before: unknown): unknown {
  return unmask(given, before, masked(before));
}

/**
 * Keys that say where a stream leads. A change that leads it elsewhere, or past another proxy, must not take
 * the secrets along that were meant for the place before. A place that is new leads elsewhere too: the one
 * before may have been a default.
 */
const PLACES = ['url', 'tokenUrl', 'serialNumber', 'proxy'];

function leadsElsewhere(given: object, before: unknown): boolean {
  return PLACES.some((key) => at(given, key) !== at(before, key));
}

function unmask(given: unknown, before: unknown, maskedBefore: unknown): unknown {
  if (typeof given === 'string') return given === maskedBefore ? before : given;
  if (Array.isArray(given)) {
    return given.map((item, index) => unmask(item, at(before, index), at(maskedBefore, index)));
  }
  if (typeof given !== 'object' || given === null) return given;
  const place = Object.fromEntries(
    PLACES.map((key) => [key, unmask(at(given, key), at(before, key), at(maskedBefore, key))]),
  );
  if (leadsElsewhere(place, before)) return given;
  return Object.fromEntries(
    Object.entries(given).map(([key, item]) => [key, unmask(item, at(before, key), at(maskedBefore, key))]),
  );
}

function at(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}

export interface RequestFault {
  readonly path: Path;
  readonly message: string;
}

/** Keys of `source` that run programs, and keys that name files, wherever they stand. */
const PROGRAM_KEYS: ReadonlySet<string> = new Set(['command', 'module']);
const FILE_KEYS: ReadonlySet<string> = new Set(['file', 'ca', 'cert']);
/**
 * YAML puts what stands under this key in place of it: nothing beneath it would be looked at as what it
 * becomes.
 */
const MERGE_KEY = '<<';

/**
 * Returns the faults of a document that came from outside: parts that it may not set. A client that may
 * change channels must not thereby run programs, nor read the environment or files of the gateway:
 * references, commands and files are for the file alone, and stay as they stand there.
 * @param before what stands in the file
 */
export function requestFaults(given: unknown, before: unknown, path: Path = []): RequestFault[] {
  if (typeof given === 'string') return given === before ? [] : textFaults(given, path);
  if (Array.isArray(given)) {
    return given.flatMap((item, index) => requestFaults(item, at(before, index), [...path, index]));
  }
  if (typeof given !== 'object' || given === null) return [];
  const kept = leadsElsewhere(given, before) ? undefined : before;
  return Object.entries(given).flatMap(([key, item]) => {
    const previous = at(kept, key);
    const message = keyFault(key, path);
    if (message !== undefined && JSON.stringify(item) !== JSON.stringify(previous)) {
      return [{ path: [...path, key], message }];
    }
    return requestFaults(item, previous, [...path, key]);
  });
}

/**
 * Returns the reason why a value may stand under a key in the configuration file only; undefined: it may come
 * from outside.
 */
function keyFault(key: string, path: Path): string | undefined {
  if (key === MERGE_KEY) return 'merge keys stand in the configuration file only';
  const parent = path.at(-1);
  // Labels are called as anybody likes.
  if (parent === 'labels') return undefined;
  if (PROGRAM_KEYS.has(key)) return 'programs are run only when the configuration file itself names them';
  if (FILE_KEYS.has(key) || (key === 'key' && parent === 'tls')) {
    return 'files are read only when the configuration file itself names them';
  }
  return undefined;
}

function textFaults(text: string, path: Path): RequestFault[] {
  if (isReference(text) || text.includes('${')) {
    return [
      { path, message: 'references to the environment and to files stand in the configuration file only' },
    ];
  }
  if (text.includes(SECRET_MASK)) {
    const message = `${SECRET_MASK} stands for a secret as it was, and what is around it has changed: give the secret`;
    return [{ path, message }];
  }
  return [];
}
