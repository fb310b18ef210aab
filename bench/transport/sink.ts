import { randomFillSync } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { RECEIVER_LIMITS, ReceiveSession } from '@cloudpush/transport';

/**
 * A server that costs as little as can be, in a process of its own: it accepts a publisher, then throws away
 * what comes in. A client that does not begin with RTMP's version byte is a plain socket: its bytes are
 * thrown away from the start.
 */
function serve(socket: Socket): void {
  const accept = (): 'accept' => 'accept';
  const end = (): void => {
    socket.end();
  };
  const session = new ReceiveSession(
    {
      handshake: 'simple',
      chunkSize: 4096,
      windowAcknowledgementSize: 2_500_000,
      firstMessageStreamId: 1,
      releaseStreamAnswer: 'never',
      connectInfo: {},
      connectProperties: {},
      acknowledges: true,
      setupTimeout: 10_000,
      limits: RECEIVER_LIMITS,
      random: randomFillSync,
      now: () => performance.now(),
    },
    { push: (slice) => socket.write(slice) },
    {
      onConnect: accept,
      onCreateStream: accept,
      onPublish: accept,
      onPublished: () => undefined,
      onMessage: () => undefined,
      onUnpublish: end,
      onCommand: () => undefined,
      onFailure: end,
    },
  );
  let plain: boolean | undefined;
  socket.on('data', (bytes) => {
    plain ??= bytes[0] !== 3;
    if (!plain && !session.publishing) session.receive(bytes);
  });
  socket.on('error', () => socket.destroy());
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.(address.port);
});
process.on('disconnect', () => process.exit());
