import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Channel, type ChannelOptions, PushEngine } from '@cloudpush/engine';
import type { LoopSourceOptions } from './loop-source.js';
import { type BenchPacket, loadLoop, PICTURE_BYTES } from './media.js';
import { Pacing, pacingCost } from './pacing.js';

/**
 * The program under test: pushes the bench's stream on many channels to one port and prints what it cost as a
 * line of JSON. It runs in a process of its own, so that its CPU time is its own.
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
   * CPU µs a packet that the pacing of this program takes, measured with nothing sent when `--pacing-cost`
   * asks for it; it is part of `user` and `system`.
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

/** Reader of the media: this program, packet by packet, or the shard that sends it. */
export type SourceKind = 'caller' | 'shard';

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
    source: { type: 'string', default: 'caller' },
    'picture-bytes': { type: 'string', default: String(PICTURE_BYTES) },
    secure: { type: 'boolean', default: false },
    encrypt: { type: 'boolean', default: false },
  },
});
const channelCount = Number(values.channels);
const pictureBytes = Number(values['picture-bytes']);
const inShard = (values.source as SourceKind) === 'shard';
const loop = loadLoop(pictureBytes);
const pacing = values['pacing-cost'] && !inShard ? await pacingCost(loop, channelCount) : 0;

const poolBytes = Number(values.pool) * 1024 ** 2;
const engine = await PushEngine.create({
  poolSize: poolBytes,
  maxConnections: channelCount,
  maxBatchDelay: Number(values['max-batch-delay']),
  shards: values.shards === undefined ? undefined : Number(values.shards),
});

/** Of the channel's media, when the shard reads it. */
function source(channel: number): Pick<ChannelOptions, 'source' | 'overflow'> {
  if (!inShard) return {};
  const module = new URL('./loop-source.js', import.meta.url).href;
  const skippedPictures = Math.floor((channel * loop.group) / channelCount);
  const options: LoopSourceOptions = { pictureBytes, skippedPictures };
  return { source: { module, options }, overflow: 'drop' };
}

function open(channel: number): Channel {
  const scheme = values.secure ? 'rtmps' : 'rtmp';
  return engine.openChannel({
    url: `${scheme}://127.0.0.1:${values.port}/bench/${channel}`,
    connectTimeout: 60_000,
    ...(values.secure && { connection: { tls: { verify: false } } }),
    ...source(channel),
  });
}

const connectStart = performance.now();
const channels = Array.from({ length: channelCount }, (_, i) => open(i));
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

/** Frames that were handed to the connections, and those that there was no room for. */
function frames(): { readonly sent: number; readonly dropped: number } {
  let [sent, dropped] = [0, 0];
  for (const channel of channels) {
    const totals = channel.stats();
    sent += totals.audioFrames + totals.videoFrames;
    dropped += totals.droppedDisposable + totals.droppedPictures + totals.droppedAudio;
  }
  return { sent, dropped };
}

if (values.encrypt) {
  const key = new Uint8Array(32).fill(1);
  for (const channel of channels) {
    channel.sendMetadata({ type: 'videoEncrypt', mode: 'allFrames', key });
    channel.sendMetadata({ type: 'audioEncrypt', mode: 'allFrames', key });
  }
}

function feeder(): { run(duration: number): Promise<void> } {
  if (inShard) return { run: (duration) => sleep(duration * 1000) };
  if (values.unpaced) return new Unpaced();
  return new Pacing(loop, channelCount, (channel, packet, pts) => send(channels[channel]!, packet, pts));
}

const media = feeder();
// The first calls are not compiled yet: a steady stream does not pay for that.
await media.run(Number(values['warm-up']));
packets = 0;
refused = 0;
engine.resetLatency();
const [bytesBefore, framesBefore] = [bytesSent(), frames()];
const cpuStart = process.cpuUsage();
const start = performance.now();
await media.run(Number(values.seconds));
const cpu = process.cpuUsage(cpuStart);
const seconds = (performance.now() - start) / 1000;
const bytes = bytesSent() - bytesBefore;
const { p50, p99, p999 } = engine.stats().latency;
const framesAfter = frames();
const rssBytes = process.memoryUsage.rss();
await engine.close();

const result: PushResult = {
  channels: channelCount,
  packets: inShard ? framesAfter.sent - framesBefore.sent : packets,
  refused: refused + framesAfter.dropped - framesBefore.dropped,
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
