import { queryValues } from '@cloudpush/transport';
import { checkedOptions, invalidParameter, invalidType, requireObject } from '../base/validation.js';

/** The values of `$appname` and `$streamname` in a target's URL; for the defaults see `url-template.ts`. */
export interface StreamNames {
  readonly appname?: string | undefined;
  readonly streamname?: string | undefined;
}

/** A push URL that the caller knows. */
export interface UrlRequest extends StreamNames {
  readonly kind: 'url';
  readonly url: string;
  readonly token?: string | undefined;
}

/** A request to a token server. */
export interface AskedRequest extends StreamNames {
  /**
   * Larger for each owner of the stream than for the one before, in decimal digits, where several take turns:
   * the server is told, and may refuse a smaller one.
   */
  readonly epoch?: string | undefined;
}

/** The target of a device, asked of the token server in the name of a client. */
export interface DeviceRequest extends AskedRequest {
  readonly kind: 'device';
  /** The device's serial number. */
  readonly deviceSN: string;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** The server that is asked: `http://…` or `https://…`. Default: the one that the asker was made with. */
  readonly tokenUrl?: string | undefined;
}

/** The target of a device, asked of the token server by the token that the device holds. */
export interface DeviceTokenRequest extends AskedRequest {
  readonly kind: 'deviceToken';
  readonly deviceToken: string;
  /** The server that is asked: `http://…` or `https://…`. Default: the one that the asker was made with. */
  readonly tokenUrl?: string | undefined;
}

/** The live target of a device, asked of a server of the caller's choice. */
export interface LiveRequest extends AskedRequest {
  readonly kind: 'live';
  /** `http://…` or `https://…` */
  readonly tokenUrl: string;
  readonly deviceSN: string;
}

/** For what a push target is wanted. */
export type TargetRequest = UrlRequest | DeviceRequest | DeviceTokenRequest | LiveRequest;

/** The fields that say which target is meant; those without which none is meant have `true`. */
const FIELDS: Readonly<Record<TargetRequest['kind'], Readonly<Record<string, boolean>>>> = {
  url: { url: true, token: false },
  device: { deviceSN: true, clientId: false, clientSecret: false, tokenUrl: false, epoch: false },
  deviceToken: { deviceToken: true, tokenUrl: false, epoch: false },
  live: { tokenUrl: true, deviceSN: true, epoch: false },
};

/** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`; it shows no value of the request. */
export function checkTargetRequest(given: TargetRequest): void {
  const request = requireObject('target', given);
  if (!Object.hasOwn(FIELDS, request.kind)) {
    throw invalidParameter('kind', typeof request.kind, Object.keys(FIELDS).join(', '));
  }
  const fields = { ...FIELDS[request.kind], appname: false, streamname: false };
  checkedOptions<object>('target', request, { kind: true, ...fields });
  for (const [field, needed] of Object.entries(fields)) {
    const value = fieldOf(request, field);
    if (value === undefined && !needed) continue;
    if (typeof value !== 'string') throw invalidType(field, value, 'a text');
    if (value === '' && needed) throw invalidParameter(field, 'empty', 'a text that is not empty');
  }
}

/**
 * Requests with the same identity mean the same target; they may differ in the names that its URL is filled
 * in with.
 */
export function identityOf(request: TargetRequest): string {
  const values = Object.keys(FIELDS[request.kind]).map((field) => fieldOf(request, field) ?? null);
  return JSON.stringify([request.kind, ...values]);
}

/** The secrets of a request, which no text may show. */
export function secretsOf(request: TargetRequest): (string | undefined)[] {
  switch (request.kind) {
    case 'url':
      return [request.token, ...queryValues([request.url])];
    case 'device':
      return [request.clientSecret, ...queryValues([request.tokenUrl])];
    case 'deviceToken':
      return [request.deviceToken, ...queryValues([request.tokenUrl])];
    case 'live':
      return queryValues([request.tokenUrl]);
  }
}

function fieldOf(request: TargetRequest, field: string): unknown {
  return (request as unknown as Readonly<Record<string, unknown>>)[field];
}
