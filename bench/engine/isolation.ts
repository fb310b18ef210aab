import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PushEngine } from '@cloudpush/engine';
import { Sink } from '../support/peers.js';
import { loadLoop } from './media.js';
import { Pacing } from './pacing.js';

/**
 * Measures the effect of a server that stops reading on the other channels: many cameras in real time, all
 * well; then one path stalls until its channel pauses, and longer; then it flows again. Prints the latency of
 * the packets that left in each phase: the stalled ones leave in the last.
 */

const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
  },
});
const channelCount = Number(values.channels);
const seconds = Number(values.seconds);

/** A path to the sink whose bytes can be left unread. */
async function openPath(target: number): Promise<{ port: number; client: Promise<Socket> }> {
  const server = createServer();
  const client = new Promise<Socket>((resolve) => {
    server.once('connection', (downstream) => {
      const upstream = connect(target, '127.0.0.1');
      downstream.on('data', (bytes) => upstream.write(bytes));
      upstream.on('data', (bytes) => downstream.write(bytes));
      downstream.on('close', () => upstream.destroy());
      // The channels are reset at the end.
      for (const end of [downstream, upstream]) end.on('error', () => {});
      server.close();
      resolve(downstream);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, client };
}

const sink = await Sink.rtmp();
const path = await openPath(sink.port);
const poolSize = 256 * 1024 ** 2;
const engine = await PushEngine.create({ poolSize, maxConnections: channelCount, maxBatchDelay: 0 });
const urls = Array.from({ length: channelCount }, (_, i) => {
  const port = i === 0 ? path.port : sink.port;
  return `rtmp://127.0.0.1:${port}/bench/${i}`;
});
const channels = urls.map((url) => engine.openChannel({ url, stallTimeout: 0 }));
await Promise.all(channels.map((channel) => channel.connected()));
const stalled = channels[0]!;
const socket = await path.client;
const refused = new Uint32Array(channelCount);
const pacing = new Pacing(loadLoop(), channelCount, (index, { kind, data }, pts) => {
  const channel = channels[index]!;
  const taken = kind === 'video' ? channel.sendVideo(data, { pts }) : channel.sendAudio(data, { pts });
  if (!taken) refused[index]!++;
});

async function measure(phase: string): Promise<void> {
  engine.resetLatency();
  await pacing.run(seconds);
  const { p50, p99, p999, count } = engine.stats().latency;
  const ofOthers = refused.subarray(1).reduce((sum, n) => sum + n, 0);
  const line = { phase, packets: count, p50, p99, p999, refused: refused[0], refusedByOthers: ofOthers };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

await pacing.run(5);
await measure('all well');
socket.pause();
const paused = once(stalled, 'pause');
// The kernel's buffers take what a camera sends in many seconds.
while (!stalled.paused) await pacing.run(1);
await paused;
await measure('one stalled');
const resumed = once(stalled, 'resume');
socket.resume();
await resumed;
await setTimeout(1000);
await measure('flowing again');
const { pauses, pausedMs } = stalled.stats();
process.stdout.write(`${JSON.stringify({ pauses, pausedSeconds: Math.round(pausedMs / 1000) })}\n`);
for (const channel of channels) channel.abort();
await engine.close();
await sink.stop();
