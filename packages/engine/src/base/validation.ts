import { CloudPushError } from './errors.js';

/** Texts of callers are quoted up to so many characters. */
const MAX_QUOTED = 200;

/** Integers that are permitted, and what stands in for a missing one. */
interface IntegerRange {
  readonly preset: number;
  readonly least: number;
  readonly most: number;
}

/**
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` unless `value` is an integer of `least` to `most`.
 */
export function integer(
  name: string,
  value: number | undefined,
  { preset, least, most }: IntegerRange,
): number {
  if (value === undefined) return preset;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalidParameter(name, value, `an integer from ${least} to ${most}`);
}

/** The first of `choices` is the default. */
export function oneOf<const T extends string>(name: string, value: T | undefined, choices: readonly T[]): T {
  if (value === undefined) return choices[0]!;
  if (choices.includes(value)) return value;
  throw invalidParameter(name, value, choices.map((choice) => `'${choice}'`).join(', '));
}

/** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
export function optionalBoolean(name: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidParameter(name, value, 'true or false');
}

/** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
export function optionalFunction<T>(name: string, value: T): T {
  if (value === undefined || typeof value === 'function') return value;
  throw invalidType(name, value, 'a function');
}

/**
 * The options, of which no other than these have a value: a name that is misspelt must not go unnoticed.
 * @param name of the parameter that holds them, or empty
 * @param names each of the names that they may have; the values mean nothing
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export function checkedOptions<T extends object>(
  name: string,
  given: T,
  names: Readonly<Record<keyof T & string, unknown>>,
): T {
  const options = requireObject(name === '' ? 'options' : name, given);
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, option)) continue;
    const place = name === '' ? '' : `${name}.`;
    const quoted = option.length > MAX_QUOTED ? `${option.slice(0, MAX_QUOTED)}…` : option;
    throw refusal(`${place}${quoted}`, 'unknown', 'unknown', Object.keys(names).join(', '));
  }
  return options;
}

/** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
export function requireText(name: string, value: string): string {
  if (typeof value === 'string') return value;
  throw invalidType(name, value, 'a text');
}

/** The error about a class that a caller cannot make itself. */
export function notMadeByNew(name: string, maker: string): CloudPushError {
  const message = `${name} cannot be made with new; permitted: ${maker}`;
  return new CloudPushError('ERR_CLOUDPUSH_INVALID_STATE', message, {
    class: 'fatal',
    details: { permitted: maker },
  });
}

/** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` unless it is an object that is no list */
export function requireObject<T>(name: string, value: T): T & object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalidType(name, value, 'an object');
}

/**
 * The value is not of the right type: it is not shown, as it may be a secret that was put in the wrong place.
 */
export function invalidType(name: string, value: unknown, permitted: string): CloudPushError {
  const type = typeOf(value);
  const shown = type === 'null' || type === 'undefined' ? type : `of type ${type}`;
  return refusal(name, type, shown, permitted);
}

export function invalidParameter(name: string, actual: unknown, permitted: string): CloudPushError {
  if (typeof actual === 'string') {
    const quoted = actual.length > MAX_QUOTED ? `${actual.slice(0, MAX_QUOTED)}…` : actual;
    return refusal(name, quoted, `'${quoted}'`, permitted);
  }
  // A value that callers made may be of any kind, and need not even have a text.
  if (typeof actual === 'function' || (typeof actual === 'object' && actual !== null))
    return invalidType(name, actual, permitted);
  const isPlain = typeof actual !== 'symbol';
  return refusal(name, isPlain ? actual : String(actual), String(actual), permitted);
}

/**
 * The same for a parameter that stands beside a secret: a text in its place may be that secret, and is not
 * shown.
 */
export function invalidBesideSecret(name: string, actual: unknown, permitted: string): CloudPushError {
  if (typeof actual !== 'string') return invalidParameter(name, actual, permitted);
  return refusal(name, 'string', `a text of ${actual.length} characters`, permitted);
}

/** A value's type, as an error may show it. */
export function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function refusal(parameter: string, actual: unknown, shown: string, permitted: string): CloudPushError {
  return new CloudPushError(
    'ERR_CLOUDPUSH_INVALID_PARAMETER',
    `${parameter} is ${shown}; permitted: ${permitted}`,
    { details: { parameter, actual, permitted } },
  );
}
