// The reference token server as a server: what it answers to requests that are none.

import { ReferenceTokenServer } from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';

const url = 'rtmp://localhost/$appname/$streamname/$time';

async function post(to: string, body: string): Promise<{ status: number; reply: unknown }> {
  const response = await fetch(to, { method: 'POST', body });
  return { status: response.status, reply: response.ok ? await response.json() : await response.text() };
}

describe('the reference token server', () => {
  test('gives a token that it knows again until it expires', async () => {
    let now = 5000;
    await using server = await ReferenceTokenServer.listen({ url, ttl: 10, now: () => now });
    const { reply } = await post(server.url, '{"deviceSN":"SN-1"}');
    expect(reply).toEqual({
      code: 0,
      data: { url, token: expect.stringMatching(/^[\da-f]{32}$/), expires_in: 10 },
    });
    const { token } = (reply as { data: { token: string } }).data;
    expect(server.find(token)).toEqual({ deviceSN: 'SN-1', expiresAt: 15_000 });
    expect(server.find('another')).toBeUndefined();
    now = 15_000;
    expect(server.find(token)).toBeUndefined();
  });

  test.for([
    ['no JSON', 'deviceSN=SN-1'],
    ['a list', '[]'],
    ['nothing', ''],
    ['neither a device nor a token', '{"clientid":"me"}'],
    ['a serial number that is a number', '{"deviceSN":1}'],
  ])('answers a query that is %s with code 1', async ([, body]) => {
    await using server = await ReferenceTokenServer.listen({ url });
    expect(await post(server.url, body!)).toMatchObject({ status: 200, reply: { code: 1 } });
  });

  test('takes what is null for what is not there', async () => {
    await using server = await ReferenceTokenServer.listen({ url });
    const body = '{"clientid":null,"client_secret":null,"deviceSN":"SN-1","device_token":null}';
    expect(await post(server.url, body)).toMatchObject({ status: 200, reply: { code: 0 } });
  });

  test('answers other paths, methods and sizes with the status that says so, and tells of each', async () => {
    const told: unknown[] = [];
    const onRequest = (report: unknown) => void told.push(report);
    await using server = await ReferenceTokenServer.listen({ url, onRequest });
    const { origin } = new URL(server.url);
    expect((await post(`${origin}/other?key=s3cr3t`, '{}')).status).toBe(404);
    expect((await fetch(server.url)).status).toBe(405);
    expect((await post(server.url, ' '.repeat(16_385))).status).toBe(413);
    const path = '/connection/token/get';
    const unknown = { code: undefined, deviceSN: undefined, clientId: undefined };
    expect(told).toEqual([
      { path: '/other', status: 404, ...unknown },
      { path, status: 405, ...unknown },
      { path, status: 413, ...unknown },
    ]);
  });

  test('says why it cannot have an address', async () => {
    await using server = await ReferenceTokenServer.listen({ url });
    const port = Number(new URL(server.url).port);
    await expect(ReferenceTokenServer.listen({ url, port })).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_SOCKET',
      message: `Cannot listen on 127.0.0.1 port ${port}: EADDRINUSE`,
    });
  });

  test('can be had over IPv6', async (context) => {
    const server = await ReferenceTokenServer.listen({ url, host: '::1' }).catch(() => undefined);
    if (server === undefined) return context.skip('there is no IPv6 here');
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+\/connection\/token\/get$/);
    expect(await post(server.url, '{"deviceSN":"SN-1"}')).toMatchObject({ status: 200 });
    await server.close();
  });
});
