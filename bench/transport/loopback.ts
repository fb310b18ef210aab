import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { RtmpPublisher } from '@cloudpush/transport';

/**
 * One connection on loopback, as fast as it goes: the publisher beside a plain socket that writes the same
 * number of bytes from the same memory. Says throughput and the CPU time of the sending process.
 */
const PACKET_BYTES = Number(process.env['PACKET_BYTES'] ?? 20_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const SECONDS = Number(process.env['ROUND_SECONDS'] ?? 2);
const PER_TURN = Number(process.env['PER_TURN'] ?? 4);
const BLOCKS = 256;
const HEADROOM = 64;
const HEADER_BYTES = 12;
const HIGH_WATER_MARK = 256 * 1024;

interface Result {
  readonly megabytesPerSecond: number;
  readonly cpuMicrosecondsPerPacket: number;
}

const pool = new SharedArrayBuffer(BLOCKS * (PACKET_BYTES + HEADROOM));
const blocks = Array.from(
  { length: BLOCKS },
  (_, i) => new Uint8Array(pool, i * (PACKET_BYTES + HEADROOM) + HEADROOM, PACKET_BYTES),
);

async function measure(step: () => boolean, drained: () => Promise<void>): Promise<Result> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let packets = 0;
  while (performance.now() - start < SECONDS * 1000) {
    let room = true;
    for (let i = 0; i < PER_TURN; i++) {
      room = step();
      packets++;
    }
    if (room) await new Promise(setImmediate);
    else await drained();
  }
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    megabytesPerSecond: (packets * PACKET_BYTES) / seconds / 1e6,
    cpuMicrosecondsPerPacket: (user + system) / packets,
  };
}

async function throughPublisher(port: number): Promise<Result> {
  let wake: () => void = () => undefined;
  const url = `rtmp://127.0.0.1:${port}/live/bench`;
  const publisher = await RtmpPublisher.connect({ url }, { onDrain: () => wake() });
  const owner = { release: () => undefined };
  const messages = blocks.map((block) => ({
    type: 9,
    timestamp: 0,
    parts: [block],
    size: block.length,
    headroom: HEADROOM,
  }));
  let sent = 0;
  const result = await measure(
    () => {
      const message = messages[sent % BLOCKS]!;
      message.timestamp = sent;
      sent++;
      return publisher.send(message, owner);
    },
    () => new Promise((resolve) => (wake = resolve)),
  );
  publisher.destroy();
  return result;
}

async function throughSocket(port: number): Promise<Result> {
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  let queued = 0;
  let wake: (() => void) | undefined;
  let corked = false;
  const written = (): void => {
    queued -= PACKET_BYTES + HEADER_BYTES;
    if (queued > HIGH_WATER_MARK / 2) return;
    wake?.();
    wake = undefined;
  };
  const uncork = (): void => {
    corked = false;
    socket.uncork();
  };
  const slices = blocks.map((b) =>
    Buffer.from(pool, b.byteOffset - HEADER_BYTES, PACKET_BYTES + HEADER_BYTES),
  );
  let sent = 0;
  const result = await measure(
    () => {
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(uncork);
      }
      queued += PACKET_BYTES + HEADER_BYTES;
      socket.write(slices[sent++ % BLOCKS]!, written);
      return queued <= HIGH_WATER_MARK;
    },
    () => new Promise((resolve) => (wake = resolve)),
  );
  socket.destroy();
  return result;
}

const sink = fork(fileURLToPath(new URL('./sink.js', import.meta.url)));
const [sinkPort] = (await once(sink, 'message')) as [number];
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const results: Record<string, Result[]> = { 'plain socket': [], publisher: [] };
for (let i = 0; i < ROUNDS; i++) {
  results['plain socket']!.push(await throughSocket(sinkPort));
  results['publisher']!.push(await throughPublisher(sinkPort));
}
sink.disconnect();
console.log(`${PACKET_BYTES}-byte packets, ${PER_TURN} a turn, median of ${ROUNDS} rounds of ${SECONDS} s`);
for (const [name, rounds] of Object.entries(results)) {
  const throughput = median(rounds.map((r) => r.megabytesPerSecond)).toFixed(0);
  const cpu = median(rounds.map((r) => r.cpuMicrosecondsPerPacket)).toFixed(2);
  console.log(`${name.padEnd(13)} ${throughput.padStart(6)} MB/s  ${cpu.padStart(7)} µs CPU a packet`);
}
