import { parseArgs } from 'node:util';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { type BenchPacket, loadLoop } from './media.js';
import { Pacing, pacingCost } from './pacing.js';

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
  /**
   * CPU µs a packet that the pacing of this program takes, measured with nothing sent when `--pacing-cost` asks for it;
   * it is part of `user` and `system`.
   */
  readonly pacing: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly connectSeconds: number;
  readonly rssBytes: number;
  /** The pool's size; what of it was ever used is part of `rssBytes`. */
  readonly poolBytes: number;
}

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    channels: { type: 'string' },
    seconds: { type: 'string' },
    pool: { type: 'string', default: '256' },
    'warm-up': { type: 'string', default: '8' },
    'max-batch-delay': { type: 'string', default: '0' },
    shards: { type: 'string' },
    'pacing-cost': { type: 'boolean', default: false },
    unpaced: { type: 'boolean', default: false },
  },
});
const channelCount = Number(values.channels);
const loop = loadLoop();
const pacing = values['pacing-cost'] ? await pacingCost(loop, channelCount) : 0;

const poolBytes = Number(values.pool) * 1024 ** 2;
const engine = await PushEngine.create({
  poolSize: poolBytes,
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

function send(channel: Channel, { kind, data }: BenchPacket, pts: number): boolean {
  const taken = kind === 'video' ? channel.sendVideo(data, { pts }) : channel.sendAudio(data, { pts });
  if (taken) packets++;
  else refused++;
  return taken;
}

/** Each channel sends whenever it is let. */
class Unpaced {
  #base = 0;

  async run(duration: number): Promise<void> {
    const end = performance.now() + duration * 1000;
    const ends = await Promise.all(channels.map((channel) => this.#push(channel, end)));
    this.#base = Math.max(...ends);
  }

  async #push(channel: Channel, end: number): Promise<number> {
    for (let base = this.#base; ; base += loop.duration) {
      for (const packet of loop.packets) {
        if (performance.now() >= end) return base + loop.duration;
        while (!send(channel, packet, base + packet.at)) await channel.writable();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const bytesSent = (): number => channels.reduce((sum, channel) => sum + channel.stats().bytesSent, 0);

const source = values.unpaced
  ? new Unpaced()
  : new Pacing(loop, channelCount, (channel, packet, pts) => send(channels[channel]!, packet, pts));
// What runs first is not compiled yet: that is not what a steady stream costs.
await source.run(Number(values['warm-up']));
packets = 0;
refused = 0;
engine.resetLatency();
const bytesBefore = bytesSent();
const cpuStart = process.cpuUsage();
const start = performance.now();
await source.run(Number(values.seconds));
const cpu = process.cpuUsage(cpuStart);
const seconds = (performance.now() - start) / 1000;
const bytes = bytesSent() - bytesBefore;
const { p50, p99, p999 } = engine.stats().latency;
const rssBytes = process.memoryUsage.rss();
await engine.close();

const result: PushResult = {
  channels: channelCount,
  packets,
  refused,
  bytes,
  seconds,
  user: cpu.user / 1e6,
  system: cpu.system / 1e6,
  pacing,
  p50,
  p99,
  p999,
  connectSeconds,
  rssBytes,
  poolBytes,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
