// Events of a channel that foreign servers refuse, or leave.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CloseReport, PushEngine } from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';
import { closeEmpty, transcript } from '../engine/expectations.js';
import { failure } from '../engine/failure.js';
import { NginxRtmp } from '../support/nginx.js';
import { NodeMediaServerPeer } from '../support/node-media-server.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 60_000;

/** An HTTP server that says no to whatever nginx-rtmp asks it. */
async function refusingHttpServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(403, { Connection: 'close' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a channel tells once, with its end,', () => {
  test('that nginx-rtmp does not know the app: it closes without a word', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path);
    expect(await failure({ url: nginx.url('a').replace('/live/', '/other/') })).toMatchObject({
      code: 'ERR_CLOUDPUSH_PEER_CLOSED',
      class: 'retryable',
      details: { stage: 'connect' },
    });
  });

  test.for([
    ['on_connect', 'connect'],
    ['on_publish', 'publish'],
  ])(
    'that nginx-rtmp was told by %s to refuse: it closes at %s',
    { timeout: TIMEOUT_MS },
    async ([directive, stage], context) => {
      requirePeers(context, 'nginx-rtmp');
      await using folder = await TempFolder.create();
      await using http = await refusingHttpServer();
      const option = `${directive} ${http.url};`;
      const where = directive === 'on_connect' ? { server: option } : { application: option };
      await using nginx = await NginxRtmp.start(folder.path, where);
      expect(await failure({ url: nginx.url('a') })).toMatchObject({
        code: 'ERR_CLOUDPUSH_PEER_CLOSED',
        class: 'retryable',
        details: { stage },
      });
    },
  );

  test('that nginx-rtmp has a publisher of that name', { timeout: TIMEOUT_MS }, async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path);
    const url = nginx.url('a');
    await using first = await PushEngine.create({ maxConnections: 1 });
    await first.openChannel({ url }).connected();
    expect(await failure({ url })).toMatchObject({
      code: 'ERR_CLOUDPUSH_STREAM_BUSY',
      class: 'busy',
      details: {
        stage: 'publish',
        serverCode: 'NetStream.Publish.BadName',
        description: 'Already publishing',
      },
    });
  });

  test('that node-media-server has a publisher of that name: it says yes, and then closes', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    requirePeers(context, 'node-media-server');
    await using folder = await TempFolder.create();
    await using server = await NodeMediaServerPeer.start(folder.path);
    const engine = await PushEngine.create({ maxConnections: 2 });
    const first = engine.openChannel({ url: server.url('a') });
    await first.connected();
    const second = engine.openChannel({ url: server.url('a') });
    const events = transcript(second);
    const [{ clean, error }] = (await once(second, 'close')) as [CloseReport];
    expect(clean).toBe(false);
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_PEER_CLOSED',
      class: 'retryable',
      details: { stage: 'publishing' },
    });
    expect(first.state).toBe('publishing');
    await closeEmpty(engine);
    expect(events).toEqual(['connect', 'close']);
  });

  test('that nginx-rtmp went while it published', { timeout: TIMEOUT_MS }, async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using nginx = await NginxRtmp.start(folder.path);
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: nginx.url('a') });
    const events = transcript(channel);
    await channel.connected();
    const closed = once(channel, 'close') as Promise<[CloseReport]>;
    await nginx.stop();
    const [{ clean, error }] = await closed;
    expect(clean).toBe(false);
    expect(error).toMatchObject({ class: 'retryable', details: { stage: 'publishing' } });
    expect(['ERR_CLOUDPUSH_PEER_CLOSED', 'ERR_CLOUDPUSH_SOCKET']).toContain(error!.code);
    await closeEmpty(engine);
    expect(events).toEqual(['connect', 'close']);
  });
});
