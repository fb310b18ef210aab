import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import { WriteQueue, type WriterChannel } from './write-queue.js';

const noMore = new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', 'no more');

/** A channel that has room for as many packets as a test says. */
class FakeChannel implements WriterChannel {
  isClosing = false;
  room = 0;
  readonly taken: string[] = [];
  #wake: () => void = () => {};
  #reject: (error: CloudPushError) => void = () => {};

  noMoreError(): CloudPushError {
    return noMore;
  }

  writable(): Promise<void> {
    if (this.isClosing) return Promise.reject(noMore);
    if (this.room > 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      this.#reject = reject;
    });
  }

  packet(name: string): () => boolean {
    return () => {
      if (this.room === 0) return false;
      this.room--;
      this.taken.push(name);
      return true;
    };
  }

  async give(room: number): Promise<void> {
    this.room = room;
    this.#wake();
    await nextTurn();
  }

  async close(): Promise<void> {
    this.isClosing = true;
    this.#reject(noMore);
    await nextTurn();
  }
}

test('packets are taken in the order in which they were written, as many as there is room for', async () => {
  const channel = new FakeChannel();
  const queue = new WriteQueue(channel);
  const settled: string[] = [];
  const write = (name: string): void => {
    void queue.write(channel.packet(name), undefined).then(() => settled.push(name));
  };
  for (const name of ['a', 'b', 'c']) write(name);
  await channel.give(2);
  expect([channel.taken, settled]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  // There is room, but not before the one that waits.
  channel.room = 1;
  write('d');
  await nextTurn();
  expect(channel.taken).toEqual(['a', 'b']);
  await channel.give(2);
  expect([channel.taken, settled]).toEqual([
    ['a', 'b', 'c', 'd'],
    ['a', 'b', 'c', 'd'],
  ]);
});

test('a packet that is refused as invalid rejects its own write, and no other', async () => {
  const channel = new FakeChannel();
  const queue = new WriteQueue(channel);
  const invalid = new Error('invalid');
  const first = queue.write(() => {
    if (channel.room === 0) return false;
    throw invalid;
  }, undefined);
  const second = queue.write(channel.packet('second'), undefined);
  const rejected = expect(first).rejects.toBe(invalid);
  await channel.give(1);
  await rejected;
  await second;
  expect(channel.taken).toEqual(['second']);
});

test('a packet whose signal fires is never taken, and those behind it move up', async () => {
  const channel = new FakeChannel();
  const queue = new WriteQueue(channel);
  const abort = new AbortController();
  const first = queue.write(channel.packet('first'), { signal: abort.signal });
  const second = queue.write(channel.packet('second'), undefined);
  const rejected = expect(first).rejects.toThrow('enough');
  abort.abort(new Error('enough'));
  await channel.give(2);
  await Promise.all([rejected, second]);
  expect(channel.taken).toEqual(['second']);
  const late = queue.write(channel.packet('late'), { signal: abort.signal });
  await expect(late).rejects.toThrow('enough');
  expect(channel.taken).toEqual(['second']);
});

test('the signal of a packet that was taken means nothing any more', async () => {
  const channel = new FakeChannel();
  const queue = new WriteQueue(channel);
  const abort = new AbortController();
  const first = queue.write(channel.packet('first'), { signal: abort.signal });
  await channel.give(1);
  await first;
  const second = queue.write(channel.packet('second'), undefined);
  abort.abort(new Error('enough'));
  await channel.give(1);
  await second;
  expect(channel.taken).toEqual(['first', 'second']);
});

test('a channel that closes rejects all that waits, and whatever is written afterwards', async () => {
  const channel = new FakeChannel();
  const queue = new WriteQueue(channel);
  const writes = ['a', 'b'].map((name) => queue.write(channel.packet(name), undefined));
  const rejected = writes.map((write) => expect(write).rejects.toBe(noMore));
  await channel.close();
  await Promise.all(rejected);
  channel.room = 5;
  await expect(queue.write(channel.packet('c'), undefined)).rejects.toBe(noMore);
  expect(channel.taken).toEqual([]);
});
