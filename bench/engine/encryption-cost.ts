import { parseArgs } from 'node:util';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { markdownTable, shown } from '../support/markdown.js';
import { Sink } from '../support/peers.js';
import { median } from '../support/statistics.js';
import { loadLoop } from './media.js';
import { Pacing } from './pacing.js';

/**
 * Measures the cost of encryption for a packet: the same channels, in one process, with nothing encrypted,
 * key pictures, all audio with them, and everything, in turns. One process may be a tenth slower than the
 * next, so that two could not be compared.
 */
const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '400' },
    seconds: { type: 'string', default: '4' },
    'warm-up': { type: 'string', default: '10' },
    rounds: { type: 'string', default: '7' },
  },
});

/** The encrypted frames of each track. Every audio frame is a key frame. */
const parts = [
  { name: 'nothing', video: 'none', audio: 'none' },
  { name: 'key pictures', video: 'keyFrames', audio: 'none' },
  { name: 'key pictures, all audio', video: 'keyFrames', audio: 'keyFrames' },
  { name: 'everything', video: 'allFrames', audio: 'allFrames' },
] as const;
type Part = (typeof parts)[number];

const channelCount = Number(values.channels);
const key = new Uint8Array(32).fill(1);
const sink = await Sink.rtmp();
const engine = await PushEngine.create({
  poolSize: 256 * 1024 ** 2,
  maxConnections: channelCount,
  maxBatchDelay: 0,
});
const channels: readonly Channel[] = Array.from({ length: channelCount }, (_, i) =>
  engine.openChannel({ url: `rtmp://127.0.0.1:${sink.port}/bench/${i}` }),
);
await Promise.all(channels.map((channel) => channel.connected()));

let packets = 0;
let refused = 0;
const pacing = new Pacing(loadLoop(), channelCount, (index, { kind, data }, pts) => {
  const channel = channels[index]!;
  const taken = kind === 'video' ? channel.sendVideo(data, { pts }) : channel.sendAudio(data, { pts });
  if (taken) packets++;
  else refused++;
});

function encrypt({ video, audio }: Part): void {
  for (const channel of channels) {
    if (!channel.sendMetadata({ type: 'videoEncrypt', mode: video, key })) refused++;
    if (!channel.sendMetadata({ type: 'audioEncrypt', mode: audio, key })) refused++;
  }
}

/** CPU µs a packet, of all threads, and the p99 of the latency in ms. */
async function measure(part: Part): Promise<{ cpu: number; p99: number }> {
  encrypt(part);
  await pacing.run(1);
  engine.resetLatency();
  packets = 0;
  const before = process.cpuUsage();
  await pacing.run(Number(values.seconds));
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / packets, p99: engine.stats().latency.p99 };
}

const results = new Map<Part, { cpu: number; p99: number }[]>(parts.map((part) => [part, []]));
for (const part of parts) {
  encrypt(part);
  await pacing.run(Number(values['warm-up']) / parts.length);
}
for (let round = 0; round < Number(values.rounds); round++) {
  for (const part of round % 2 === 0 ? parts : parts.toReversed()) {
    const result = await measure(part);
    results.get(part)!.push(result);
    console.error(`${part.name}: ${result.cpu.toFixed(1)} µs a packet`);
  }
}
for (const channel of channels) channel.abort();
await engine.close();
await sink.stop();

const costs = parts.map((part) => results.get(part)!);
/** Of each round's figures beside those with nothing encrypted in the same round. */
const ratioOf = (part: number): number =>
  median(costs[part]!.map(({ cpu }, round) => cpu / costs[0]![round]!.cpu));
const rows = parts.map(({ name }, i) => [
  name,
  shown(median(costs[i]!.map(({ cpu }) => cpu)), 1),
  shown(ratioOf(i), 2),
  shown(median(costs[i]!.map(({ p99 }) => p99)), 2),
]);
console.log(markdownTable(['encrypted', 'CPU µs a packet', 'ratio', 'latency ms p99'], rows));
if (refused > 0) console.log(`${refused} packets were refused`);
