import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { startHttp } from '../../packages/cloudpush/dist/gateway/http/start-http.js';
import { ask as askUrl } from '../../packages/cloudpush/dist/gateway/http/testing/ask.js';
import { FakeGateway } from '../../packages/cloudpush/dist/gateway/http/testing/fake-gateway.js';
import { sampleChannel } from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import { serveGateway, TOKEN } from './support/served-gateway.js';

const body = { source: 'rtsp://camera.example/1' };

describe('with a token', () => {
  const served = serveGateway({
    token: TOKEN,
    metrics: { listen: { host: '127.0.0.1', port: 0 } },
  });
  const { ask, gateway } = served;
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const routes = [
    ['GET', '/v1/channels'],
    ['GET', '/v1/channels/gate'],
    ['PUT', '/v1/channels/gate'],
    ['PATCH', '/v1/channels/gate'],
    ['DELETE', '/v1/channels/gate'],
    ['POST', '/v1/channels'],
    ['POST', '/v1/channels/gate/stop'],
    ['POST', '/v1/channels/gate/destinations/cloud/move'],
    ['GET', '/v1/info'],
    ['GET', '/v1/config'],
    ['POST', '/v1/config/reload'],
    ['POST', '/v1/config/check'],
    ['GET', '/v1/events'],
    ['GET', '/openapi.json'],
    ['GET', '/metrics'],
  ] as const;

  test.each(routes)('%s %s is refused without it, and with another one', async (method, path) => {
    await served.begin([sampleChannel('gate')]);
    for (const options of [
      {},
      bearer(`${TOKEN}x`),
      bearer(''),
      { headers: { authorization: `Basic ${TOKEN}` } },
    ]) {
      const answer = await ask(method, path, options);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="cloudpush"');
      expect(answer.json.type).toBe('urn:cloudpush:problem:token-needed');
      expect(answer.text).not.toContain(TOKEN);
    }
    expect(gateway.calls).toEqual([]);
  });

  test('requests that show it are served, and probes need not', async () => {
    await served.begin([sampleChannel('gate')]);
    expect((await ask('GET', '/v1/channels/gate', bearer(TOKEN))).status).toBe(200);
    expect((await ask('GET', '/healthz')).json).toEqual({ status: 'ok' });
    expect((await ask('GET', '/readyz')).json).toEqual({ status: 'ok' });
  });

  test('the address of the metrics wants the same token, and serves nothing else', async () => {
    const url = `http://127.0.0.1:${served.service.addresses.metrics?.port}`;
    expect((await askUrl('GET', `${url}/metrics`)).status).toBe(401);
    expect((await askUrl('GET', `${url}/metrics`, bearer(TOKEN))).text).toContain('cloudpush_build_info');
    expect((await askUrl('GET', `${url}/healthz`)).status).toBe(200);
    expect((await askUrl('GET', `${url}/v1/channels`, bearer(TOKEN))).status).toBe(404);
  });

  test('another token takes effect at once, and one that is too short is refused', async () => {
    const renewed = `${TOKEN}-renewed`;
    served.service.setToken(renewed);
    expect((await ask('GET', '/v1/info', bearer(renewed))).status).toBe(200);
    expect((await ask('GET', '/v1/info', bearer(TOKEN))).status).toBe(401);
    expect(() => served.service.setToken('short')).toThrow('5 characters');
    expect((await ask('GET', '/v1/info', bearer(renewed))).status).toBe(200);
    served.service.setToken(TOKEN);
  });
});

describe('on loopback without a token', () => {
  const served = serveGateway({
    api: { listen: { host: '127.0.0.1', port: 0 }, allowedHosts: ['NVR.example'] },
  });
  const { ask, gateway } = served;

  test.each(['localhost:80', '127.0.0.1', '[::1]:9997', '192.168.1.2:9997', hostname(), 'nvr.example'])(
    'the host %s is served',
    async (host) => {
      expect((await ask('GET', '/v1/info', { headers: { host } })).status).toBe(200);
    },
  );

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'x@localhost', 'a/b'])(
    'the host %s is refused: a name of somebody else may point here',
    async (host) => {
      await served.begin([sampleChannel('gate')]);
      for (const path of ['/v1/info', '/', '/healthz', '/nowhere']) {
        const answer = await ask('GET', path, { headers: { host } });
        expect(answer.status).toBe(421);
        expect(answer.json.detail).toContain('api.allowedHosts');
      }
    },
  );

  test('a page of another site changes nothing, and may not read', async () => {
    await served.begin([sampleChannel('gate')]);
    for (const origin of [
      'http://evil.example',
      'null',
      `http://localhost:${served.service.addresses.api!.port}`,
    ]) {
      const answer = await ask('POST', '/v1/channels/gate/stop', { headers: { origin } });
      expect([answer.status, answer.json.type]).toEqual([403, 'urn:cloudpush:problem:foreign-origin']);
    }
    expect(gateway.calls).toEqual([]);
    const read = await ask('GET', '/v1/info', { headers: { origin: 'http://evil.example' } });
    const allowed = Object.keys(read.headers).filter((name) => name.startsWith('access-control-'));
    expect(allowed).toEqual([]);
    expect(read.headers['cross-origin-resource-policy']).toBe('same-origin');
    const preflight = await ask('OPTIONS', '/v1/channels/gate', {
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'DELETE' },
    });
    expect(preflight.status).toBe(404);

    expect((await ask('POST', '/v1/channels/gate/stop', { headers: { origin: served.url } })).status).toBe(
      200,
    );
  });

  test('forms of other sites are refused by their media type as well', async () => {
    await served.begin([sampleChannel('gate')]);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const headers = { 'content-type': type };
      const answer = await ask('PUT', '/v1/channels/gate', { headers, body: JSON.stringify(body) });
      expect([answer.status, answer.json.type]).toEqual([
        415,
        'urn:cloudpush:problem:unsupported-media-type',
      ]);
    }
    expect(gateway.calls).toEqual([]);
  });
});

test.each([
  { api: { listen: { host: '0.0.0.0', port: 0 } } },
  { api: { listen: { host: '::', port: 0 } } },
  { metrics: { listen: { host: '0.0.0.0', port: 0 } } },
  { api: { listen: { host: '127.0.0.1', port: 0 }, token: 'short' } },
])('%j is refused before anything listens', async (options) => {
  await expect(startHttp(new FakeGateway(), options)).rejects.toThrow(/other machines can reach|characters/);
});

test('an address that is taken is told of', async () => {
  const gateway = new FakeGateway();
  const first = await startHttp(gateway, { api: { listen: { host: '127.0.0.1', port: 0 } } });
  try {
    const second = startHttp(gateway, { api: { listen: first.addresses.api! } });
    await expect(second).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringMatching(/HTTP cannot be served: .*EADDRINUSE/),
    });
  } finally {
    await first.close();
  }
});
