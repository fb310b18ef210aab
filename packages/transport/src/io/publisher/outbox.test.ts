import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Outbox } from './outbox.js';

/** A socket whose kernel takes what it is given only when told to. */
class SlowSocket extends Writable {
  /** Number of slices that each system call had. */
  readonly calls: number[] = [];
  readonly #waiting: ((error?: Error) => void)[] = [];

  override _write(_slice: unknown, _encoding: string, callback: (error?: Error) => void): void {
    this.calls.push(1);
    this.#waiting.push(callback);
  }

  override _writev(slices: unknown[], callback: (error?: Error) => void): void {
    this.calls.push(slices.length);
    this.#waiting.push(callback);
  }

  /**
   * The kernel takes the oldest call; what Node then does in the same turn has happened when this resolves.
   */
  async take(error?: Error): Promise<void> {
    this.#waiting.shift()?.(error);
    await new Promise(setImmediate);
  }
}

function setUp(highWaterMark = 1000): {
  socket: SlowSocket;
  outbox: Outbox;
  drains: () => number;
  released: string[];
  send: (name: string, slices: number[], timestamp?: number) => boolean;
} {
  const socket = new SlowSocket();
  socket.on('error', () => undefined);
  let drained = 0;
  const outbox = new Outbox(socket as unknown as Socket, highWaterMark, { onDrain: () => drained++ });
  const released: string[] = [];
  const send = (name: string, slices: number[], timestamp = 0): boolean => {
    for (const length of slices) outbox.push(Buffer.alloc(length));
    return outbox.endMessage(timestamp, { release: () => void released.push(name) });
  };
  return { socket, outbox, drains: () => drained, released, send };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe('outbox', () => {
  test('writes one message with one call, and all messages of a turn with one call', async () => {
    const { socket, send } = setUp();
    send('a', [10]);
    expect(socket.calls).toEqual([]);
    await turn();
    expect(socket.calls).toEqual([1]);
    await socket.take();
    send('b', [10]);
    send('c', [10, 20, 30]);
    send('d', [10]);
    await turn();
    expect(socket.calls).toEqual([1, 5]);
  });

  test('gathers what comes while a call is under way into the next one', async () => {
    const { socket, send } = setUp();
    for (const name of ['a', 'b', 'c']) {
      send(name, [10, 10]);
      await turn();
    }
    expect(socket.calls).toEqual([2]);
    await socket.take();
    expect(socket.calls).toEqual([2, 4]);
  });

  test('writes at once when told to, and nothing twice', async () => {
    const { socket, outbox, send } = setUp();
    send('a', [10]);
    outbox.flush();
    expect(socket.calls).toEqual([1]);
    outbox.flush();
    await turn();
    expect(socket.calls).toEqual([1]);
  });

  test('keeps apart any number of flushes that are under way', async () => {
    const { socket, outbox } = setUp(1_000_000);
    const seen: unknown[] = [];
    const expected: unknown[] = [];
    let bytes = 0;
    for (let flush = 0; flush < 9; flush++) {
      const owners = 1 + (flush % 3);
      for (let i = 0; i < owners; i++) {
        outbox.push(Buffer.alloc(10 * flush + i + 1));
        bytes += 10 * flush + i + 1;
        const release = () => seen.push([flush, i, outbox.bytesWritten, outbox.queuedMilliseconds]);
        outbox.endMessage(100 * flush, { release });
      }
      for (let i = 0; i < owners; i++) expected.push([flush, i, bytes, flush === 8 ? 0 : 800 - 100 * flush]);
      outbox.flush();
    }
    // The first call has one flush in it, the second all that came meanwhile: each is told of on its own.
    await socket.take();
    await socket.take();
    expect(seen).toEqual(expected);
  });

  test('releases in order, and only what the kernel has taken', async () => {
    const { socket, outbox, send, released } = setUp();
    send('a', [10]);
    send('b', [20]);
    outbox.flush();
    send('c', [30]);
    outbox.flush();
    await turn();
    expect([released, outbox.queuedBytes, outbox.bytesWritten]).toEqual([[], 60, 0]);
    await socket.take();
    expect([released, outbox.queuedBytes, outbox.bytesWritten]).toEqual([['a', 'b'], 30, 30]);
    await socket.take();
    expect([released, outbox.queuedBytes, outbox.bytesWritten]).toEqual([['a', 'b', 'c'], 0, 60]);
  });

  test('releases nothing on an error, because the kernel may still read, and everything on close', async () => {
    const { socket, outbox, send, released } = setUp();
    send('a', [10]);
    outbox.flush();
    send('b', [10]);
    await socket.take(new Error('EPIPE'));
    send('c', [10]);
    expect(released).toEqual([]);
    outbox.close();
    expect(released).toEqual(['a', 'b', 'c']);
    outbox.flush();
    await turn();
    outbox.close();
    expect([released.length, outbox.queuedBytes]).toEqual([3, 0]);
  });

  test('says no above the high-water mark, in the same turn, too, and drains once at half of it', async () => {
    const { socket, send, drains } = setUp(1000);
    expect([send('a', [600]), send('b', [400]), send('c', [1])]).toEqual([true, true, false]);
    expect(socket.calls).toEqual([3]);
    expect(send('d', [600])).toBe(false);
    await socket.take();
    expect(drains()).toBe(0); // 600 left, above half
    await socket.take();
    expect(drains()).toBe(1);
    expect(send('e', [100])).toBe(true);
    await turn();
    await socket.take();
    expect(drains()).toBe(1);
  });

  test('knows how much media waits, in milliseconds, across the wrap of the clock', async () => {
    const { socket, outbox, send } = setUp();
    expect(outbox.queuedMilliseconds).toBe(0);
    send('a', [10], 2 ** 32 - 100);
    await turn();
    send('b', [10], 2 ** 32 - 60);
    send('c', [10], 40);
    expect(outbox.queuedMilliseconds).toBe(140);
    await turn();
    await socket.take();
    expect(outbox.queuedMilliseconds).toBe(140);
    await socket.take();
    expect(outbox.queuedMilliseconds).toBe(0);
  });

  test('half-closes only when the kernel has everything, and writes nothing behind that', async () => {
    const { socket, outbox, send } = setUp();
    send('a', [10]);
    outbox.end();
    await turn();
    expect(socket.writableEnded).toBe(false);
    await socket.take();
    expect(socket.writableEnded).toBe(true);
    outbox.push(Buffer.alloc(5));
    await turn();
    expect([socket.calls, outbox.queuedBytes]).toEqual([[1], 0]);
  });

  test('writes nothing once it may not, says so once, and keeps what is queued until it is closed', async () => {
    const socket = new SlowSocket();
    let isPermitted = true;
    let forbidden = 0;
    const outbox = new Outbox(socket as unknown as Socket, 1000, {
      onDrain: () => {},
      mayWrite: () => isPermitted,
      onForbidden: () => forbidden++,
    });
    const released: boolean[] = [];
    const send = (): void => {
      outbox.push(Buffer.alloc(10));
      outbox.endMessage(0, { release: (taken) => void released.push(taken) });
    };
    send();
    await turn();
    isPermitted = false;
    send();
    await turn();
    isPermitted = true;
    send();
    await turn();
    expect([socket.calls, forbidden]).toEqual([[1], 1]);
    await socket.take();
    outbox.close();
    expect(released).toEqual([true, false, false]);
  });
});
