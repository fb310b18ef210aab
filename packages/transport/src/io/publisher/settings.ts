import { randomBytes, randomFillSync } from 'node:crypto';
import { isIP } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { AmfObject } from '../../amf/value.js';
import { encodeAmf0 } from '../../amf0/encoder.js';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import { MAX_CHUNK_SIZE, PUBLISHER_LIMITS } from '../../limits.js';
import { checkTypes, type OptionTypes, requireType } from '../../option-types.js';
import { queryValues, withForms } from '../../redaction/known-secrets.js';
import {
  type Attempt,
  type AttemptOptions,
  type ConnectWishes,
  connectFields,
} from '../../session/client/attempt.js';
import { textsIn } from '../../session/client/own-texts.js';
import type { StageTimer } from '../../session/client/stage-timer.js';
import { announceCapabilities, CapsEx, FourCcInfo } from '../../session/common/capabilities.js';
import type { PublishSessionOptions } from '../../session/publish/publish-state.js';
import type { RtmpUrl } from '../../url.js';
import type { PublisherOptions, PublisherTimeouts } from './publisher-options.js';

const DEFAULT_TIMEOUTS: PublisherTimeouts = {
  dial: 10_000,
  tls: 10_000,
  handshake: 10_000,
  connect: 10_000,
  createStream: 10_000,
  publish: 10_000,
  close: 5_000,
};
const DEFAULT_HIGH_WATER_MARK = 256 * 1024;
const DEFAULT_MAX_QUEUED = 64 * 1024 * 1024;
const MIN_CHUNK_SIZE = 128;
/** setTimeout fires at once above this. */
const MAX_TIMEOUT = 0x7fffffff;

/** The range that the kernel takes, in ms: whole seconds from 1 to 32,767 (Linux's MAX_TCP_KEEPIDLE). */
const MIN_KEEP_ALIVE = 1000;
const MAX_KEEP_ALIVE = 32_767_000;

const TYPES: OptionTypes<keyof PublisherOptions> = {
  app: 'text',
  streamName: 'text',
  token: 'text',
  credentials: 'object',
  timeouts: 'object',
  chunkSize: 'number',
  profile: 'text',
  handshake: 'text',
  publishType: 'text',
  enhanced: 'boolean',
  connectObject: 'object',
  connectArguments: 'list',
  maxRedirects: 'number',
  highWaterMark: 'number',
  maxQueuedBytes: 'number',
  limits: 'object',
  mayWrite: 'function',
  signal: 'signal',
  tls: 'object',
  proxy: 'text',
  lookup: 'function',
  localAddress: 'text',
  keepAlive: 'number',
  noDelay: 'boolean',
};

/** @throws RtmpError `ERR_CLOUDPUSH_SET_TIMEOUT` */
export function resolveTimeouts(given: Partial<PublisherTimeouts> | undefined): PublisherTimeouts {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...given };
  for (const [name, actual] of Object.entries(timeouts)) {
    if (actual > 0 && actual <= MAX_TIMEOUT) continue;
    throw new RtmpError(
      RtmpErrorCode.setTimeout,
      'socket',
      `the time-out ${name} is ${actual} ms, permitted: 1 to ${MAX_TIMEOUT}`,
      { class: 'fatal', details: { actual, permitted: MAX_TIMEOUT } },
    );
  }
  return timeouts;
}

/** @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION`, `ERR_CLOUDPUSH_SET_TIMEOUT` */
export function checkOptions(options: PublisherOptions): void {
  checkTypes('options', options, TYPES);
  if (options.credentials !== undefined) {
    requireType('credentials.user', options.credentials.user, 'text');
    requireType('credentials.password', options.credentials.password, 'text');
  }
  checkRange('chunkSize', options.chunkSize, MIN_CHUNK_SIZE, MAX_CHUNK_SIZE);
  checkRange('maxQueuedBytes', options.maxQueuedBytes, 1, Number.MAX_SAFE_INTEGER);
  const { maxQueuedBytes } = queueLimits(options);
  // Otherwise send would throw before it has said false.
  checkRange('highWaterMark', options.highWaterMark, 0, maxQueuedBytes);
  checkRange('maxRedirects', options.maxRedirects, 0, 100);
  checkKeepAlive(options.keepAlive);
  if (options.tls?.pins?.length === 0) {
    throw new RtmpError(
      RtmpErrorCode.invalidOption,
      'tls',
      'tls.pins is empty, permitted: at least one fingerprint, or no list',
      { details: { actual: 0, permitted: 1 } },
    );
  }
  checkConnectValues(options);
  if (options.localAddress !== undefined && isIP(options.localAddress) === 0) {
    const actual = options.localAddress;
    throw new RtmpError(
      RtmpErrorCode.invalidOption,
      'socket',
      `localAddress is ${actual}, permitted: an IP address`,
      {
        details: { actual, permitted: 'an IP address' },
      },
    );
  }
}

/** The most bytes that are queued, and the mark above which the caller is told to wait. */
export function queueLimits(options: PublisherOptions): { highWaterMark: number; maxQueuedBytes: number } {
  const maxQueuedBytes = options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED;
  const highWaterMark = options.highWaterMark ?? Math.min(DEFAULT_HIGH_WATER_MARK, maxQueuedBytes);
  return { highWaterMark, maxQueuedBytes };
}

/** Values that AMF0 cannot carry are found before there is a connection. */
function checkConnectValues({ connectObject = {}, connectArguments = [] }: PublisherOptions): void {
  try {
    encodeAmf0(connectObject, ...connectArguments);
  } catch (cause) {
    const text = 'connectObject or connectArguments hold a value that AMF0 cannot carry';
    throw new RtmpError(RtmpErrorCode.invalidOption, 'connect', text, { cause });
  }
}

export function attemptOptions(options: PublisherOptions, url: RtmpUrl): AttemptOptions {
  const fromUrl = url.user === undefined ? undefined : { user: url.user, password: url.password ?? '' };
  return {
    handshake: options.handshake ?? 'auto',
    credentials: options.credentials ?? fromUrl,
    maxRedirects: options.maxRedirects ?? 3,
    app: options.app,
  };
}

/** The caller's wishes for `connect` and `publish`. */
export function connectWishes(options: PublisherOptions): ConnectWishes {
  return {
    token: options.token,
    tokenPlacement: options.tokenPlacement ?? 'stream-query',
    announcement: options.enhanced === false ? {} : ANNOUNCEMENT,
    connectObject: options.connectObject ?? {},
    connectArguments: options.connectArguments ?? [],
  };
}

/** The options of a session for one attempt. */
export function sessionOptions(
  attempt: Attempt,
  options: PublisherOptions,
  timeouts: PublisherTimeouts,
  timer: StageTimer,
): PublishSessionOptions {
  return {
    ...connectFields(attempt, connectWishes(options)),
    secrets: withForms([
      options.token,
      options.credentials?.password,
      attempt.url.password,
      ...ownTexts(options.connectObject),
    ]),
    publishType: options.publishType ?? 'live',
    handshake: attempt.handshake,
    digestScheme: options.digestScheme ?? 1,
    profile: options.profile ?? 'auto',
    chunkSize: options.chunkSize,
    timeouts: fallsBack(attempt, options) ? { ...timeouts, handshake: timeouts.handshake / 2 } : timeouts,
    limits: { ...PUBLISHER_LIMITS, ...options.limits },
    random: randomFillSync,
    now: () => performance.now(),
    timer,
  };
}

/**
 * A server that insists on the digest may answer the simple handshake with silence: time must be left for the
 * other.
 */
function fallsBack(attempt: Attempt, { handshake = 'auto' }: PublisherOptions): boolean {
  return handshake === 'auto' && attempt.handshake === 'simple';
}

/** Texts that the caller has added to the command object, which a server may repeat. */
function ownTexts(connectObject: AmfObject = {}): string[] {
  const { app, tcUrl, type, flashVer, swfUrl, pageUrl, ...own } = connectObject;
  return [...textsIn(Object.values(own)), ...queryValues([swfUrl, pageUrl])].filter(
    (text) => text.length > 3,
  );
}

/** A fresh challenge of our own: eight hex digits. */
export function freshNonce(): string {
  return randomBytes(4).toString('hex');
}

const ANNOUNCEMENT = announceCapabilities(
  FourCcInfo.canEncode,
  CapsEx.reconnect | CapsEx.multitrack | CapsEx.modEx | CapsEx.timestampNanoOffset,
);

/** The kernel refuses other values, and Node does not tell: there would be no keep-alive at all. */
function checkKeepAlive(actual = 0): void {
  if (actual === 0 || (actual >= MIN_KEEP_ALIVE && actual <= MAX_KEEP_ALIVE)) return;
  const permitted = `0, or ${MIN_KEEP_ALIVE} to ${MAX_KEEP_ALIVE}`;
  const text = `keepAlive is ${actual} ms, permitted: ${permitted}`;
  throw new RtmpError(RtmpErrorCode.setTimeout, 'socket', text, {
    class: 'fatal',
    details: { actual, permitted },
  });
}

function checkRange(name: string, actual: number | undefined, least: number, most: number): void {
  if (actual === undefined || (actual >= least && actual <= most)) return;
  const permitted = `${least} to ${most}`;
  throw new RtmpError(RtmpErrorCode.invalidOption, 'url', `${name} is ${actual}, permitted: ${permitted}`, {
    details: { actual, permitted },
  });
}
