import { expect, test, vi } from 'vitest';
import {
  sampleChannel,
  sampleDestination,
} from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import { serveGateway } from './support/served-gateway.js';

const channels = [
  sampleChannel('gate', { labels: { site: 'north' } }),
  sampleChannel('door', { labels: { site: 'south' }, state: 'offline' }),
  sampleChannel('yard', { labels: { site: 'north', floor: '1' }, state: 'degraded' }),
];
const source = 'rtsp://camera.example/1';
const served = serveGateway();
const { ask, gateway } = served;

test('channels are listed by state and label, a page at a time', async () => {
  await served.begin(channels);
  const names = async (query: string) =>
    (await ask('GET', `/v1/channels${query}`)).json.items.map(({ name }: { name: string }) => name);
  expect(await names('')).toEqual(['gate', 'door', 'yard']);
  expect(await names('?state=offline,degraded')).toEqual(['door', 'yard']);
  expect(await names('?label=site=north')).toEqual(['gate', 'yard']);
  expect(await names('?label=site=north&label=floor')).toEqual(['yard']);
  expect(await names('?label=toString')).toEqual([]);

  const page = await ask('GET', '/v1/channels?state=online,offline,degraded&limit=2');
  expect(page.json).toMatchObject({
    total: 3,
    offset: 0,
    limit: 2,
    items: [{ name: 'gate' }, { name: 'door' }],
  });
  const next = /^<(.*)>; rel="next"$/.exec(String(page.headers['link']))?.[1];
  const last = await ask('GET', next!);
  expect(last.json).toMatchObject({ total: 3, offset: 2, items: [{ name: 'yard' }] });
  expect(last.headers['link']).toBeUndefined();
});

test.each(['?state=up', '?limit=0', '?limit=1001', '?offset=-1', '?lable=site', '?limit=x'])(
  'a list is not given for %s, and the answer says why',
  async (query) => {
    await served.begin(channels);
    const { status, headers, json } = await ask('GET', `/v1/channels${query}`);
    expect(status).toBe(400);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(json).toMatchObject({ type: 'urn:cloudpush:problem:invalid-request', status: 400 });
    expect(json.faults).toHaveLength(1);
    expect(json.faults[0].message).not.toBe('');
  },
);

test('a channel is added, read, replaced, patched and removed', async () => {
  await served.begin();
  const added = await ask('POST', '/v1/channels', { body: { name: 'gate', configuration: { source } } });
  expect(added.status).toBe(201);
  expect(added.headers['location']).toBe('/v1/channels/gate');

  const read = await ask('GET', '/v1/channels/gate');
  expect(read.json).toMatchObject({ name: 'gate', configuration: { source }, state: { name: 'gate' } });
  expect(read.headers['etag']).toBe(`"${read.json.revision}"`);
  expect(read.headers['etag']).toBe(added.headers['etag']);

  const replaced = await ask('PUT', '/v1/channels/gate', { body: { source, enabled: false } });
  expect(replaced.status).toBe(200);
  expect(replaced.json.configuration).toEqual({ source, enabled: false });

  const patched = await ask('PATCH', '/v1/channels/gate', {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { enabled: true },
  });
  expect(patched.json.configuration).toEqual({ source, enabled: true });

  expect((await ask('DELETE', '/v1/channels/gate')).status).toBe(204);
  expect((await ask('GET', '/v1/channels/gate')).status).toBe(404);
  expect((await ask('PUT', '/v1/channels/gate', { body: { source } })).status).toBe(201);
  expect(gateway.channel('gate')?.configuration).toEqual({ source });
});

/** As clients send it that set the content type of every request. */
const emptyJson = { 'content-type': 'application/json', 'content-length': '0' };

test('where no body is wanted, an empty one is none, whatever its content type', async () => {
  await served.begin(channels);
  const chunked = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
  expect((await ask('POST', '/v1/channels/gate/restart', { headers: emptyJson })).status).toBe(200);
  expect((await ask('DELETE', '/v1/channels/gate', { headers: emptyJson })).status).toBe(204);
  expect((await ask('DELETE', '/v1/channels/door', { headers: chunked })).status).toBe(204);
  const yaml = { ...emptyJson, 'content-type': 'application/yaml' };
  expect((await ask('DELETE', '/v1/channels/yard', { headers: yaml })).status).toBe(204);
});

test.each([
  ['PUT', '/v1/channels/gate', 'application/json'],
  ['POST', '/v1/channels', 'application/json'],
  ['PATCH', '/v1/channels/gate', 'application/merge-patch+json'],
])('where a body is wanted, an empty one is refused: %s %s', async (method, path, type) => {
  await served.begin(channels);
  const { status, json } = await ask(method, path, { headers: { ...emptyJson, 'content-type': type } });
  expect(status).toBe(400);
  expect(json).toMatchObject({ type: 'urn:cloudpush:problem:invalid-request', status: 400 });
  expect(gateway.channel('gate')?.configuration).toBeDefined();
});

test('several channels are added by one request, and none twice', async () => {
  await served.begin();
  const channel = (name: string) => ({ name, configuration: { source } });
  const twice = await ask('POST', '/v1/channels', { body: [channel('a'), channel('b'), channel('a')] });
  expect(twice.status).toBe(400);
  expect(twice.json.detail).toBe('channel a is in the list more than once');
  expect(gateway.calls).toEqual([]);

  const added = await ask('POST', '/v1/channels', { body: [channel('a'), channel('b')] });
  expect(added.status).toBe(201);
  expect(added.json.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);

  const taken = await ask('POST', '/v1/channels', { body: channel('a') });
  expect([taken.status, taken.json.type]).toEqual([409, 'urn:cloudpush:problem:name-taken']);
});

test('a change is made only to the revision that its If-Match names', async () => {
  await served.begin([sampleChannel('gate', { revision: 'r7' })]);
  const change = (headers: Record<string, string>) =>
    ask('PUT', '/v1/channels/gate', { headers, body: { source } });

  const stale = await change({ 'if-match': '"r6"' });
  expect(stale.status).toBe(412);
  expect(stale.json.detail).toContain('is at revision "r7"');
  expect((await change({ 'if-match': 'W/"r7"' })).status).toBe(412);
  expect((await change({ 'if-match': 'r7' })).status).toBe(400);
  expect((await change({ 'if-none-match': '*' })).status).toBe(412);
  expect(gateway.calls).toEqual([]);

  const done = await change({ 'if-match': '"r6", "r7"' });
  expect(done.status).toBe(200);
  expect(gateway.calls).toEqual([['replaceChannel', 'gate', { source }, { revision: 'r7' }]]);
  expect((await change({ 'if-match': '*' })).status).toBe(200);
  expect((await ask('DELETE', '/v1/channels/gate', { headers: { 'if-match': '"r7"' } })).status).toBe(412);

  const missing = await ask('PUT', '/v1/channels/door', { headers: { 'if-match': '*' }, body: { source } });
  expect(missing.status).toBe(412);
  const added = await ask('PUT', '/v1/channels/door', {
    headers: { 'if-none-match': '*' },
    body: { source },
  });
  expect(added.status).toBe(201);
});

test('a change that comes in between is found out by the gateway', async () => {
  await served.begin([sampleChannel('gate', { revision: 'r7' })]);
  const replace = gateway.replaceChannel.bind(gateway);
  vi.spyOn(gateway, 'replaceChannel').mockImplementationOnce((...args) => {
    gateway.set('gate', { revision: 'r8' });
    return replace(...args);
  });
  const answer = await ask('PUT', '/v1/channels/gate', { headers: { 'if-match': '"r7"' }, body: { source } });
  expect([answer.status, answer.json.type]).toEqual([412, 'urn:cloudpush:problem:revision-mismatch']);
});

test('a configuration at fault is answered with all its faults', async () => {
  await served.begin();
  const { status, json } = await ask('PUT', '/v1/channels/gate', { body: { source: 'wrong' } });
  expect(status).toBe(422);
  expect(json).toEqual({
    type: 'urn:cloudpush:problem:invalid-configuration',
    title: 'The configuration is at fault',
    status: 422,
    detail: 'channel gate is at fault',
    faults: [{ path: 'channels.gate.source', message: 'no URL' }],
  });
});

test('a configuration reaches the gateway as it was sent: nothing is filled in, converted or left out', async () => {
  await served.begin();
  const body = { source, destinations: 'one', labels: { floor: 1 }, whatever: null };
  await ask('PUT', '/v1/channels/gate', { body });
  await ask('POST', '/v1/channels', { body: { name: 'door', configuration: body } });
  expect(gateway.calls).toEqual([
    ['replaceChannel', 'gate', body, {}],
    ['addChannels', { door: body }],
  ]);
});

test('channels are started, stopped, restarted and triggered', async () => {
  await served.begin([sampleChannel('gate')]);
  for (const action of ['start', 'stop', 'restart', 'trigger']) {
    const { status, json } = await ask('POST', `/v1/channels/gate/${action}`);
    expect([status, json.name]).toEqual([200, 'gate']);
    expect((await ask('POST', `/v1/channels/door/${action}`)).status).toBe(404);
  }
  expect(
    (await ask('POST', '/v1/channels/gate/trigger', { body: { type: 'face', action: 'start' } })).status,
  ).toBe(200);
  expect((await ask('POST', '/v1/channels/gate/trigger', { body: { type: 101 } })).status).toBe(200);
  expect(gateway.calls.filter(([, name]) => name === 'gate')).toEqual([
    ['startChannel', 'gate'],
    ['stopChannel', 'gate'],
    ['restartChannel', 'gate'],
    ['triggerChannel', 'gate', {}],
    ['triggerChannel', 'gate', { type: 'face', action: 'start' }],
    ['triggerChannel', 'gate', { type: 101 }],
  ]);
  for (const body of [{ type: 'fase' }, { type: 1000 }, { action: 'go' }, { kind: 'face' }, []]) {
    expect((await ask('POST', '/v1/channels/gate/trigger', { body })).status).toBe(400);
  }
});

test('destinations are listed, tried again and moved', async () => {
  const destinations = [sampleDestination(), sampleDestination({ name: 'backup', state: 'retrying' })];
  await served.begin([sampleChannel('gate', { destinations })]);
  const path = '/v1/channels/gate/destinations';
  expect((await ask('GET', path)).json).toMatchObject([{ name: 'cloud' }, { name: 'backup' }]);
  expect((await ask('GET', `${path}/backup`)).json).toMatchObject({ state: 'retrying' });
  const missing = await ask('GET', `${path}/moon`);
  expect([missing.status, missing.json.detail]).toEqual([404, 'channel gate has no destination moon']);

  expect((await ask('POST', `${path}/backup/retry`)).status).toBe(200);
  const target = { url: 'rtmp://other.example/live/key-SECRET', token: 'token-SECRET' };
  const moved = await ask('POST', `${path}/backup/move`, { body: target });
  expect(moved.status).toBe(200);
  expect(moved.text).not.toContain('SECRET');
  expect(gateway.calls).toEqual([
    ['retryDestination', 'gate', 'backup'],
    ['moveDestination', 'gate', 'backup', target],
  ]);
  const refused = await ask('POST', `${path}/backup/move`, { body: { url: 'http://x/key-SECRET' } });
  expect(refused.status).toBe(400);
  expect(refused.text).not.toContain('SECRET');
});

test('the events of a channel are told, the latest ones', async () => {
  await served.begin([sampleChannel('gate')]);
  gateway.tell('one', 'gate');
  gateway.tell('of another', 'door');
  gateway.tell('two', 'gate');
  const messages = async (query: string) =>
    (await ask('GET', `/v1/channels/gate/events${query}`)).json.map(
      ({ message }: { message: string }) => message,
    );
  expect(await messages('')).toEqual(['one', 'two']);
  expect(await messages('?limit=1')).toEqual(['two']);
  expect(await messages('?after=1')).toEqual(['two']);
  expect((await ask('GET', '/v1/channels/door/events')).status).toBe(404);
});

test.each([
  '..%2fx',
  '%2e%2e%2fx',
  '..',
  '.hidden',
  'a%00b',
  'a%20b',
  '%F0%9F%98%80',
  '__proto__',
  'x'.repeat(65),
  'x'.repeat(5000),
])('a channel cannot be called %s', async (name) => {
  await served.begin([sampleChannel('gate')]);
  for (const method of ['GET', 'DELETE']) {
    expect([400, 404, 414]).toContain((await ask(method, `/v1/channels/${name}`)).status);
  }
  const put = await ask('PUT', `/v1/channels/${name}`, { body: { source } });
  expect([400, 404, 414]).toContain(put.status);
  const posted = await ask('POST', '/v1/channels', {
    body: { name: decodeURIComponent(name), configuration: { source } },
  });
  expect(posted.status).toBe(400);
  expect(gateway.calls).toEqual([]);
});
