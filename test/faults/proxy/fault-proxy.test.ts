import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ConnectionFaults, FaultProxy } from './fault-proxy.js';
import { blackHole, corrupt, cut, delay, split, stall } from './stages.js';

/** A server that keeps what it hears, and answers each connection's end with the number of bytes. */
class Counting {
  readonly heard: string[] = [];
  readonly ends: ('end' | 'error')[] = [];
  readonly sockets: Socket[] = [];
  readonly server: Server;

  constructor() {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      const number = this.heard.push('') - 1;
      this.sockets.push(socket);
      socket.setEncoding('latin1').on('data', (text: string) => {
        this.heard[number] += text;
      });
      socket.on('error', () => {
        this.ends[number] = 'error';
      });
      socket.on('end', () => {
        this.ends[number] ??= 'end';
        socket.end(String(this.heard[number]!.length));
      });
    });
  }
}

let counting: Counting;
beforeEach(async () => {
  counting = new Counting();
  counting.server.listen(0, '127.0.0.1');
  await once(counting.server, 'listening');
});
afterEach(async () => {
  for (const socket of counting.sockets) socket.destroy();
  counting.server.close();
  await once(counting.server, 'close');
});

async function proxy(...faults: ConnectionFaults[]): Promise<FaultProxy> {
  const target = (counting.server.address() as AddressInfo).port;
  return await FaultProxy.listen({ target, faults: (number) => faults[number] ?? {} });
}

/** Says a text, ends, and tells what was answered, and how the connection ended. */
async function say(to: FaultProxy, text: string): Promise<{ answer: string; end: string }> {
  const socket = connect({ port: to.port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('latin1');
  let answer = '';
  let end = 'closed';
  socket.on('data', (part: string) => {
    answer += part;
  });
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    end = code!;
  });
  socket.end(text);
  await new Promise((resolve) => void socket.once('close', resolve));
  return { answer, end };
}

const text = 'x'.repeat(200_000);

test('a network without faults passes both ways, and the end of each', async () => {
  await using path = await proxy();
  expect(await say(path, text)).toEqual({ answer: '200000', end: 'closed' });
  expect([counting.heard, [...path.injected], path.connections]).toEqual([[text], [], 1]);
});

test('slow and split ones pass the same', async () => {
  await using path = await proxy({ up: [split(50_000), delay(5, 5), stall(1000, 20)], down: [split(1)] });
  expect(await say(path, text)).toEqual({ answer: '200000', end: 'closed' });
  expect(counting.heard).toEqual([text]);
  expect([...path.injected.keys()].sort()).toEqual(['delay', 'split', 'stall']);
});

test('one that is refused is reset, and the next passes', async () => {
  await using path = await proxy({ isRefused: true });
  expect((await say(path, 'hello')).answer).toBe('');
  expect(await say(path, 'hello')).toEqual({ answer: '5', end: 'closed' });
  expect([counting.heard, path.injected.get('refuse')]).toEqual([['hello'], 1]);
});

test('a reset at a byte is one for both ends, and nothing behind it arrives', async () => {
  await using path = await proxy({ up: [cut(1000)] });
  expect(await say(path, text)).toMatchObject({ answer: '' });
  expect(counting.heard[0]!.length).toBeLessThanOrEqual(1000);
  expect(path.injected.get('reset')).toBe(1);
});

test('an end at a byte is an orderly one', async () => {
  await using path = await proxy({ up: [cut(1000, 'end')] });
  expect(await say(path, 'x'.repeat(1500))).toEqual({ answer: '', end: 'closed' });
  await vi.waitFor(() => expect([counting.heard[0]!.length, counting.ends]).toEqual([1000, ['end']]), 20_000);
});

test('behind a half that is closed the other goes on', async () => {
  await using path = await proxy({ up: [cut(10, 'halfClose')] });
  expect(await say(path, 'x'.repeat(1500))).toEqual({ answer: '', end: 'closed' });
  await vi.waitFor(() => expect(counting.heard[0]!.length).toBe(1500), 20_000);
});

test('corruption arrives', async () => {
  await using path = await proxy({ up: [corrupt(3, 1)] });
  await say(path, 'x'.repeat(10));
  expect(counting.heard[0]).toMatch(/^xxx[^x]xxxxxx$/);
});

test('a black hole lasts until the network is healed, and then nothing is wrong any more', async () => {
  const hole = { up: [blackHole(3)], down: [blackHole(0)] };
  await using path = await proxy(hole, hole);
  const lost = say(path, text);
  await vi.waitFor(() => expect(counting.heard).toEqual(['xxx']), 20_000);
  path.heal();
  expect((await lost).end).toBe('ECONNRESET');
  expect(await say(path, 'hello')).toEqual({ answer: '5', end: 'closed' });
});
