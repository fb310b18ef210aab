import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPeer, runJson, Sink } from '../support/peers.js';
import { AUDIO_RATE, loadLoop, VIDEO_BYTES, VIDEO_RATE } from './media.js';
import type { PushResult } from './push.js';

/**
 * What a packet costs as the number of channels grows: this engine against a C program that does one `write()` a
 * packet and nothing else, in turns, into sinks that discard. The table shows medians over the rounds.
 */

interface FloorResult {
  readonly bytes: number;
  readonly packets: number;
  readonly user: number;
  readonly system: number;
}

const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '16,64,400,1000' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    'max-batch-delay': { type: 'string', default: '0' },
    unpaced: { type: 'boolean', default: false },
  },
});
const { audioBytes } = loadLoop();

async function runFloor(channels: number): Promise<FloorResult> {
  const sink = await Sink.raw();
  try {
    const rates = values.unpaced ? [VIDEO_BYTES, 0] : [VIDEO_BYTES, VIDEO_RATE, audioBytes, AUDIO_RATE];
    const args = [sink.port, channels, values.seconds, ...rates].map(String);
    return await runJson<FloorResult>(await buildPeer('floor_sender'), args);
  } finally {
    await sink.stop();
  }
}

async function runEngine(channels: number): Promise<PushResult> {
  const sink = await Sink.rtmp();
  try {
    const script = fileURLToPath(new URL('./push.js', import.meta.url));
    const args = ['--port', sink.port, '--channels', channels, '--seconds', values.seconds];
    args.push('--max-batch-delay', values['max-batch-delay']);
    if (values.unpaced) args.push('--unpaced');
    return await runJson<PushResult>(process.execPath, [script, ...args.map(String)]);
  } finally {
    await sink.stop();
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

const cpuSeconds = ({ user, system }: { user: number; system: number }): number => user + system;

console.log(
  'channels | CPU µs a packet: engine, floor, ratio | CPU s per GB | Mbit/s | latency ms p50 p99 p99.9 | refused | connect s | RSS MiB',
);
for (const channels of values.channels.split(',').map(Number)) {
  const engine: PushResult[] = [];
  const floor: FloorResult[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    floor.push(await runFloor(channels));
    engine.push(await runEngine(channels));
  }
  const of = (pick: (result: PushResult) => number): number => median(engine.map(pick));
  const enginePacket = of((r) => (cpuSeconds(r) * 1e6) / r.packets);
  const floorPacket = median(floor.map((r) => (cpuSeconds(r) * 1e6) / r.packets));
  console.log(
    [
      String(channels).padStart(8),
      `${enginePacket.toFixed(1)}, ${floorPacket.toFixed(1)}, ${(enginePacket / floorPacket).toFixed(2)}`,
      of((r) => cpuSeconds(r) / (r.bytes / 1e9)).toFixed(2),
      of((r) => (r.bytes * 8) / r.seconds / 1e6).toFixed(0),
      `${of((r) => r.p50).toFixed(2)} ${of((r) => r.p99).toFixed(2)} ${of((r) => r.p999).toFixed(2)}`,
      of((r) => r.refused).toFixed(0),
      of((r) => r.connectSeconds).toFixed(2),
      of((r) => r.rssBytes / 1024 ** 2).toFixed(0),
    ].join(' | '),
  );
}
