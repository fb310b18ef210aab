import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PushEngine } from '@cloudpush/engine';
import { Sink } from '../support/peers.js';
import { loadLoop } from './media.js';

/**
 * Measures an encoder that follows the advice: 8 Mbit/s to a server whose rate changes, by real sockets with
 * the kernel's buffers between. Prints a line a second: what the server takes, what was advised, what was
 * measured, what waits.
 */

const { values } = parseArgs({
  options: {
    /** Mbit/s, one after the other. */
    rates: { type: 'string', default: '1.6,4,0.8,20' },
    seconds: { type: 'string', default: '40' },
    source: { type: 'string', default: '8' },
    overflow: { type: 'string', default: 'reject' },
  },
});
const rates = values.rates.split(',').map((megabits) => Number(megabits) * 1e6);
const seconds = Number(values.seconds);
const wanted = Number(values.source) * 1e6;
const FRAME_MS = 40;
const TICK = 20;

/** A path to the sink that passes on so many bits a second. */
class SlowPath {
  rate = Number.POSITIVE_INFINITY;
  passed = 0;
  readonly #server = createServer();
  #socket: Socket | undefined;
  #allowed = 0;
  #passedAt = performance.now();

  async listen(target: number): Promise<number> {
    this.#server.on('connection', (socket) => {
      this.#socket = socket;
      const upstream = connect(target, '127.0.0.1');
      upstream.on('data', (bytes) => socket.write(bytes));
      socket.on('close', () => upstream.destroy());
      for (const end of [socket, upstream]) end.on('error', () => {});
      const timer = setInterval(() => this.#pass(upstream), TICK);
      socket.on('close', () => clearInterval(timer));
      socket.on('readable', () => {});
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    this.#socket?.destroy();
  }

  #pass(upstream: Socket): void {
    const socket = this.#socket!;
    // By the time that has passed: a timer of a busy process comes late.
    const now = performance.now();
    this.#allowed = Math.min(this.rate / 8, this.#allowed + (this.rate / 8000) * (now - this.#passedAt));
    this.#passedAt = now;
    while (this.#allowed >= 1) {
      const bytes =
        socket.readableLength > 0
          ? (socket.read(Math.min(socket.readableLength, Math.floor(this.#allowed), 65_536)) as Buffer | null)
          : null;
      if (bytes === null) return;
      this.#allowed -= bytes.length;
      this.passed += bytes.length;
      upstream.write(bytes);
    }
  }
}

const sink = await Sink.rtmp();
const path = new SlowPath();
const port = await path.listen(sink.port);
const engine = await PushEngine.create({ maxConnections: 1 });
const channel = engine.openChannel({
  url: `rtmp://127.0.0.1:${port}/bench/0`,
  overflow: values.overflow as 'reject' | 'drop',
  stallTimeout: 0,
});
await channel.connected();

const { packets } = loadLoop();
const pictures = packets.filter(({ kind }) => kind === 'video').map(({ data }) => data);
let rate = wanted;
let measured = 0;
channel.on('advice', ({ bitrate, throughput }) => {
  rate = Math.min(wanted, bitrate);
  measured = throughput;
});
const mega = (bits: number): number => Math.round(bits / 1e4) / 100;
const began = performance.now();
let frame = 0;
let refused = 0;
let reported = 0;
for (const capacity of rates) {
  path.rate = capacity;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const picture = pictures[frame % pictures.length]!;
    // The encoder's picture is as large as its rate has it; a short one is filled up.
    const size = Math.max(600, Math.round((rate * FRAME_MS) / 8000));
    const data = new Uint8Array(size).fill(0x5a);
    data.set(picture.subarray(0, Math.min(size, picture.length)));
    if (!channel.sendVideo(data, { pts: frame * FRAME_MS })) refused++;
    frame++;
    const second = Math.floor((performance.now() - began) / 1000);
    if (second > reported) {
      reported = second;
      const { queuedBytes, bytesSent } = channel.stats();
      const line = {
        second,
        takes: mega(capacity),
        encoder: mega(rate),
        measured: mega(measured),
        queuedKB: Math.round(queuedBytes / 1000),
        kernelKB: Math.round((bytesSent - path.passed) / 1000),
        refused,
      };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
    await setTimeout(Math.max(0, began + frame * FRAME_MS - performance.now()));
  }
}
channel.abort();
await engine.close();
path.close();
await sink.stop();
