import { types } from 'node:util';
import { encodeAmf0, type PublisherOptions, SERVER_PROFILE_NAMES } from '@cloudpush/transport';
import {
  checkedOptions,
  integer,
  invalidBesideSecret,
  invalidParameter,
  invalidType,
  optionalBoolean,
  requireObject,
} from '../base/validation.js';

/**
 * Settings of a connection: TLS (CA, pins), proxy, token and its place, credentials, server profile,
 * handshake, local address and more; each is described at `PublisherOptions` of `@cloudpush/transport`. Plain
 * data only, no functions.
 */
export type ConnectionOptions = Omit<
  PublisherOptions,
  | 'url'
  | 'signal'
  | 'chunkSize'
  | 'timeouts'
  | 'highWaterMark'
  | 'maxQueuedBytes'
  | 'limits'
  | 'lookup'
  | 'mayWrite'
>;

type Check = (name: string, value: never) => void;
type Checks<T> = Readonly<Record<keyof T & string, Check>>;

/** The types of a TLS option; an error tells the type of a wrong one, never its value. */
const TLS: Checks<NonNullable<ConnectionOptions['tls']>> = {
  ca: (name, value: unknown) => {
    for (const one of Array.isArray(value) ? value : [value]) pem(name, one);
  },
  cert: pem,
  key: pem,
  pins: (name, value: unknown) => {
    for (const pin of listOf(name, value)) text(name, pin);
  },
  servername: text,
  verify: optionalBoolean,
};

const CREDENTIALS: Checks<NonNullable<ConnectionOptions['credentials']>> = { user: text, password: text };

/**
 * Ranges that depend on the system, such as that of `keepAlive`, are checked where the connection is made.
 */
const CHECKS: Checks<ConnectionOptions> = {
  app: text,
  streamName: nonEmptyText,
  token: text,
  tokenPlacement: choice(['stream-query', 'tc-url-query', 'connect-argument']),
  credentials: (name, value: NonNullable<ConnectionOptions['credentials']>) => {
    checkAll(name, value, CREDENTIALS);
    // One without the other would be taken for an empty one.
    for (const part of ['user', 'password'] as const) text(`${name}.${part}`, value[part]);
  },
  profile: choice(['auto', ...SERVER_PROFILE_NAMES]),
  handshake: choice(['simple', 'digest', 'auto']),
  digestScheme: (name, value: number) => integer(name, value, { preset: 1, least: 0, most: 1 }),
  publishType: choice(['live', 'record', 'append']),
  enhanced: optionalBoolean,
  connectObject: (name, value: NonNullable<ConnectionOptions['connectObject']>) => {
    amf(name, [requireObject(name, value)]);
  },
  connectArguments: (name, value: NonNullable<ConnectionOptions['connectArguments']>) => {
    amf(name, listOf(name, value) as typeof value);
  },
  maxRedirects: (name, value: number) => integer(name, value, { preset: 3, least: 0, most: 100 }),
  tls: (name, value: NonNullable<ConnectionOptions['tls']>) => checkAll(name, value, TLS),
  proxy: text,
  localAddress: text,
  family: (name, value: unknown) => {
    if (value !== 0 && value !== 4 && value !== 6) throw invalidParameter(name, value, '0, 4, 6');
  },
  keepAlive: (name, value: unknown) => {
    if (typeof value !== 'number') throw invalidType(name, value, 'a number of ms');
  },
  noDelay: optionalBoolean,
};

/**
 * The options in the caller's thread's own copy: another thread can be handed it, and the caller may change
 * his.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`; it shows no value that may be a secret.
 */
export function checkedConnection(given: ConnectionOptions | undefined): ConnectionOptions {
  if (given === undefined) return {};
  checkAll('connection', given, CHECKS);
  try {
    return structuredClone(given);
  } catch {
    // A value that cannot be cloned may hold a secret, so that the cause is left out.
    throw invalidParameter('connection', 'something that cannot be handed to another thread', 'plain data');
  }
}

function checkAll<T extends object>(name: string, given: T, checks: Checks<T>): void {
  for (const [option, value] of Object.entries(checkedOptions(name, given, checks)))
    if (value !== undefined) checks[option as keyof T & string](`${name}.${option}`, value as never);
}

function choice(choices: readonly string[]): Check {
  const permitted = choices.map((one) => `'${one}'`).join(', ');
  return (name, value: string) => {
    if (!choices.includes(value)) throw invalidBesideSecret(name, value, permitted);
  };
}

function text(name: string, value: unknown): void {
  if (typeof value !== 'string') throw invalidType(name, value, 'a text');
}

function nonEmptyText(name: string, value: unknown): void {
  text(name, value);
  if (value === '') throw invalidParameter(name, value, 'a text that is not empty');
}

function pem(name: string, value: unknown): void {
  if (typeof value !== 'string' && !types.isUint8Array(value))
    throw invalidType(name, value, 'PEM, as a text or bytes');
}

function listOf(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalidType(name, value, 'a list');
}

/** Values that AMF0 cannot carry; their own error would show them. */
function amf(name: string, values: NonNullable<ConnectionOptions['connectArguments']>): void {
  try {
    encodeAmf0(...values);
  } catch {
    throw invalidParameter(name, 'something that AMF0 cannot carry', 'numbers, texts, dates, objects, lists');
  }
}
