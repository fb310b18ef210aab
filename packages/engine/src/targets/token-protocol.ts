import { typeOf } from '../base/validation.js';
import { checkedTarget, type PushTarget } from './push-target.js';
import type { TargetRequest } from './target-request.js';
import { invalidReply } from './token-errors.js';

/** The request to a token server: a JSON object. */
export interface TokenQuery {
  readonly clientid?: string | undefined;
  readonly client_secret?: string | undefined;
  readonly deviceSN?: string | undefined;
  readonly device_token?: string | undefined;
  /** Of the stream's owner, in decimal digits. */
  readonly epoch?: string | undefined;
}

/** The reply of a token server: a JSON object. */
export type TokenReply =
  | {
      readonly code: 0;
      readonly data: {
        readonly url: string;
        readonly token?: string | undefined;
        /** s */
        readonly expires_in?: number | undefined;
      };
    }
  | {
      /** Any whole number but 0. */
      readonly code: number;
      readonly message?: string | undefined;
    };

/** The body for a request. The credentials of a client go to no server but the one that is meant. */
export function queryFor(request: Exclude<TargetRequest, { kind: 'url' }>): TokenQuery {
  const { epoch } = request;
  switch (request.kind) {
    case 'device': {
      const { clientId: clientid, clientSecret: client_secret, deviceSN } = request;
      return { clientid, client_secret, deviceSN, epoch };
    }
    case 'deviceToken':
      return { device_token: request.deviceToken, epoch };
    case 'live':
      return { deviceSN: request.deviceSN, epoch };
  }
}

/** The query in a request's body; undefined when it is none. */
export function decodeQuery(body: Uint8Array): TokenQuery | undefined {
  const value = parseJson(body);
  if (typeOf(value) !== 'object') return undefined;
  const { clientid, client_secret, deviceSN, device_token, epoch } = value as Readonly<
    Record<string, unknown>
  >;
  const texts = [clientid, client_secret, deviceSN, device_token, epoch].map((field) => field ?? undefined);
  if (texts.some((text) => text !== undefined && typeof text !== 'string')) return undefined;
  const [clientId, secret, serial, deviceToken, ownerEpoch] = texts as (string | undefined)[];
  return {
    clientid: clientId,
    client_secret: secret,
    deviceSN: serial,
    device_token: deviceToken,
    epoch: ownerEpoch,
  };
}

/** Reads a reply: a target, or a server's reason to give none. */
export type DecodedReply =
  | { readonly target: PushTarget }
  | { readonly code: number; readonly message: string };

/**
 * Takes a reply apart.
 * @param askedAt when the server was asked, ms since 1970: from then on a target's life is counted, so that
 *   it is over here no later than there.
 * @throws CloudPushError `ERR_CLOUDPUSH_TOKEN_REPLY_INVALID`; it shows no value of the reply.
 */
export function decodeReply(body: Uint8Array, askedAt: number): DecodedReply {
  const reply = objectOf('body', parseJson(body));
  const code = numberOf(reply['code']);
  if (!Number.isSafeInteger(code)) throw invalidReply('code', typeOf(reply['code']), 'a whole number');
  if (code !== 0) {
    const message = reply['message'] ?? reply['msg'];
    return { code: code as number, message: typeof message === 'string' ? message : '' };
  }
  const { url, token, expires_in } = objectOf('data', reply['data']);
  return {
    target: checkedTarget({ url, token: token ?? undefined, expiresAt: expiry(expires_in, askedAt) }),
  };
}

function expiry(expiresIn: unknown, askedAt: number): number | undefined {
  if (expiresIn === undefined || expiresIn === null) return undefined;
  const life = numberOf(expiresIn);
  if (life !== undefined && life >= 0 && Number.isFinite(life)) return askedAt + life * 1000;
  const actual = typeof expiresIn === 'number' ? String(expiresIn) : typeOf(expiresIn);
  throw invalidReply('data.expires_in', actual, 'a number of seconds, 0 or more');
}

/** Many servers write numbers as texts: `"0"`, `"3600"`. Undefined when it is neither. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : undefined;
}

function objectOf(what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeOf(value) === 'object') return value as Readonly<Record<string, unknown>>;
  throw invalidReply(what, value === undefined ? 'no JSON' : typeOf(value), 'a JSON object');
}

/** Undefined is no JSON value. The parser's own error quotes what it reads, and is left behind. */
function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
