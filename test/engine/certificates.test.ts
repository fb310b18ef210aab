// A server whose certificate has expired: it is tried until that has been renewed.

import { once } from 'node:events';
import { PushEngine } from '@cloudpush/engine';
import { RtmpReceiver } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { makeCertificate } from '../transport/support/certificate.js';
import { closeEmpty } from './expectations.js';

const names = 'DNS:localhost,IP:127.0.0.1';

test('a certificate that has expired is told, and one that was renewed is taken', async () => {
  const [expired, renewed] = [makeCertificate(names, -1), makeCertificate(names)];
  const first = await RtmpReceiver.listen({ port: 0, tls: expired }, {});
  const { port } = first.address;
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({
    url: `rtmps://127.0.0.1:${port}/live/a`,
    reconnect: { initialDelay: 10, maxDelay: 50 },
    connection: { tls: { ca: [expired.cert, renewed.cert] } },
  });
  const [{ error }] = await once(channel, 'disconnect');
  expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_TLS', class: 'retryable', details: { stage: 'tls' } });
  expect(error.message).toBe(
    "the server's certificate has expired, or this machine's clock is ahead (CERT_HAS_EXPIRED)",
  );
  await first.close();
  await using _second = await RtmpReceiver.listen({ port, tls: renewed }, {});
  await channel.connected();
  await channel.close();
  await closeEmpty(engine);
});
