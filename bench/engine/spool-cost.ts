import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PushEngine } from '@cloudpush/engine';
import { Sink } from '../support/peers.js';
import { loadLoop } from './media.js';
import { Pacing } from './pacing.js';

/**
 * Cost of spooling many channels of 4 Mbit/s, beside that of sending them, in one engine: all channels send;
 * then the server of all but some is gone, and they spool, while the bystanders send on to another server.
 * Prints CPU µs a packet of the whole process, the caller's pacing included, the latency of what was sent, and
 * what was written in the phase and its settling: nothing while all send. With `--silent`, the servers
 * acknowledge nothing.
 */

const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '200' },
    bystanders: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '20' },
    sync: { type: 'string', default: 'second' },
    folder: { type: 'string', default: tmpdir() },
    pool: { type: 'string', default: '512' },
    /** The servers acknowledge nothing. */
    silent: { type: 'boolean', default: false },
  },
});
const spooled = Number(values.channels);
const count = spooled + Number(values.bystanders);
const seconds = Number(values.seconds);
/** Until nothing is left of the change from one phase to the other. */
const SETTLE_SECONDS = 8;

const silence = values.silent ? ['--no-acks'] : [];
const [failing, lasting] = [await Sink.rtmp(...silence), await Sink.rtmp(...silence)];
const folder = await mkdtemp(join(values.folder, 'cloudpush-bench-'));
const engine = await PushEngine.create({
  maxConnections: count,
  poolSize: Number(values.pool) * 2 ** 20,
  spool: { folder, minFree: 0, maxBytes: 2 ** 40, sync: values.sync as 'second' | 'segment' | 'none' },
});
const channels = Array.from({ length: count }, (_, index) => {
  const isSpooled = index < spooled;
  return engine.openChannel({
    url: `rtmp://127.0.0.1:${isSpooled ? failing.port : lasting.port}/bench/${index}`,
    ...(isSpooled ? { overflow: 'spool' as const, reconnect: true } : {}),
  });
});
await Promise.all(channels.map((channel) => channel.connected()));

let refused = 0;
let packets = 0;
const pacing = new Pacing(loadLoop(), count, (index, { kind, data }, pts) => {
  const channel = channels[index]!;
  packets++;
  const taken = kind === 'video' ? channel.sendVideo(data, { pts }) : channel.sendAudio(data, { pts });
  if (!taken) refused++;
});

const spooledBytes = (): number =>
  channels
    .slice(0, spooled)
    .reduce((sum, channel) => sum + (channel.destinations[0]!.stats().spool?.spooledBytes ?? 0), 0);

async function measure(phase: string): Promise<void> {
  const before = spooledBytes();
  await pacing.run(SETTLE_SECONDS);
  engine.resetLatency();
  [packets, refused] = [0, 0];
  const begin = process.cpuUsage();
  await pacing.run(seconds);
  const { user, system } = process.cpuUsage(begin);
  const { p50, p99, p999, count: sent } = engine.stats().latency;
  const microseconds = Math.round((user + system) / packets);
  const spooledMB = Math.round((spooledBytes() - before) / 1e6);
  process.stdout.write(
    `${JSON.stringify({ phase, packets, microseconds, sent, p50, p99, p999, refused, spooledMB })}\n`,
  );
}

await measure('sending');
await failing.stop();
await measure('spooling');
for (const channel of channels) channel.abort();
await engine.close();
await lasting.stop();
await rm(folder, { recursive: true });
