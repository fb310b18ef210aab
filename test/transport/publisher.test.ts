import { EventEmitter, once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type PublisherOptions, RtmpError, RtmpPublisher, readTracks, withTrack } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import { readFlv } from './support/flv.js';
import { Blocks, message, TestPublisher } from './support/publish.js';
import { TestReceiver } from './support/receive.js';

// Generous, because machines are shared: no test waits for it when all is well.
vi.setConfig({ testTimeout: 60_000 });

const source = readFlv(new URL('../fixtures/bframes.flv', import.meta.url));

async function failure(options: PublisherOptions): Promise<RtmpError> {
  try {
    const publisher = await RtmpPublisher.connect(options);
    publisher.destroy();
  } catch (error) {
    if (error instanceof RtmpError) return error;
    throw error;
  }
  throw new Error('connect succeeded');
}

describe('publisher and receiver', () => {
  test.each([128, 4096, 65536])('every byte and timestamp arrives with chunks of %i', async (chunkSize) => {
    await using receiver = await TestReceiver.listen();
    const publisher = await TestPublisher.connect({ url: receiver.url('live/camera/17?k=v'), chunkSize });
    const blocks = new Blocks();
    await publisher.sendTags(source, blocks);
    await publisher.publisher.close();
    const [received] = receiver.received;
    expect(await received!.ended).toEqual({ clean: true, error: undefined });
    expect(received!.stream).toMatchObject({
      app: 'live',
      streamName: 'camera/17',
      query: 'k=v',
      publishType: 'live',
    });
    expect(received!.messages.map(({ payload }) => payload)).toEqual(source.map(({ body }) => body));
    expect(received!.messages.map(({ timestamp }) => timestamp)).toEqual(
      source.map(({ timestamp }) => timestamp),
    );
    expect(blocks.releases).toEqual(source.map(() => 1));
    expect(await publisher.closed).toBeUndefined();
  });

  test.each([
    ['4 h 39 m 37 s', 0xffffff - 900],
    ['2^32 ms', 2 ** 32 - 900],
  ])('the stream goes on past %s', async (_, shift) => {
    await using receiver = await TestReceiver.listen();
    for (const chunkSize of [128, 65536]) {
      const publisher = await TestPublisher.connect({ url: receiver.url(`live/c${chunkSize}`), chunkSize });
      await publisher.sendTags(source, new Blocks(), shift);
      await publisher.publisher.close();
      const { messages } = receiver.received.at(-1)!;
      expect(messages.map(({ timestamp }) => timestamp)).toEqual(
        source.map(({ timestamp }) => (timestamp + shift) % 2 ** 32),
      );
      expect(Buffer.concat(messages.map(({ payload }) => payload))).toEqual(
        Buffer.concat(source.map(({ body }) => body)),
      );
    }
  });

  test('publishes several streams one after the other on one connection', async () => {
    await using receiver = await TestReceiver.listen();
    const { publisher } = await TestPublisher.connect({ url: receiver.url('live/camera/1') });
    for (const name of ['camera/1', 'camera/2', 'camera/3?x=y']) {
      if (name !== 'camera/1') await publisher.nextStream(name);
      publisher.send(message(Buffer.from(name), 40), undefined);
    }
    await publisher.close();
    expect(receiver.received.map(({ stream }) => stream.streamName)).toEqual([
      'camera/1',
      'camera/2',
      'camera/3',
    ]);
    for (const { stream, messages, ended } of receiver.received) {
      expect(messages.map(({ payload }) => String(payload).split('?')[0])).toEqual([stream.streamName]);
      expect((await ended).clean).toBe(true);
    }
    expect(receiver.receiver.counters.messages).toBe(3);
  });

  test('says false above the high-water mark, drains, and releases a block only when the kernel has taken it', async () => {
    await using receiver = await TestReceiver.listen({ readBytesPerSecond: 0 });
    const made = await TestPublisher.connect({
      url: receiver.url(),
      highWaterMark: 100_000,
      timeouts: { close: 500 },
    });
    const blocks = new Blocks();
    const body = Buffer.alloc(50_000, 1);
    let sent = 0;
    while (made.publisher.send(message(body, sent * 40), blocks.next())) {
      sent++;
      await sleep(1);
    }
    const { publisher } = made;
    expect(publisher.queuedBytes).toBeGreaterThan(100_000);
    expect(publisher.queuedMilliseconds).toBeGreaterThan(0);
    expect(publisher.bytesWritten).toBeLessThan(sent * 50_000);
    const unreleased = blocks.releases.filter((count) => count === 0).length;
    expect(unreleased).toBeGreaterThanOrEqual(Math.floor(publisher.queuedBytes / 50_012));
    publisher.destroy();
    await made.closed;
    expect(blocks.releases).toEqual(blocks.releases.map(() => 1));
    expect(publisher.send(message(body, 0), blocks.next())).toBe(false);
    expect(blocks.releases.at(-1)).toBe(1);
  });

  test('calls onDrain once a slow server has caught up', async () => {
    await using receiver = await TestReceiver.listen({ readBytesPerSecond: 50_000_000 });
    const made = await TestPublisher.connect({ url: receiver.url(), highWaterMark: 200_000 });
    const blocks = new Blocks();
    let pauses = 0;
    for (let i = 0; i < 400; i++) {
      if (made.publisher.send(message(Buffer.alloc(50_000, i), i), blocks.next())) continue;
      pauses++;
      await made.drained();
      expect(made.publisher.queuedBytes).toBeLessThanOrEqual(100_000);
    }
    await made.publisher.close();
    expect(pauses).toBeGreaterThan(0);
    expect(receiver.received[0]!.messages).toHaveLength(400);
    expect(blocks.releases).toEqual(blocks.releases.map(() => 1));
  });

  test('ends the connection to a server that asks on and on and reads no answer', async () => {
    await using receiver = await TestReceiver.listen({ readBytesPerSecond: 0 });
    const limits = { maxUnreadReplyBytes: 10_000 };
    const made = await TestPublisher.connect({ url: receiver.url(), limits });
    let i = 0;
    while (made.publisher.send(message(Buffer.alloc(50_000), i++), undefined)) await sleep(1);
    for (let pings = 0; pings < 1000; pings++) receiver.received[0]!.stream.sendPing();
    expect(await made.closed).toMatchObject({ code: 'ERR_CLOUDPUSH_PEER_LIMIT', class: 'retryable' });
  });

  test('a server that floods is read no faster than a server has reason to talk, and the stream goes on', async () => {
    await using receiver = await TestReceiver.listen();
    const started = performance.now();
    const made = await TestPublisher.connect({ url: receiver.url() });
    const { stream, messages } = receiver.received[0]!;
    for (let i = 0; i < 100; i++) stream.sendCommand('onNoise', 'x'.repeat(200_000));
    await waitFor('the flood', 20_000, () => made.publisher.bytesRead > 1 << 20 || undefined);
    for (let i = 0; i < 50; i++) made.publisher.send(message(Buffer.alloc(1000), i), undefined);
    await waitFor('the stream', 20_000, () => messages.length === 50 || undefined);
    const seconds = (performance.now() - started) / 1000;
    expect(made.publisher.bytesRead).toBeLessThan((1 << 20) * (1 + seconds) + (1 << 17));
    expect(made.commands.length).toBeLessThan(10);
    expect(made.publisher.leftAside).toBeGreaterThan(0);
    expect(made.warnings.join()).toContain('ignored');
    made.publisher.destroy();
    await made.closed;
  });

  test('throws when false is ignored for long', async () => {
    await using receiver = await TestReceiver.listen({ readBytesPerSecond: 0 });
    const { publisher, closed } = await TestPublisher.connect({
      url: receiver.url(),
      maxQueuedBytes: 1_000_000,
    });
    const flood = (): void => {
      for (let i = 0; i < 100; i++) publisher.send(message(Buffer.alloc(50_000), i), undefined);
    };
    expect(flood).toThrow(/bytes are queued, permitted: 1000000/);
    publisher.destroy();
    await closed;
  });

  test('writes what a turn has queued at its end, or at flush, and counts it', async () => {
    await using receiver = await TestReceiver.listen();
    const { publisher } = await TestPublisher.connect({ url: receiver.url() });
    const before = publisher.bytesWritten;
    publisher.send(message(Buffer.alloc(1000), 0), undefined);
    publisher.send(
      { type: 9, timestamp: 1, parts: [Buffer.alloc(10), Buffer.alloc(20)], size: 30, headroom: 0 },
      undefined,
    );
    expect(publisher.queuedBytes).toBe(1012 + 42);
    publisher.flush();
    await waitFor('the kernel', 10_000, () => publisher.queuedBytes === 0 || undefined);
    expect(publisher.bytesWritten - before).toBe(1012 + 42);
    publisher.send(message(Buffer.alloc(1), 2), undefined);
    await waitFor('the end of the turn', 10_000, () => publisher.queuedBytes === 0 || undefined);
    await publisher.close();
    expect(receiver.received[0]!.messages.map(({ payload }) => payload.length)).toEqual([1000, 30, 1]);
  });

  test('does not change a payload, nor write outside its headroom, when the memory is shared by destinations', async () => {
    await using receiver = await TestReceiver.listen();
    const memory = new Uint8Array(new SharedArrayBuffer(10_000)).fill(5);
    const part = memory.subarray(100, 9_000);
    const { publisher } = await TestPublisher.connect({ url: receiver.url(), chunkSize: 1000 });
    publisher.send({ type: 9, timestamp: 0, parts: [part], size: part.length, headroom: 0 }, undefined);
    await publisher.close();
    expect(memory.every((byte) => byte === 5)).toBe(true);
    expect(receiver.received[0]!.messages[0]!.payload.every((byte) => byte === 5)).toBe(true);
  });

  test('reads while it publishes: pings, commands and statuses come through', async () => {
    await using receiver = await TestReceiver.listen({ pingInterval: 20, windowAcknowledgementSize: 1000 });
    const made = await TestPublisher.connect({ url: receiver.url() });
    const { stream } = receiver.received[0]!;
    const read = made.publisher.bytesRead;
    stream.sendStatus('warning', 'NetStream.Some.Warning', 'words');
    stream.sendCommand('onLiveOpen', { viewers: 1 });
    await waitFor('the command', 10_000, () => made.commands.includes('onLiveOpen') || undefined);
    expect(made.statuses).toContain('NetStream.Some.Warning');
    await waitFor('pings', 10_000, () => made.publisher.bytesRead > read + 300 || undefined);
    for (let i = 0; i < 50; i++) made.publisher.send(message(Buffer.alloc(100), i), undefined);
    await waitFor('an acknowledgement', 10_000, () => made.publisher.acknowledged > 0 || undefined);
    await made.publisher.close();
  });

  test('measures its throughput', async () => {
    await using receiver = await TestReceiver.listen();
    const { publisher } = await TestPublisher.connect({ url: receiver.url() });
    for (let i = 0; i < 30; i++) {
      publisher.send(message(Buffer.alloc(10_000), i), undefined);
      await sleep(20);
    }
    expect(publisher.bytesPerSecond).toBeGreaterThan(10_000);
    expect(publisher.bytesPerSecond).toBeLessThan(1_000_000);
    await publisher.close();
  });

  test('is closed by `await using`', async () => {
    await using receiver = await TestReceiver.listen();
    {
      await using publisher = await RtmpPublisher.connect({ url: receiver.url() });
      publisher.send(message(Buffer.alloc(10), 0), undefined);
    }
    expect(await receiver.received[0]!.ended).toEqual({ clean: true, error: undefined });
  });
});

describe('the end of a connection', () => {
  test('a destroyed publisher resets, so that the server does not take it for a clean end', async () => {
    await using receiver = await TestReceiver.listen();
    const made = await TestPublisher.connect({ url: receiver.url() });
    const error = new RtmpError('ERR_CLOUDPUSH_SOCKET', 'publishing', 'stalled');
    made.publisher.destroy(error);
    expect(await made.closed).toBe(error);
    const end = await receiver.received[0]!.ended;
    expect(end.clean).toBe(false);
    expect(end.error?.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  test('the next stream waits for a slow server that is still reading the one before', async () => {
    await using receiver = await TestReceiver.listen({ readBytesPerSecond: 1_000_000 });
    const { publisher } = await TestPublisher.connect({
      url: receiver.url(),
      timeouts: { createStream: 800, publish: 800 },
    });
    // Two to three seconds for the server; it acknowledges about four times in each.
    for (let i = 0; i < 25; i++) publisher.send(message(Buffer.alloc(100_000), i), undefined);
    await publisher.nextStream('b');
    expect(receiver.received.map(({ messages }) => messages.length)).toEqual([25, 0]);
    await publisher.close();
  });

  test('a call that waits for the next stream ends with the connection', async () => {
    let streams = 0;
    await using receiver = await TestReceiver.listen({
      onPublish: () => (++streams === 1 ? 'accept' : 'ignore'),
    });
    const made = await TestPublisher.connect({ url: receiver.url() });
    const next = made.publisher.nextStream('other');
    made.publisher.destroy();
    await expect(next).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED', stage: 'create-stream' });
    expect(await made.closed).toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED' });
    await expect(made.publisher.nextStream('third')).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_ABORTED',
    });
  });

  test('a closing publisher takes no more, releases what it is given, and goes on reading', async () => {
    await using receiver = await TestReceiver.listen({ pingInterval: 5, neverCloses: true });
    const made = await TestPublisher.connect({ url: receiver.url(), timeouts: { close: 150 } });
    const blocks = new Blocks();
    made.publisher.send(message(Buffer.alloc(10), 0), blocks.next());
    const closed = made.publisher.close();
    expect(made.publisher.send(message(Buffer.alloc(10), 1), blocks.next())).toBe(false);
    expect(blocks.releases[1]).toBe(1);
    await waitFor(
      'the end of the stream',
      1000,
      () => made.statuses.includes('NetStream.Unpublish.Success') || undefined,
    );
    await closed;
    expect(blocks.releases).toEqual([1, 1]);
    expect(receiver.received[0]!.messages).toHaveLength(1);
  });

  test.each([
    ['never reads', { readBytesPerSecond: 0 }, 'ERR_CLOUDPUSH_TIMEOUT'],
    ['never closes its side', { neverCloses: true }, 'ERR_CLOUDPUSH_TIMEOUT'],
  ])('close ends with a server that %s, and says that something may be lost', async (_, behaviour, code) => {
    await using receiver = await TestReceiver.listen(behaviour);
    const made = await TestPublisher.connect({ url: receiver.url(), timeouts: { close: 1000 } });
    const blocks = new Blocks();
    for (let i = 0; i < 400; i++) made.publisher.send(message(Buffer.alloc(50_000), i), blocks.next());
    await made.publisher.close();
    expect(await made.closed).toMatchObject({ code, stage: 'close', class: 'retryable' });
    expect(blocks.releases).toEqual(blocks.releases.map(() => 1));
  });

  test('a server that ends the connection while much of a closing stream is queued has lost it', async () => {
    await using receiver = await TestReceiver.listen({ readBytesPerSecond: 0 });
    // Stands between: passes on until it is told to end its side, and reads no more then.
    let end: () => void = () => undefined;
    const middle = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect(receiver.receiver.address.port, '127.0.0.1');
      server.pipe(client, { end: false }).pipe(server);
      for (const socket of [client, server]) socket.on('error', () => undefined);
      end = () => {
        client.unpipe(server).pause().end();
        server.destroy();
      };
    });
    middle.listen(0, '127.0.0.1');
    await once(middle, 'listening');
    const { port } = middle.address() as { port: number };
    const url = `rtmp://127.0.0.1:${port}/live/camera`;
    const made = await TestPublisher.connect({ url, timeouts: { close: 30_000 } });
    for (let i = 0; i < 400; i++) made.publisher.send(message(Buffer.alloc(50_000), i), undefined);
    void made.publisher.close();
    end();
    expect(await made.closed).toMatchObject({ code: 'ERR_CLOUDPUSH_PEER_CLOSED', stage: 'close' });
    middle.close();
  });

  test('a server that had ended the connection before the stream was ended may not have everything', async () => {
    await using receiver = await TestReceiver.listen();
    const halves = new EventEmitter();
    // Stands between, and ends its half when it is told to.
    const middle = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect({
        port: receiver.receiver.address.port,
        host: '127.0.0.1',
        allowHalfOpen: true,
      });
      server.pipe(client, { end: false }).pipe(server);
      for (const socket of [client, server]) socket.on('error', () => undefined);
      halves.on('end', () => client.end());
      client.on('finish', () => halves.emit('ended'));
    });
    middle.listen(0, '127.0.0.1');
    await once(middle, 'listening');
    const { port } = middle.address() as { port: number };
    const made = await TestPublisher.connect({ url: `rtmp://127.0.0.1:${port}/live/camera` });
    made.publisher.send(message(Buffer.alloc(10), 0), undefined);
    made.publisher.flush();
    // Its end is here, and has not been read yet.
    halves.on('ended', () => void made.publisher.close());
    halves.emit('end');
    expect(await made.closed).toMatchObject({ code: 'ERR_CLOUDPUSH_PEER_CLOSED' });
    middle.close();
  });

  test('a server that says close after deleteStream has everything', async () => {
    await using receiver = await TestReceiver.listen({ neverCloses: true });
    const made = await TestPublisher.connect({ url: receiver.url(), timeouts: { close: 300 } });
    made.publisher.send(message(Buffer.alloc(10), 0), undefined);
    const { stream, ended } = receiver.received[0]!;
    void ended.then(() => stream.sendCommand('close'));
    await made.publisher.close();
    expect(await made.closed).toBeUndefined();
  });

  test('what a server says together with Publish.Start is heard', async () => {
    await using receiver = await TestReceiver.listen({}, {}, (stream) => {
      stream.sendCommand('onLiveOpen');
      stream.requestReconnect('rtmp://other/live');
      stream.sendStatus('status', 'NetStream.Record.Start', '');
    });
    const heard: string[] = [];
    const { publisher } = await TestPublisher.connect(
      { url: receiver.url() },
      {
        onCommand: (name) => void heard.push(name),
        onReconnectRequest: () => void heard.push('reconnect'),
        onStatus: ({ code }) => void heard.push(code),
      },
    );
    await waitFor('the last word', 10_000, () => heard.length === 4 || undefined);
    expect(heard).toEqual(['NetStream.Publish.Start', 'onLiveOpen', 'reconnect', 'NetStream.Record.Start']);
    await publisher.close();
  });

  test('a refusal right behind Publish.Start reaches onClose', async () => {
    await using receiver = await TestReceiver.listen({}, {}, (stream) => {
      stream.sendStatus('error', 'NetStream.Publish.Denied', 'no');
    });
    const made = await TestPublisher.connect({ url: receiver.url() });
    expect(await made.closed).toMatchObject({ code: 'ERR_CLOUDPUSH_PUBLISH_REJECTED' });
  });

  test('a second call for the next stream is refused and leaves the first alone', async () => {
    await using receiver = await TestReceiver.listen();
    const { publisher } = await TestPublisher.connect({ url: receiver.url() });
    const first = publisher.nextStream('b');
    await expect(publisher.nextStream('c')).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_INVALID_STATE' });
    await first;
    expect(receiver.received.map(({ stream }) => stream.streamName)).toEqual(['camera', 'b']);
    await publisher.close();
  });

  test('closing while the next stream is being asked for ends cleanly, and leaves no stream open at the server', async () => {
    await using receiver = await TestReceiver.listen();
    const made = await TestPublisher.connect({ url: receiver.url() });
    made.publisher.send(message(Buffer.alloc(10), 0), undefined);
    const next = made.publisher.nextStream('b').catch((error: RtmpError) => error.code);
    await made.publisher.close();
    expect(await made.closed).toBeUndefined();
    // Whichever comes first, the server's answer or its end.
    expect([undefined, 'ERR_CLOUDPUSH_INVALID_STATE']).toContain(await next);
    expect(receiver.received[0]!.messages).toHaveLength(1);
    for (const { ended } of receiver.received) expect(await ended).toMatchObject({ clean: true });
    expect(made.publisher.state).not.toBe('publishing');
  });

  test('a next name that the server would cut leaves the present stream as it is', async () => {
    await using receiver = await TestReceiver.listen();
    const { publisher } = await TestPublisher.connect({ url: receiver.url(), profile: 'nginx-rtmp' });
    const code = 'ERR_CLOUDPUSH_MESSAGE_TOO_LARGE';
    await expect(publisher.nextStream('n'.repeat(256))).rejects.toMatchObject({ code });
    publisher.send(message(Buffer.alloc(10), 0), undefined);
    await publisher.close();
    expect(receiver.received[0]!.messages).toHaveLength(1);
  });

  test('a lost connection is reported once, with its cause, and everything is released', async () => {
    await using receiver = await TestReceiver.listen({ dropMidMessageAfter: 300_000 });
    const made = await TestPublisher.connect({ url: receiver.url(), chunkSize: 4096 });
    const blocks = new Blocks();
    for (let i = 0; i < 100; i++) made.publisher.send(message(Buffer.alloc(50_000), i), blocks.next());
    const error = await made.closed;
    expect(error).toMatchObject({ stage: 'publishing', class: 'retryable' });
    expect(['ERR_CLOUDPUSH_SOCKET', 'ERR_CLOUDPUSH_PEER_CLOSED']).toContain((error as RtmpError).code);
    expect(blocks.releases).toEqual(blocks.releases.map(() => 1));
    await made.publisher.close();
    await expect(made.publisher.nextStream('x')).rejects.toBe(error);
    expect((await receiver.received[0]!.ended).clean).toBe(false);
  });

  test('an error status ends the connection', async () => {
    await using receiver = await TestReceiver.listen();
    const made = await TestPublisher.connect({ url: receiver.url() });
    receiver.received[0]!.stream.sendStatus(
      'error',
      'NetStream.Publish.BadName',
      'Stream already publishing',
    );
    expect(await made.closed).toMatchObject({
      code: 'ERR_CLOUDPUSH_STREAM_BUSY',
      class: 'busy',
      stage: 'publishing',
    });
  });

  test.each(['reset', 'huge', 'never'] as const)(
    'acknowledgements that are wrong (%s) hold nothing up',
    async (how) => {
      await using receiver = await TestReceiver.listen({ acknowledgements: how });
      const made = await TestPublisher.connect({ url: receiver.url() });
      await made.publisher.send(message(Buffer.alloc(100), 0), undefined);
      for (let i = 0; i < 60; i++) {
        if (!made.publisher.send(message(Buffer.alloc(50_000), i), undefined)) await made.drained();
      }
      await made.publisher.close();
      expect(receiver.received[0]!.messages).toHaveLength(61);
    },
  );
});

describe('every wait ends', () => {
  test.each([
    ['handshake', { handshake: 'silent' as const }],
    ['connect', { onConnect: () => 'ignore' as const }],
    ['create-stream', { onCreateStream: () => 'ignore' as const }],
    ['publish', { onPublish: () => 'ignore' as const }],
  ])('a server that falls silent at %s: time-out', async (stage, behaviour) => {
    await using receiver = await TestReceiver.listen(behaviour);
    const error = await failure({ url: receiver.url(), timeouts: { [camel(stage)]: 60 } });
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT', stage, class: 'retryable' });
  });

  test.each([
    ['handshake', { handshake: 'silent' as const }],
    ['connect', { onConnect: () => 'ignore' as const }],
    ['create-stream', { onCreateStream: () => 'ignore' as const }],
    ['publish', { onPublish: () => 'ignore' as const }],
  ])('an abort while waiting at %s', async (stage, behaviour) => {
    await using receiver = await TestReceiver.listen(behaviour);
    const signal = AbortSignal.timeout(60);
    const error = await failure({ url: receiver.url(), signal });
    const { reason: cause } = signal;
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED', class: 'fatal', stage, cause });
    await waitFor('the server to notice', 10_000, () => receiver.receiver.connections === 0 || undefined);
  });

  test('an abort after the server has begun the stream, and before its answer has come, ends the stream', async () => {
    const abort = new AbortController();
    await using receiver = await TestReceiver.listen({}, {}, () => abort.abort());
    const error = await failure({ url: receiver.url(), signal: abort.signal });
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED', stage: 'publish' });
    const { ended } = await waitFor('the stream', 10_000, () => receiver.received[0]);
    expect(await ended).toEqual({ clean: true, error: undefined });
  });

  test('an abort before it begins, while dialing, while publishing and while closing', async () => {
    await using receiver = await TestReceiver.listen({ neverCloses: true });
    expect(await failure({ url: receiver.url(), signal: AbortSignal.abort() })).toMatchObject({
      code: 'ERR_CLOUDPUSH_ABORTED',
    });
    // 192.0.2.0/24 is set aside for documentation: nobody answers.
    const dialing = await failure({ url: 'rtmp://192.0.2.1/live/x', signal: AbortSignal.timeout(50) });
    expect(['ERR_CLOUDPUSH_ABORTED', 'ERR_CLOUDPUSH_SOCKET_CONNECT']).toContain(dialing.code);
    const publishing = new AbortController();
    const made = await TestPublisher.connect({ url: receiver.url(), signal: publishing.signal });
    publishing.abort();
    expect(await made.closed).toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED' });
    const closing = new AbortController();
    const other = await TestPublisher.connect({ url: receiver.url(), signal: closing.signal });
    const closed = other.publisher.close();
    closing.abort();
    await closed;
    expect(await other.closed).toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED', stage: 'close' });
  });

  test.each([
    ['an abort', (_: RtmpPublisher, abort: AbortController) => abort.abort()],
    ['destroy', (publisher: RtmpPublisher) => publisher.destroy()],
  ])('%s while much is queued is not a clean close', async (_, end) => {
    await using receiver = await TestReceiver.listen({ readBytesPerSecond: 0 });
    for (const closing of [true, false]) {
      const abort = new AbortController();
      const made = await TestPublisher.connect({ url: receiver.url(), signal: abort.signal });
      for (let i = 0; i < 200; i++) made.publisher.send(message(Buffer.alloc(50_000), i), undefined);
      if (closing) void made.publisher.close();
      end(made.publisher, abort);
      const stage = closing ? 'close' : 'publishing';
      expect(await made.closed).toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED', stage });
    }
  });

  test('an abort while the connection is being tuned, when nobody listens', async () => {
    await using receiver = await TestReceiver.listen();
    const abort = new AbortController();
    const tuned = vi.spyOn(Socket.prototype, 'setKeepAlive').mockImplementationOnce(function (this: Socket) {
      abort.abort();
      return this;
    });
    const error = await failure({ url: receiver.url(), signal: abort.signal });
    tuned.mockRestore();
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_ABORTED', stage: 'handshake' });
  });

  test('a server that closes at once, or answers with something that is not RTMP', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) =>
        bytes.length > 1600 ? socket.end() : socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const error = await failure({ url: `rtmp://127.0.0.1:${port}/live/x` });
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_HANDSHAKE', stage: 'handshake' });
    expect(error.details).toMatchObject({ actual: 0x48, permitted: 3 });
    server.close();
  });

  test.each([
    ['connect', { onConnect: () => 'close' as const }],
    ['create-stream', { onCreateStream: () => 'close' as const }],
    ['publish', { onPublish: () => 'close' as const }],
  ])('a server that closes at %s', async (stage, behaviour) => {
    await using receiver = await TestReceiver.listen(behaviour);
    const error = await failure({ url: receiver.url() });
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_PEER_CLOSED', stage, class: 'retryable' });
  });
});

describe('refusals', () => {
  test.each([
    ['connect', 'NetConnection.Connect.InvalidApp', 'auth', 'onConnect'],
    ['create-stream', 'NetConnection.Call.Failed', 'retryable', 'onCreateStream'],
    ['publish', 'NetStream.Publish.Denied', 'auth', 'onPublish'],
    ['publish', 'NetStream.Publish.BadName', 'busy', 'onPublish'],
  ])('at %s with %s: class %s, in the server’s own words', async (stage, code, errorClass, hook) => {
    const description = 'Not today.';
    await using receiver = await TestReceiver.listen({ [hook]: () => ({ code, description }) });
    const error = await failure({ url: receiver.url() });
    expect(error).toMatchObject({ stage, class: errorClass, details: { serverCode: code, description } });
    expect(error.message).toContain(description);
  });

  test('a server that quotes our URL does not bring its secrets into the error', async () => {
    await using receiver = await TestReceiver.listen({
      onPublish: ({ streamName }) => {
        const token = /s3cret|t0ken/.exec(streamName)?.[0];
        const description = `No: rtmp://me:pa55word@host/live/${streamName} is ${streamName}; bad ${token}, t0ken`;
        return { code: 'NetStream.Publish.Denied', description };
      },
    });
    const url = receiver.url('live/camera?sign=s3cret', 'me:pa55word@');
    const error = await failure({ url, token: 't0ken' });
    expect(error.details.description).toContain('No: rtmp://');
    expect(inspect(error, { depth: 20 })).not.toMatch(/s3cret|t0ken|pa55word/);
  });

  test('redirects are followed to the stream, and no further than permitted', async () => {
    await using target = await TestReceiver.listen();
    const redirect = (to: () => string) => ({
      onConnect: () => ({ code: 'NetConnection.Connect.Rejected', description: 'moved', redirect: to() }),
    });
    await using first = await TestReceiver.listen(redirect(() => target.url('other')));
    const { publisher } = await TestPublisher.connect({ url: first.url('live/camera?token=1') });
    expect(target.received[0]!.stream).toMatchObject({
      app: 'other',
      streamName: 'camera',
      query: 'token=1',
    });
    await publisher.close();
    await using circle: TestReceiver = await TestReceiver.listen(redirect(() => circle.url()));
    const error = await failure({ url: circle.url() });
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_REDIRECT_LIMIT',
      class: 'fatal',
      details: { actual: 4 },
    });
  });

  test('a reconnect request carries the URL to go to', async () => {
    await using receiver = await TestReceiver.listen();
    const urls: string[] = [];
    const { publisher } = await TestPublisher.connect(
      { url: receiver.url('live/camera?token=1') },
      { onReconnectRequest: ({ url }) => void urls.push(url) },
    );
    const { port } = receiver.receiver.address;
    const { stream } = receiver.received[0]!;
    for (const tcUrl of [
      undefined,
      'rtmp://other:1936/app2',
      '//third/app3',
      '/app4',
      'rtmps://fourth/app5?x=y',
      'rtmp://[',
    ]) {
      stream.requestReconnect(tcUrl);
    }
    await waitFor('the requests', 10_000, () => urls.length === 6 || undefined);
    expect(urls).toEqual([
      `rtmp://127.0.0.1:${port}/live/camera?token=1`,
      'rtmp://other:1936/app2/camera?token=1',
      'rtmp://third/app3/camera?token=1',
      `rtmp://127.0.0.1:${port}/app4/camera?token=1`,
      'rtmps://fourth/app5/camera?token=1&x=y',
      `rtmp://127.0.0.1:${port}/live/camera?token=1`,
    ]);
    await publisher.close();
  });
});

describe('Enhanced RTMP', () => {
  test('announces itself, and chooses the form of HEVC from the reply', async () => {
    const hvc1 = { fourCcList: ['hvc1'], capsEx: 1 };
    await using receiver = await TestReceiver.listen({ connectInfo: hvc1 });
    const { publisher } = await TestPublisher.connect({ url: receiver.url() });
    expect(publisher.capabilities).toEqual({
      enhanced: true,
      fourCcs: new Set(['hvc1']),
      kinds: new Set(['video']),
      capsEx: 1,
    });
    expect(publisher.formOf('hvc1')).toBe('enhanced');
    expect(publisher.formOf('avc1')).toBe('legacy');
    expect(publisher.formOf('hvc1', 'legacy')).toBe('legacy');
    expect(() => publisher.formOf('av01')).toThrow('the server takes av01 in no form');
    const { capabilities } = receiver.received[0]!.stream.connectRequest;
    expect(capabilities.capsEx).toBe(15);
    expect([...capabilities.fourCcs]).toEqual(expect.arrayContaining(['hvc1', 'av01', 'Opus']));
    await publisher.close();
  });

  test('sends the enhanced form where nothing is announced, the legacy one where the profile knows no other', async () => {
    await using receiver = await TestReceiver.listen({ enhanced: false });
    for (const [profile, form] of [
      ['auto', 'enhanced'],
      ['mediamtx', 'enhanced'],
      ['xiu', 'legacy'],
    ] as const) {
      const { publisher } = await TestPublisher.connect({ url: receiver.url(), profile });
      expect(publisher.formOf('hvc1')).toBe(form);
      await publisher.close();
    }
  });

  test('the receiver announces all codecs that it takes, unless it is told what to announce', async () => {
    await using open = await TestReceiver.listen();
    await using silent = await TestReceiver.listen({ enhanced: false });
    const asked = await TestPublisher.connect({ url: open.url() });
    const { fourCcs, kinds } = asked.publisher.capabilities;
    expect([...fourCcs]).toEqual(
      expect.arrayContaining(['hvc1', 'av01', 'vp09', 'Opus', 'fLaC', 'ac-3', 'ec-3']),
    );
    expect(kinds).toEqual(new Set(['video', 'audio']));
    const unanswered = await TestPublisher.connect({ url: silent.url() });
    expect(unanswered.publisher.capabilities.enhanced).toBe(false);
    await asked.publisher.close();
    await unanswered.publisher.close();
  });

  test('announces nothing when told so', async () => {
    await using receiver = await TestReceiver.listen();
    const { publisher } = await TestPublisher.connect({ url: receiver.url(), enhanced: false });
    expect(receiver.received[0]!.stream.connectRequest.capabilities.enhanced).toBe(false);
    await publisher.close();
  });

  test('carries several tracks and nanosecond offsets on one connection', async () => {
    await using receiver = await TestReceiver.listen();
    const { publisher } = await TestPublisher.connect({ url: receiver.url() });
    const picture = message(Buffer.from('9168766331000000aabb', 'hex'), 40);
    for (const trackId of [0, 1])
      publisher.send(withTrack(picture, { trackId, nanosecondOffset: 500 }), undefined);
    await publisher.close();
    const tracks = receiver.received[0]!.messages.flatMap(({ type, payload }) => readTracks(type, payload));
    expect(
      tracks.map(({ trackId, nanosecondOffset, fourCc }) => [trackId, nanosecondOffset, fourCc]),
    ).toEqual([
      [0, 500, 'hvc1'],
      [1, 500, 'hvc1'],
    ]);
  });
});

describe('where there is no server', () => {
  test.each([
    ['no such host', 'rtmp://no-such-host.invalid/live/x', 'ERR_CLOUDPUSH_DNS', 'dns'],
    ['no listener', 'rtmp://127.0.0.1:1/live/x', 'ERR_CLOUDPUSH_SOCKET_CONNECT', 'socket'],
    [
      'no listener on any of a name’s addresses',
      'rtmp://localhost:1/live/x',
      'ERR_CLOUDPUSH_SOCKET_CONNECT',
      'socket',
    ],
  ])('%s', async (_, url, code, stage) => {
    const error = await failure({ url });
    expect(error).toMatchObject({ code, stage, class: 'retryable' });
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('a URL without a stream name is not valid for publishing, unless one is given', async () => {
    const error = await failure({ url: 'rtmp://127.0.0.1:1/live' });
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_INVALID_URL', class: 'fatal' });
    const named = await failure({ url: 'rtmp://127.0.0.1:1/live', streamName: 'camera' });
    expect(named.code).toBe('ERR_CLOUDPUSH_SOCKET_CONNECT');
  });

  test.each([
    [{ chunkSize: 64 }, 'chunkSize is 64, permitted: 128 to 16777215'],
    [{ highWaterMark: -1 }, 'highWaterMark'],
    [{ highWaterMark: 2000, maxQueuedBytes: 1000 }, 'highWaterMark is 2000, permitted: 0 to 1000'],
    [{ connectObject: { x: new Uint8Array(3) } }, 'hold a value that AMF0 cannot carry'],
    [{ connectArguments: [new Uint8Array(3)] }, 'hold a value that AMF0 cannot carry'],
    [{ tls: { verify: false, pins: [] } }, 'tls.pins is empty'],
    [{ proxy: 'socks5://u:p%zz@127.0.0.1' }, 'not percent-encoded'],
    [{ maxRedirects: 1000 }, 'maxRedirects'],
    [{ timeouts: { connect: 0 } }, 'the time-out connect is 0 ms'],
    [{ proxy: 'ftp://proxy' }, 'the proxy is not a URL'],
    [{ localAddress: 'eth0' }, 'localAddress is eth0, permitted: an IP address'],
  ])('refuses the options %j', async (more, text) => {
    const error = await failure({ url: 'rtmp://127.0.0.1:1/live/x', ...more });
    expect(error).toMatchObject({ class: 'fatal' });
    expect(error.message).toContain(text);
  });
});

function camel(stage: string): string {
  return stage.replace(/-(.)/, (_, letter: string) => letter.toUpperCase());
}
