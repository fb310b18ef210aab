import type { Path } from './document.js';

/** Told for each variable that is wanted and not set. */
export type OnFault = (path: Path, message: string) => void;

/**
 * `${NAME}`, `${NAME:-default}`; `$${NAME}` stands for itself. `$time` and the like are left to the push URL.
 */
const VARIABLE = /\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;
/** From the scheme to the last `@` before the path: the user info of a URL. */
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)/i;

/** The value with the variables in its texts filled in; keys are left as they are. */
export function interpolate(value: unknown, environment: NodeJS.ProcessEnv, onFault: OnFault): unknown {
  return visit(value, [], environment, onFault);
}

function visit(value: unknown, path: Path, environment: NodeJS.ProcessEnv, onFault: OnFault): unknown {
  if (typeof value === 'string') return fillIn(value, path, environment, onFault);
  if (Array.isArray(value)) {
    return value.map((item, index) => visit(item, [...path, index], environment, onFault));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, visit(item, [...path, key], environment, onFault)]),
  );
}

function fillIn(text: string, path: Path, environment: NodeJS.ProcessEnv, onFault: OnFault): string {
  if (!text.includes('${')) return text;
  const replace = (part: string, encode: (value: string) => string) =>
    part.replace(VARIABLE, (whole, escaped: string, name: string, preset: string | undefined) => {
      if (escaped !== '') return whole.slice(1);
      // Every object has a `constructor`.
      const value = Object.hasOwn(environment, name) ? environment[name] : preset;
      if (value !== undefined) return encode(value);
      onFault(path, `the environment variable ${name} is not set; set it, or write \${${name}:-default}`);
      return whole;
    });
  const url = USER_INFO.exec(text);
  if (url === null) return replace(text, (value) => value);
  // A password may hold what would end the user info of a URL.
  const [start, scheme, userInfo] = url as unknown as [string, string, string];
  return scheme + replace(userInfo, encodeURIComponent) + replace(text.slice(start.length), (value) => value);
}
