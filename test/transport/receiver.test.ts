import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ChunkWriter, encodeAmf0, RtmpReceiver } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import { message, TestPublisher } from './support/publish.js';
import { TestReceiver } from './support/receive.js';

// Generous, because machines are shared: no test waits for it when all is well.
vi.setConfig({ testTimeout: 60_000 });

const PING = Buffer.from('020000000000060400000000000600000001', 'hex');

/** A client that has shaken hands with the receiver, and can say what it likes. */
async function rawClient(receiver: TestReceiver): Promise<Socket> {
  const socket = connect(receiver.receiver.address.port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(3072)]));
  return socket;
}

/** Unlike `once`, not interested in the error that comes before. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('drain', () => resolve()));
}

describe('the receiver', () => {
  test('refuses a name that is being published, when told to, and takes it again afterwards', async () => {
    await using receiver = await TestReceiver.listen({ refusesBusyNames: true });
    const first = await TestPublisher.connect({ url: receiver.url('live/camera?token=1') });
    const second = TestPublisher.connect({ url: receiver.url('live/camera?token=2') });
    await expect(second).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_STREAM_BUSY', class: 'busy' });
    await first.publisher.close();
    const third = await TestPublisher.connect({ url: receiver.url() });
    await third.publisher.close();
    expect(receiver.received).toHaveLength(2);
  });

  test('counts by stream and over all', async () => {
    await using receiver = await TestReceiver.listen();
    for (const name of ['a', 'b']) {
      const { publisher } = await TestPublisher.connect({ url: receiver.url(`live/${name}`) });
      for (const type of [8, 9, 9, 18]) publisher.send(message(Buffer.alloc(100), 0, type), undefined);
      await publisher.close();
    }
    const each = { messages: 4, bytes: 400, audioMessages: 1, videoMessages: 2, dataMessages: 1 };
    expect(receiver.received.map(({ stream }) => stream.counters)).toEqual([each, each]);
    expect(receiver.receiver.counters).toEqual({
      messages: 8,
      bytes: 800,
      audioMessages: 2,
      videoMessages: 4,
      dataMessages: 2,
    });
    expect(receiver.received.map(({ stream }) => stream.id)).toEqual([1, 2]);
  });

  test('ends a connection that publishes nothing', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, setupTimeout: 60 });
    const socket = await rawClient(receiver);
    socket.resume();
    await closed(socket);
    await waitFor('the error', 10_000, () => receiver.errors[0]);
    expect(receiver.errors[0]).toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT' });
  });

  test('ends a client that it has closed on, and that does not close its side', async () => {
    await using receiver = await TestReceiver.listen(
      { onConnect: () => 'close' },
      { port: 0, setupTimeout: 100 },
    );
    const socket = connect({ port: receiver.receiver.address.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined).resume();
    socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(3072)]));
    const sink = { push: (slice: Uint8Array): void => void socket.write(Buffer.from(slice)) };
    new ChunkWriter(sink).write(3, 20, 0, 0, encodeAmf0('connect', 1, { app: 'live' }));
    await once(socket, 'end');
    await waitFor('the reset', 10_000, () => receiver.receiver.connections === 0 || undefined);
    socket.destroy();
  });

  test('ends a publisher that has fallen silent', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, idleTimeout: 60 });
    const made = await TestPublisher.connect({ url: receiver.url() });
    expect(await made.closed).toMatchObject({ stage: 'publishing' });
    expect(await receiver.received[0]!.ended).toMatchObject({
      clean: false,
      error: { code: 'ERR_CLOUDPUSH_TIMEOUT' },
    });
  });

  test('ends a client that asks on and on and reads no answer', async () => {
    await using receiver = await TestReceiver.listen(
      {},
      { port: 0, limits: { maxUnreadReplyBytes: 10_000 } },
    );
    const socket = await rawClient(receiver);
    const flood = Buffer.concat(Array.from({ length: 2000 }, () => PING));
    while (!socket.destroyed && receiver.errors.length === 0) {
      if (!socket.write(flood)) await Promise.race([drained(socket), closed(socket)]);
    }
    expect(receiver.errors[0]).toMatchObject({
      code: 'ERR_CLOUDPUSH_PEER_LIMIT',
      details: { permitted: 10_000 },
    });
    socket.destroy();
  });

  test('refuses bytes that are no RTMP, and a command before connect', async () => {
    await using receiver = await TestReceiver.listen();
    const web = connect(receiver.receiver.address.port, '127.0.0.1');
    web.on('error', () => web.destroy());
    web.resume().write('GET / HTTP/1.1\r\n\r\n');
    await closed(web);
    const hasty = await rawClient(receiver);
    hasty
      .resume()
      .write(
        Buffer.from('03000000000019140000000002000c63726561746553747265616d00400000000000000005', 'hex'),
      );
    await closed(hasty);
    await waitFor('both errors', 10_000, () => receiver.errors.length === 2 || undefined);
    expect(receiver.errors.map(({ code, stage }) => `${code} ${stage}`)).toEqual([
      'ERR_CLOUDPUSH_HANDSHAKE handshake',
      'ERR_CLOUDPUSH_PROTOCOL connect',
    ]);
  });

  test('says where it cannot listen', async () => {
    await using receiver = await TestReceiver.listen();
    const { port } = receiver.receiver.address;
    await expect(RtmpReceiver.listen({ port })).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_SOCKET',
      message: `cannot listen on 127.0.0.1 port ${port}: EADDRINUSE`,
    });
  });

  test('takes no more connections than permitted', async () => {
    await using receiver = await TestReceiver.listen({}, { port: 0, maxConnections: 1 });
    const first = await TestPublisher.connect({ url: receiver.url() });
    const second = TestPublisher.connect({ url: receiver.url(), timeouts: { handshake: 2000 } });
    await expect(second).rejects.toMatchObject({ stage: 'handshake' });
    await first.publisher.close();
  });
});

describe('a hundred publishers', () => {
  test('each arrive whole', async () => {
    await using receiver = await TestReceiver.listen();
    const bodies = Array.from({ length: 20 }, (_, i) => Buffer.alloc(5000 + i, i));
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const { publisher } = await TestPublisher.connect({ url: receiver.url(`live/camera-${i}`) });
        bodies.forEach((body, at) => void publisher.send(message(body, at * 40), undefined));
        await publisher.close();
      }),
    );
    expect(receiver.received).toHaveLength(100);
    for (const { messages } of receiver.received) {
      expect(messages.map(({ payload }) => payload.length)).toEqual(bodies.map(({ length }) => length));
    }
  });
});
