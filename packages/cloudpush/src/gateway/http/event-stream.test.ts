import { Writable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { expect, test } from 'vitest';
import { EventStreams } from './event-stream.js';
import type { StateFeed, Subscriber } from './state-feed.js';

const MIB = 2 ** 20;

/** A feed that the test speaks through. */
class FakeFeed {
  readonly subscribers = new Set<Subscriber>();

  async subscribe(subscriber: Subscriber): Promise<() => void> {
    subscriber('snapshot');
    this.subscribers.add(subscriber);
    return () => this.subscribers.delete(subscriber);
  }

  tell(message: string): void {
    for (const subscriber of this.subscribers) subscriber(message);
  }
}

/** A connection to a client that takes `room` bytes and then reads no more. */
class FakeResponse extends Writable {
  text = '';

  constructor(room: number) {
    super({
      write: (chunk: Buffer, _encoding, done) => {
        this.text += chunk.toString();
        if (this.text.length < room) done();
      },
    });
  }

  setHeader(): void {}
  writeHead(): void {}
}

async function serve(streams: EventStreams, raw: FakeResponse): Promise<void> {
  await streams.serve({ raw, hijack: () => {}, getHeaders: () => ({}) } as unknown as FastifyReply);
}

test('a client that does not read is dropped when 8 MiB wait for it, and the others go on', async () => {
  const feed = new FakeFeed();
  const streams = new EventStreams(feed as unknown as StateFeed);
  const [reader, sleeper] = [new FakeResponse(Number.POSITIVE_INFINITY), new FakeResponse(1)];
  await serve(streams, reader);
  await serve(streams, sleeper);
  const megabyte = 'x'.repeat(MIB);
  for (let sent = 0; sent < 8; sent++) feed.tell(megabyte);
  expect(sleeper.destroyed).toBe(false);
  feed.tell(megabyte);
  feed.tell(megabyte);
  await new Promise(setImmediate);
  expect(sleeper.destroyed).toBe(true);
  expect(reader.destroyed).toBe(false);
  expect(feed.subscribers.size).toBe(1);
  expect(reader.text).toHaveLength('snapshot'.length + 10 * MIB);
});

test('a client that has gone before its stream begins leaves nothing behind', async () => {
  const feed = new FakeFeed();
  const streams = new EventStreams(feed as unknown as StateFeed);
  const gone = new FakeResponse(1);
  gone.destroy();
  await serve(streams, gone);
  expect(feed.subscribers.size).toBe(0);
});

test('closing ends the streams', async () => {
  const feed = new FakeFeed();
  const streams = new EventStreams(feed as unknown as StateFeed);
  const reader = new FakeResponse(Number.POSITIVE_INFINITY);
  await serve(streams, reader);
  streams.close();
  await new Promise((resolve) => reader.once('close', resolve));
  expect(reader.text).toBe('snapshot');
  expect(feed.subscribers.size).toBe(0);
});
