import { setTimeout as sleep } from 'node:timers/promises';
import { type PublisherOptions, type ReceiverBehaviour, RtmpError } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { Random } from '../fuzz/transport/random.js';
import { makeCertificate } from './support/certificate.js';
import { Blocks, message, TestPublisher } from './support/publish.js';
import { TestReceiver } from './support/receive.js';

// Generous, because machines are shared: no test waits for it when all is well.
vi.setConfig({ testTimeout: 60_000 });

const certificate = makeCertificate('DNS:localhost');
const HEADROOM = 32;
const BLOCK_BYTES = 30_000;
const BLOCKS = 16;

/**
 * A few blocks of shared memory that are filled with rubbish as soon as they are released, and used again.
 */
class ReusedBlocks {
  readonly #memory = new SharedArrayBuffer(BLOCKS * (HEADROOM + BLOCK_BYTES));
  readonly #free: number[] = Array.from({ length: BLOCKS }, (_, i) => i);
  #onFree: () => void = () => undefined;

  async take(): Promise<{ body: Uint8Array; release(): void }> {
    while (this.#free.length === 0) await new Promise<void>((resolve) => (this.#onFree = resolve));
    const index = this.#free.shift()!;
    const body = new Uint8Array(this.#memory, index * (HEADROOM + BLOCK_BYTES) + HEADROOM, BLOCK_BYTES);
    const release = (): void => {
      body.fill(0xee);
      this.#free.push(index);
      this.#onFree();
    };
    return { body, release };
  }
}

describe('a block that is used again as soon as it is released', () => {
  test.each<[string, number, boolean]>([
    ['in place', 65_536, false],
    ['in chunks', 4096, false],
    ['in place over TLS', 65_536, true],
    ['in chunks over TLS', 4096, true],
  ])('arrives as it was sent, %s, at a slow server', async (_, chunkSize, secure) => {
    const options = { port: 0, ...(secure ? { tls: certificate } : undefined) };
    await using receiver = await TestReceiver.listen({ readBytesPerSecond: 40_000_000 }, options);
    const url = receiver.url().replace('rtmp://127.0.0.1', secure ? 'rtmps://localhost' : 'rtmp://127.0.0.1');
    const made = await TestPublisher.connect({ url, chunkSize, tls: { ca: certificate.cert } });
    const pool = new ReusedBlocks();
    for (let i = 0; i < 400; i++) {
      const { body, release } = await pool.take();
      body.fill(i % 251);
      const full = { type: 9, timestamp: i, parts: [body], size: body.length, headroom: HEADROOM };
      if (!made.publisher.send(full, { release })) await made.drained();
    }
    await made.publisher.close();
    const { messages } = receiver.received[0]!;
    expect(messages).toHaveLength(400);
    const wrong = messages.filter(({ payload }, i) => payload.some((byte) => byte !== i % 251));
    expect(wrong).toEqual([]);
  });
});

describe('whatever happens to the connection', () => {
  const behaviours: ReceiverBehaviour[] = [
    {},
    { dropMidMessageAfter: 200_000 },
    { readBytesPerSecond: 0 },
    { readBytesPerSecond: 5_000_000, acknowledgements: 'huge' },
    { neverCloses: true, pingInterval: 3 },
  ];

  async function live(
    random: Random,
    receiver: TestReceiver,
    more: Partial<PublisherOptions>,
  ): Promise<Blocks> {
    const blocks = new Blocks();
    const abort = new AbortController();
    const timeouts = { close: 60 };
    const options = { url: receiver.url(), timeouts, signal: abort.signal, chunkSize: 8192, ...more };
    const made = await TestPublisher.connect(options);
    const messages = random.below(120);
    for (let i = 0; i < messages; i++) {
      made.publisher.send(message(Buffer.alloc(1 + random.below(60_000)), i), blocks.next());
      if (random.chance(30)) await sleep(random.below(3));
      if (random.chance(10)) made.publisher.flush();
    }
    const endings = [
      () => made.publisher.close(),
      () => made.publisher.destroy(),
      () => made.publisher.destroy(new RtmpError('ERR_CLOUDPUSH_SOCKET', 'publishing', 'given up')),
      () => abort.abort(),
      () => receiver.received.at(-1)?.stream.destroy(),
    ];
    random.pick(endings)();
    // Some servers do nothing about a reset stream, and a silent one ends nothing by itself.
    await Promise.race([made.closed, sleep(200)]);
    made.publisher.destroy();
    await made.closed;
    made.publisher.send(message(Buffer.alloc(10), 0), blocks.next());
    return blocks;
  }

  test.each([1, 2, 3, 4])('every block is released exactly once (seed %i)', async (seed) => {
    const random = new Random(seed);
    for (const behaviour of behaviours) {
      await using receiver = await TestReceiver.listen(behaviour);
      for (let i = 0; i < 4; i++) {
        const blocks = await live(random, receiver, { highWaterMark: random.below(400_000) });
        expect(blocks.releases).toEqual(blocks.releases.map(() => 1));
      }
    }
  });
});
