import type { MethodDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

/**
 * The part of etcd's API (version 3, since 3.4) that the store makes use of: numbers and types of fields, as
 * etcd documents them.
 */

type Field = readonly [id: number, type: string, rule?: 'repeated'];

function message(fields: Readonly<Record<string, Field>>, oneofs: Readonly<Record<string, string[]>> = {}) {
  const entries = Object.entries(fields).map(([name, [id, type, rule]]) => [name, { id, type, rule }]);
  const groups = Object.entries(oneofs).map(([name, oneof]) => [name, { oneof }]);
  return { fields: Object.fromEntries(entries), oneofs: Object.fromEntries(groups) };
}

const REQUEST_OPS = {
  request_range: [1, 'RangeRequest'],
  request_put: [2, 'PutRequest'],
  request_delete_range: [3, 'DeleteRangeRequest'],
  request_txn: [4, 'TxnRequest'],
} as const satisfies Record<string, Field>;

const RESPONSE_OPS = {
  response_range: [1, 'RangeResponse'],
  response_put: [2, 'PutResponse'],
  response_delete_range: [3, 'DeleteRangeResponse'],
  response_txn: [4, 'TxnResponse'],
} as const satisfies Record<string, Field>;

const KV_MESSAGES = {
  KeyValue: message({
    key: [1, 'bytes'],
    create_revision: [2, 'int64'],
    mod_revision: [3, 'int64'],
    value: [5, 'bytes'],
    lease: [6, 'int64'],
  }),
  ResponseHeader: message({ revision: [3, 'int64'] }),
  RangeRequest: message({
    key: [1, 'bytes'],
    range_end: [2, 'bytes'],
    limit: [3, 'int64'],
    revision: [4, 'int64'],
  }),
  RangeResponse: message({
    header: [1, 'ResponseHeader'],
    kvs: [2, 'KeyValue', 'repeated'],
    more: [3, 'bool'],
  }),
  PutRequest: message({ key: [1, 'bytes'], value: [2, 'bytes'], lease: [3, 'int64'] }),
  PutResponse: message({ header: [1, 'ResponseHeader'] }),
  DeleteRangeRequest: message({ key: [1, 'bytes'] }),
  DeleteRangeResponse: message({ header: [1, 'ResponseHeader'], deleted: [2, 'int64'] }),
  RequestOp: message(REQUEST_OPS, { request: Object.keys(REQUEST_OPS) }),
  ResponseOp: message(RESPONSE_OPS, { response: Object.keys(RESPONSE_OPS) }),
  Compare: message(
    {
      result: [1, 'CompareResult'],
      target: [2, 'CompareTarget'],
      key: [3, 'bytes'],
      create_revision: [5, 'int64'],
      mod_revision: [6, 'int64'],
      lease: [8, 'int64'],
    },
    { target_union: ['create_revision', 'mod_revision', 'lease'] },
  ),
  CompareResult: { values: { EQUAL: 0, GREATER: 1, LESS: 2, NOT_EQUAL: 3 } },
  CompareTarget: { values: { VERSION: 0, CREATE: 1, MOD: 2, VALUE: 3, LEASE: 4 } },
  TxnRequest: message({
    compare: [1, 'Compare', 'repeated'],
    success: [2, 'RequestOp', 'repeated'],
    failure: [3, 'RequestOp', 'repeated'],
  }),
  TxnResponse: message({
    header: [1, 'ResponseHeader'],
    succeeded: [2, 'bool'],
    responses: [3, 'ResponseOp', 'repeated'],
  }),
};

const OTHER_MESSAGES = {
  LeaseGrantRequest: message({ TTL: [1, 'int64'] }),
  LeaseGrantResponse: message({ ID: [2, 'int64'], TTL: [3, 'int64'] }),
  LeaseRevokeRequest: message({ ID: [1, 'int64'] }),
  LeaseRevokeResponse: message({ header: [1, 'ResponseHeader'] }),
  LeaseKeepAliveRequest: message({ ID: [1, 'int64'] }),
  LeaseKeepAliveResponse: message({ ID: [2, 'int64'], TTL: [3, 'int64'] }),
  WatchCreateRequest: message({
    key: [1, 'bytes'],
    range_end: [2, 'bytes'],
    start_revision: [3, 'int64'],
    watch_id: [7, 'int64'],
  }),
  WatchCancelRequest: message({ watch_id: [1, 'int64'] }),
  WatchRequest: message(
    { create_request: [1, 'WatchCreateRequest'], cancel_request: [2, 'WatchCancelRequest'] },
    { request_union: ['create_request', 'cancel_request'] },
  ),
  Event: message({ type: [1, 'EventType'], kv: [2, 'KeyValue'] }),
  EventType: { values: { PUT: 0, DELETE: 1 } },
  WatchResponse: message({
    watch_id: [2, 'int64'],
    created: [3, 'bool'],
    canceled: [4, 'bool'],
    compact_revision: [5, 'int64'],
    events: [11, 'Event', 'repeated'],
  }),
  AuthenticateRequest: message({ name: [1, 'string'], password: [2, 'string'] }),
  AuthenticateResponse: message({ token: [2, 'string'] }),
};

function method(name: string, isStream = false) {
  return {
    requestType: `${name}Request`,
    responseType: `${name}Response`,
    requestStream: isStream,
    responseStream: isStream,
    comment: '',
  };
}

const services = {
  KV: { methods: { Range: method('Range'), Txn: method('Txn'), Put: method('Put') } },
  Lease: {
    methods: {
      LeaseGrant: method('LeaseGrant'),
      LeaseRevoke: method('LeaseRevoke'),
      LeaseKeepAlive: method('LeaseKeepAlive', true),
    },
  },
  Watch: { methods: { Watch: method('Watch', true) } },
  Auth: { methods: { Authenticate: method('Authenticate') } },
};

/** Numbers of 64 bits are decimal texts: those of leases do not fit into a number. */
const definition = fromJSON(
  { nested: { etcdserverpb: { nested: { ...KV_MESSAGES, ...OTHER_MESSAGES, ...services } } } },
  { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true },
);

export interface EtcdKeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly create_revision: string;
  readonly mod_revision: string;
}

interface RangeRequest {
  readonly key: Buffer;
  readonly range_end: Buffer;
  readonly limit: number;
  readonly revision: string;
}

export interface RangeResponse {
  readonly header: { readonly revision: string };
  readonly kvs: readonly EtcdKeyValue[];
  readonly more: boolean;
}

export type Compare = { readonly result: 'EQUAL'; readonly key: Buffer } & (
  | { readonly target: 'CREATE'; readonly create_revision: number }
  | { readonly target: 'MOD'; readonly mod_revision: number }
  | { readonly target: 'LEASE'; readonly lease: string }
);

export type RequestOp =
  | { readonly request_put: { readonly key: Buffer; readonly value: Buffer; readonly lease?: string } }
  | { readonly request_delete_range: { readonly key: Buffer } }
  | { readonly request_txn: TxnRequest };

interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
}

interface TxnResponse {
  readonly header: { readonly revision: string };
  readonly succeeded: boolean;
  readonly responses: readonly { readonly response_txn?: { readonly succeeded: boolean } }[];
}

export interface WatchResponse {
  readonly watch_id: string;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly events: readonly { readonly type: 'PUT' | 'DELETE'; readonly kv: EtcdKeyValue }[];
}

export type WatchRequest =
  | {
      readonly create_request: {
        readonly key: Buffer;
        readonly range_end: Buffer;
        readonly start_revision: number;
        readonly watch_id: number;
      };
    }
  | { readonly cancel_request: { readonly watch_id: number } };

function defined<Request, Response>(service: string, name: string): MethodDefinition<Request, Response> {
  const methods: unknown = definition[`etcdserverpb.${service}`];
  return (methods as Readonly<Record<string, MethodDefinition<Request, Response>>>)[name]!;
}

/** The calls, by name. */
export const calls = {
  range: defined<RangeRequest, RangeResponse>('KV', 'Range'),
  txn: defined<TxnRequest, TxnResponse>('KV', 'Txn'),
  put: defined<{ readonly key: Buffer; readonly value: Buffer; readonly lease: string }, unknown>(
    'KV',
    'Put',
  ),
  grant: defined<{ readonly TTL: number }, { readonly ID: string; readonly TTL: string }>(
    'Lease',
    'LeaseGrant',
  ),
  revoke: defined<{ readonly ID: string }, unknown>('Lease', 'LeaseRevoke'),
  keepAlive: defined<{ readonly ID: string }, { readonly TTL: string }>('Lease', 'LeaseKeepAlive'),
  watch: defined<WatchRequest, WatchResponse>('Watch', 'Watch'),
  authenticate: defined<{ readonly name: string; readonly password: string }, { readonly token: string }>(
    'Auth',
    'Authenticate',
  ),
};
