import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type LookupFunction } from 'node:net';
import { MuxerError } from '@cloudpush/muxer';
import { RtmpError } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { CloudPushError, classOf, type ErrorClass, toErrorData } from './errors.js';

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

/** The part that the errors of all packages have in common. */
interface CommonShape extends Error {
  readonly code: string;
  readonly class: ErrorClass;
  readonly details: object;
}

test.each<[CommonShape, object]>([
  [
    new MuxerError('ERR_CLOUDPUSH_ADTS_SYNC', {
      offset: 3,
      field: 'syncword',
      actual: 0,
      permitted: '0xfff',
    }),
    { fault: 'adts', offset: 3, field: 'syncword', actual: 0, permitted: '0xfff' },
  ],
  [
    new RtmpError('ERR_CLOUDPUSH_HANDSHAKE', 'handshake', 'no', { details: { actual: 6, permitted: 3 } }),
    { stage: 'handshake', actual: 6, permitted: 3 },
  ],
  [new CloudPushError('ERR_CLOUDPUSH_TOKEN_REJECTED', 'no', { details: { actual: 401 } }), { actual: 401 }],
])('%s has the one shape, and keeps it between threads', (error, details) => {
  expect(Object.keys(error).sort()).toEqual(['class', 'code', 'details', 'name']);
  expect(error.details).toEqual(details);
  const { code, class: errorClass, message } = error;
  expect(toErrorData(error)).toEqual({ code, class: errorClass, message, details, cause: undefined });
  expect(CloudPushError.wrap(error)).toMatchObject({ code, class: errorClass, message, details });
  expect(classOf(error)).toBe(errorClass);
});
