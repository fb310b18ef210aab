import { RtmpError, RtmpErrorCode } from './errors.js';

/** Types that an option may be of, as an error names them. */
const TYPES = {
  text: 'a text',
  number: 'a number',
  boolean: 'true or false',
  function: 'a function',
  object: 'an object',
  list: 'a list',
  signal: 'an AbortSignal',
} as const;
type OptionType = keyof typeof TYPES;

/** The type of each option; one that is missing here is looked at elsewhere. */
export type OptionTypes<Name extends string = string> = Readonly<Partial<Record<Name, OptionType>>>;

/**
 * Checks what a caller without types may have given as anything.
 * @param name of the parameter that holds the options
 * @param types of those options that are checked, each of which may be left out
 * @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION`, which shows types, and no value: that may be a secret
 */
export function checkTypes(name: string, given: unknown, types: OptionTypes): void {
  requireType(name, given, 'object');
  for (const [option, type] of Object.entries(types)) {
    const value = (given as Readonly<Record<string, unknown>>)[option];
    if (value !== undefined) requireType(option, value, type!);
  }
}

/** The same where none may be left out. */
export function requireTypes(name: string, given: unknown, types: OptionTypes): void {
  checkTypes(name, given, types);
  for (const [option, type] of Object.entries(types))
    requireType(`${name}.${option}`, (given as Readonly<Record<string, unknown>>)[option], type!);
}

/** @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION` */
export function requireType(name: string, value: unknown, type: OptionType): void {
  if (isOf(value, type)) return;
  const actual = typeOf(value);
  const permitted = TYPES[type];
  const text = `${name} is ${describeType(value)}, permitted: ${permitted}`;
  throw new RtmpError(RtmpErrorCode.invalidOption, 'url', text, { details: { actual, permitted } });
}

/** The error about a class that a caller cannot make itself. */
export function notMadeByNew(name: string, maker: string): RtmpError {
  const text = `${name} cannot be made with new, permitted: ${maker}`;
  return new RtmpError(RtmpErrorCode.invalidState, 'url', text, { details: { permitted: maker } });
}

/** A value's type, for people. */
export function describeType(value: unknown): string {
  const type = typeOf(value);
  return type === 'null' || type === 'undefined' ? type : `of type ${type}`;
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function isOf(value: unknown, type: OptionType): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'number':
    case 'boolean':
    case 'function':
      return typeof value === type;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'list':
      return Array.isArray(value);
    case 'signal':
      return isSignal(value);
    default:
      return type satisfies never;
  }
}

/** One of another realm, or of a library, is as good. */
function isSignal(value: unknown): boolean {
  const { aborted, addEventListener, removeEventListener } = (value ?? {}) as Partial<AbortSignal>;
  const isTarget = typeof addEventListener === 'function' && typeof removeEventListener === 'function';
  return typeof aborted === 'boolean' && isTarget;
}
