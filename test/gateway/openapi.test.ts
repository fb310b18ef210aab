import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HttpServer } from '../../packages/cloudpush/dist/gateway/http/http-server.js';
import { ask as askUrl, type Json } from '../../packages/cloudpush/dist/gateway/http/testing/ask.js';
import { FakeGateway, portTo } from '../../packages/cloudpush/dist/gateway/http/testing/fake-gateway.js';
import {
  sampleChannel,
  sampleDestination,
} from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';

const channel = sampleChannel('gate', {
  labels: { site: 'north' },
  mode: 'event',
  lastError: { code: 'ERR_CLOUDPUSH_X', message: 'x', at: 1 },
  event: { trigger: 'face', since: 1, endsAt: 2 },
  destinations: [
    sampleDestination({ nextRetryAt: 5, lastError: { code: 'ERR_CLOUDPUSH_X', message: 'x', at: 1 } }),
  ],
});
const gateway = new FakeGateway([channel]);
let server: HttpServer;

beforeAll(async () => {
  server = await HttpServer.listen(portTo(gateway), { api: { listen: { host: '127.0.0.1', port: 0 } } });
});
afterAll(() => server.close());

function ask(method: string, path: string) {
  return askUrl(method, `http://127.0.0.1:${server.addresses.api?.port}${path}`);
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Json>>;
  readonly requestBody?: Json;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

async function operations(): Promise<Map<string, Operation>> {
  const { paths } = (await ask('GET', '/openapi.json')).json;
  const found = new Map<string, Operation>();
  for (const [path, item] of Object.entries<Json>(paths)) {
    for (const method of METHODS)
      if (item[method]) found.set(`${method.toUpperCase()} ${path}`, item[method]);
  }
  return found;
}

test('the document is valid OpenAPI 3.1', async () => {
  const document = (await ask('GET', '/openapi.json')).json;
  expect(document.openapi).toBe('3.1.0');
  const { valid, errors } = await new Validator().validate(document);
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

test('it tells of every route, each under a name of its own', async () => {
  const all = await operations();
  expect([...all.keys()].sort()).toEqual([
    'DELETE /v1/channels/{name}',
    'GET /healthz',
    'GET /metrics',
    'GET /readyz',
    'GET /v1/channels',
    'GET /v1/channels/{name}',
    'GET /v1/channels/{name}/destinations',
    'GET /v1/channels/{name}/destinations/{destination}',
    'GET /v1/channels/{name}/events',
    'GET /v1/channels/{name}/frame.mp4',
    'GET /v1/channels/{name}/live.mp4',
    'GET /v1/cluster',
    'GET /v1/config',
    'GET /v1/events',
    'GET /v1/info',
    'PATCH /v1/channels/{name}',
    'POST /v1/channels',
    'POST /v1/channels/{name}/destinations/{destination}/move',
    'POST /v1/channels/{name}/destinations/{destination}/retry',
    'POST /v1/channels/{name}/restart',
    'POST /v1/channels/{name}/start',
    'POST /v1/channels/{name}/stop',
    'POST /v1/channels/{name}/trigger',
    'POST /v1/cluster/nodes/{node}/drain',
    'POST /v1/cluster/nodes/{node}/resume',
    'POST /v1/config/check',
    'POST /v1/config/reload',
    'PUT /v1/channels/{name}',
  ]);
  expect(new Set([...all.values()].map(({ operationId }) => operationId)).size).toBe(all.size);
});

test('the configuration of a channel stands in it as the file has it', async () => {
  const { requestBody } = (await operations()).get('PUT /v1/channels/{name}')!;
  const { properties } = requestBody.content['application/json'].schema;
  expect(Object.keys(properties)).toEqual(
    expect.arrayContaining(['source', 'destinations', 'mode', 'labels']),
  );
});

test('what is answered is what it says, to the last key', async () => {
  gateway.tell('what happened', 'gate');
  const all = await operations();
  for (const path of [
    '/v1/info',
    '/v1/channels',
    '/v1/channels/gate/destinations',
    '/v1/channels/gate/destinations/cloud',
    '/v1/channels/gate/events',
    '/healthz',
  ]) {
    const answer = await ask('GET', path);
    const template = path.replace('/gate', '/{name}').replace('/cloud', '/{destination}');
    expectMatch(all.get(`GET ${template}`)!.responses['200'], answer.json, path);
  }
  const { state } = (await ask('GET', '/v1/channels/gate')).json;
  const resource = all.get('GET /v1/channels/{name}')!.responses['200'].content['application/json'].schema;
  expectMatch({ content: { 'application/json': { schema: resource.properties.state } } }, state, 'state');
  const problem = await ask('GET', '/v1/channels/nobody');
  expectMatch(all.get('GET /v1/channels')!.responses['default'], problem.json, 'a problem');
});

function expectMatch(response: Json, value: unknown, name: string): void {
  const { schema } = Object.values<Json>(response.content)[0];
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(closed(schema));
  validate(value);
  expect(validate.errors ?? [], name).toEqual([]);
}

/** The schema, with objects that take no other keys than those that it names. */
function closed(schema: unknown): Json {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const copy = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closed(part)]));
  return 'properties' in copy && typeof copy['properties'] === 'object' && copy['type'] === 'object'
    ? { ...copy, additionalProperties: false }
    : copy;
}
