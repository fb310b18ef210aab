import { parseArgs } from 'node:util';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { loadLoop, VIDEO_RATE } from './media.js';

/**
 * The program under test: pushes the bench's stream on many channels to one port and prints what it cost as a line of
 * JSON. It runs in a process of its own, so that its CPU time is its own.
 */

export interface PushResult {
  readonly channels: number;
  readonly packets: number;
  readonly refused: number;
  readonly bytes: number;
  readonly seconds: number;
  /** CPU seconds of all threads, of the measured part. */
  readonly user: number;
  readonly system: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly connectSeconds: number;
  readonly rssBytes: number;
}

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    channels: { type: 'string' },
    seconds: { type: 'string' },
    pool: { type: 'string', default: '256' },
    'warm-up': { type: 'string', default: '3' },
    'max-batch-delay': { type: 'string', default: '0' },
    shards: { type: 'string' },
    unpaced: { type: 'boolean', default: false },
  },
});
const channelCount = Number(values.channels);
const seconds = Number(values.seconds);
const loop = loadLoop();

const engine = await PushEngine.create({
  poolSize: Number(values.pool) * 1024 ** 2,
  maxConnections: channelCount,
  maxBatchDelay: Number(values['max-batch-delay']),
  shards: values.shards === undefined ? undefined : Number(values.shards),
});
const connectStart = performance.now();
const channels = Array.from({ length: channelCount }, (_, i) =>
  engine.openChannel({ url: `rtmp://127.0.0.1:${values.port}/bench/${i}`, connectTimeout: 60_000 }),
);
await Promise.all(channels.map((channel) => channel.connected()));
const connectSeconds = (performance.now() - connectStart) / 1000;

let packets = 0;
let refused = 0;

function send(channel: Channel, index: number, base: number): boolean {
  const packet = loop.packets[index]!;
  const pts = base + packet.at;
  const taken =
    packet.kind === 'video'
      ? channel.sendVideo(packet.data, { pts })
      : channel.sendAudio(packet.data, { pts });
  if (taken) packets++;
  else refused++;
  return taken;
}

/** One timer for all channels: each goes through the loop, shifted by its part of a frame interval. Returns the clock's end. */
async function paced(duration: number, from: number): Promise<number> {
  const next = new Uint32Array(channelCount);
  const base = new Float64Array(channelCount).fill(from);
  const shift = 1000 / VIDEO_RATE / channelCount;
  const start = performance.now() - from;
  for (;;) {
    const now = performance.now() - start;
    if (now >= from + duration * 1000) break;
    for (let i = 0; i < channelCount; i++) {
      for (;;) {
        const index = next[i]!;
        if (base[i]! + loop.packets[index]!.at + i * shift > now) break;
        send(channels[i]!, index, base[i]!);
        if (index + 1 < loop.packets.length) next[i] = index + 1;
        else {
          next[i] = 0;
          base[i]! += loop.duration;
        }
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return Math.max(...base) + loop.duration;
}

/** Each channel sends whenever it is let. Returns the clock's end. */
async function unpaced(duration: number, from: number): Promise<number> {
  const end = performance.now() + duration * 1000;
  const ends = await Promise.all(
    channels.map(async (channel) => {
      for (let base = from; ; base += loop.duration) {
        for (let index = 0; index < loop.packets.length; index++) {
          if (performance.now() >= end) return base + loop.duration;
          while (!send(channel, index, base)) await channel.writable();
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    }),
  );
  return Math.max(...ends);
}

const bytesSent = (): number => channels.reduce((sum, channel) => sum + channel.stats().bytesSent, 0);

// What runs first runs cold, and every channel begins with a key frame: that is not what a steady stream costs.
const run = values.unpaced ? unpaced : paced;
const warmUp = await run(Number(values['warm-up']), 0);
packets = 0;
refused = 0;
engine.resetLatency();
const bytesBefore = bytesSent();
const cpuStart = process.cpuUsage();
const start = performance.now();
await run(seconds, warmUp);
const cpu = process.cpuUsage(cpuStart);
const elapsed = (performance.now() - start) / 1000;
const bytes = bytesSent() - bytesBefore;
const { p50, p99, p999 } = engine.stats().latency;
const rssBytes = process.memoryUsage.rss();
await engine.close();

const result: PushResult = {
  channels: channelCount,
  packets,
  refused,
  bytes,
  seconds: elapsed,
  user: cpu.user / 1e6,
  system: cpu.system / 1e6,
  p50,
  p99,
  p999,
  connectSeconds,
  rssBytes,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
