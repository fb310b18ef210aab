import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Path } from './document.js';
import { gatewaySchema } from './schema.js';
import { suggestion } from './suggestion.js';
import { parseDuration, parseSize } from './units.js';

/** A fault without its place in the text. */
export interface SchemaFault {
  readonly path: Path;
  readonly message: string;
  /** The key is at fault, not its value. */
  readonly atKey?: boolean;
}

/** Nobody reads more at once, and each is compared with the others. */
const MAX_ERRORS = 1000;

type Branch = Readonly<Record<string, unknown>>;

let compiled: ValidateFunction | undefined;

/** All that a configuration's values break of the schema; empty: nothing. */
export function schemaFaults(value: unknown): SchemaFault[] {
  compiled ??= compile();
  if (compiled(value)) return [];
  const faults: SchemaFault[] = [];
  const broken = compiled.errors ?? [];
  for (const error of withoutOtherBranches(broken.slice(0, MAX_ERRORS))) {
    const fault = faultOf(error, value);
    const isTold = faults.some(({ path, message }) => message === fault.message && isSame(path, fault.path));
    if (!isTold) faults.push(fault);
  }
  if (broken.length > MAX_ERRORS) faults.push({ path: [], message: 'there are more faults than these' });
  return faults;
}

function compile(): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false });
  ajv.addKeyword({
    keyword: 'x-range',
    type: 'string',
    error: { message: 'range' },
    validate: ([least, most]: [number, number], text: string) => {
      const amount = parseDuration(text) ?? parseSize(text);
      return amount === undefined || (amount >= least && amount <= most);
    },
  });
  return ajv.compile(gatewaySchema);
}

/**
 * A value that may be a text or an object breaks both; only what it breaks of the kind that it is of is worth
 * telling. The error of the choice itself is told when it is of neither kind.
 */
function withoutOtherBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf');
  return errors.filter((error) => {
    const choice = choices.find(
      (one) => error !== one && error.schemaPath.startsWith(`${one.schemaPath}/`) && isBelow(error, one),
    );
    if (choice !== undefined) {
      const branch = branchOf(error, choice);
      return branch !== undefined && branch['type'] === kindOf(choice.data);
    }
    if (error.keyword !== 'anyOf') return true;
    return !(error.schema as Branch[]).some(({ type }) => type === kindOf(error.data));
  });
}

function isBelow(error: ErrorObject, choice: ErrorObject): boolean {
  return (
    error.instancePath === choice.instancePath || error.instancePath.startsWith(`${choice.instancePath}/`)
  );
}

function branchOf(error: ErrorObject, choice: ErrorObject): Branch | undefined {
  const index = Number.parseInt(error.schemaPath.slice(choice.schemaPath.length + 1), 10);
  return (choice.schema as Branch[])[index];
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isSame(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}

function faultOf(error: ErrorObject, root: unknown): SchemaFault {
  const path = pathOf(error.instancePath, root);
  const { params, parentSchema = {} } = error;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      return { path: [...path, key], message: unknownKey(key, parentSchema), atKey: true };
    }
    case 'required':
      return {
        path: [...path, String(params['missingProperty'])],
        message: `missing${describedBy(parentSchema, String(params['missingProperty']))}`,
      };
    case 'enum':
      return { path, message: notOneOf(error.data, params['allowedValues'] as string[]) };
    case 'const':
      return { path, message: `${shown(error)} is not ${String(params['allowedValue'])}` };
    case 'x-range':
      return { path, message: `${shown(error)} is out of range: ${rangeText(parentSchema)}` };
    case 'pattern':
      return { path, message: `${shown(error)} is not ${expected(parentSchema)}` };
    case 'type':
    case 'anyOf':
      return { path, message: `${shown(error)} is not ${expected(parentSchema)}` };
    default:
      return { path, message: `${shown(error)}: ${error.message ?? error.keyword}` };
  }
}

function unknownKey(key: string, schema: Branch): string {
  const patterns = Object.keys((schema['patternProperties'] as object | undefined) ?? {});
  if (patterns.length > 0) return `"${clipped(key)}" is not a valid name: it must match ${patterns[0]}`;
  const permitted = Object.keys((schema['properties'] as object | undefined) ?? {});
  return `unknown key; ${withSuggestion(`permitted: ${permitted.join(', ')}`, key, permitted)}`;
}

function notOneOf(given: unknown, permitted: readonly string[]): string {
  const text = `${quoted(given)} is not one of ${permitted.join(', ')}`;
  return typeof given === 'string' ? withSuggestion(text, given, permitted) : text;
}

function withSuggestion(text: string, given: string, permitted: readonly string[]): string {
  const near = suggestion(given, permitted);
  return near === undefined ? text : `${text} (did you mean ${near}?)`;
}

/**
 * Returns the value for a message; values that may hold a secret are not shown, neither marked ones nor URLs, nor
 * the text of a file that is no configuration.
 */
function shown({ data, instancePath, parentSchema = {} }: ErrorObject): string {
  const isObject = typeof data === 'object' && data !== null;
  if (isObject) return Array.isArray(data) ? 'a list' : 'a map';
  if (parentSchema['x-secret'] === true) return 'the value';
  if (typeof data === 'string' && (parentSchema['x-url'] === true || data.includes('://'))) return 'the URL';
  if (typeof data === 'string' && data !== '' && instancePath === '') return 'a text';
  return quoted(data);
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${clipped(value)}"` : String(value);
}

function clipped(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

const KINDS: Readonly<Record<string, string>> = {
  duration: 'a duration, such as 500ms, 10s or 1m30s',
  size: 'a size, such as 8MiB or 1GB',
  address: 'an address host:port, such as 127.0.0.1:9997',
  rtmpUrl: 'rtmp[s]://host[:port]/app/name',
  rtspUrl: 'rtsp[s]://host[:port]/path',
  httpUrl: 'http[s]://host[:port]/path',
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

function expected(schema: Branch): string {
  const kind = KINDS[String(schema['x-kind'])];
  if (kind !== undefined) return kind;
  const branches = schema['anyOf'] as Branch[] | undefined;
  if (branches !== undefined) return branches.map((branch) => expected(branch)).join(', or ');
  if (typeof schema['pattern'] === 'string') return `a text that matches ${schema['pattern']}`;
  return TYPES[String(schema['type'])] ?? 'what is permitted here';
}

function describedBy(schema: Branch, key: string): string {
  const property = (schema['properties'] as Record<string, Branch> | undefined)?.[key];
  const description = property?.['description'];
  return typeof description === 'string' ? `: ${description}` : '';
}

function rangeText(schema: Branch): string {
  const [least, most] = schema['x-range'] as [number, number];
  const unit = schema['x-kind'] === 'size' ? ' bytes' : 'ms';
  return `${least}${unit} to ${most}${unit} are permitted`;
}

/** A JSON Pointer (RFC 6901) as keys; those of lists as numbers. */
function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let value = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Record<string, unknown> | undefined)?.[key];
  }
  return path;
}
