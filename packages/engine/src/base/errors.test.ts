import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type LookupFunction } from 'node:net';
import { RtmpError } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { CloudPushError } from './errors.js';

/** A port of the host on which nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('the error of a host with several addresses keeps what the system said of each', async () => {
  const addresses = ['127.0.0.1', '127.0.0.2'];
  const lookup: LookupFunction = (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  const port = await closedPort();
  const socket = connect({ host: 'two.example', port, lookup, autoSelectFamily: true });
  const cause = await new Promise((resolve) => socket.once('error', resolve));
  const error = CloudPushError.wrap(new RtmpError('ERR_CLOUDPUSH_SOCKET_CONNECT', 'socket', 'no', { cause }));
  const words = addresses.map((address) => `connect ECONNREFUSED ${address}:${port}`);
  expect(error.cause).toMatchObject({ code: 'ECONNREFUSED', message: words.join('; ') });
});
