// Many channels through networks with faults, for as long as one likes: what was accepted is accounted for,
// and nothing grows. npm run soak -- --duration 10m --channels 200 --seed 7

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { trySend } from '../engine/camera.js';
import { type Account, accountOf } from './account.js';
import type { FarReport, FarRequest } from './far-report.js';
import { packetOf } from './packets.js';
import { type Sample, type Trend, trendOf } from './trend.js';

const { values } = parseArgs({
  options: {
    duration: { type: 'string', default: '60s' },
    channels: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    fps: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const duration = milliseconds(values.duration);
const channels = Number(values.channels);
const seed = Number(values.seed);
const interval = 1000 / Number(values.fps);
/** Every so many pictures come two frames of sound. */
const SOUND = 2;
const SAMPLE_INTERVAL = 500;
const RECOVERY_TIMEOUT = 60_000;
/**
 * Growth within the second half that is surely there, and more than a process comes to by and by: bytes,
 * bytes, descriptors.
 */
const LIMITS = { rss: 64 * 2 ** 20, heap: 32 * 2 ** 20, descriptors: 10 } as const;
type Figure = keyof typeof LIMITS;

function milliseconds(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (found === null) throw new Error(`--duration is '${text}'; permitted: a number and ms, s, m or h`);
  return Number(found[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[found[2] as 'ms' | 's' | 'm' | 'h'];
}

/** A camera on a channel: what is refused is lost, as there. */
class Camera {
  readonly channel: Channel;
  readonly accepted = { pictures: 0, frames: 0 };
  longestRecovery = 0;
  readonly #number: number;
  #id = 0;
  #pictures = 0;
  #frames = 0;
  #lostAt: number | undefined;

  constructor(engine: PushEngine, url: string, number: number) {
    this.#number = number;
    this.channel = engine.openChannel({
      url,
      overflow: number % 2 === 0 ? 'drop' : 'reject',
      reconnect: { maxAttempts: 1_000_000, maxRefusals: 1_000_000, initialDelay: 50, maxDelay: 500 },
      connectTimeout: 3000,
      stallTimeout: 3000,
      closeTimeout: 30_000,
      highWatermark: { bytes: 500_000, ms: 60_000 },
    });
    this.channel.on('disconnect', () => {
      this.#lostAt ??= performance.now();
    });
    this.channel.on('connect', () => {
      if (this.#lostAt !== undefined)
        this.longestRecovery = Math.max(this.longestRecovery, performance.now() - this.#lostAt);
      this.#lostAt = undefined;
    });
  }

  send(): void {
    const pts = this.#pictures * interval;
    if (this.#send('video', this.#pictures++, pts)) this.accepted.pictures++;
    if (this.#pictures % SOUND !== 0) return;
    if (this.#send('audio', this.#frames++, pts)) this.accepted.frames++;
  }

  #send(kind: 'video' | 'audio', index: number, pts: number): boolean {
    const taken = trySend(this.channel, packetOf(this.#number, this.#id, kind, index, pts));
    if (taken) this.#id++;
    return taken;
  }
}

function measure(): Record<Figure, number> {
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed, descriptors: readdirSync('/proc/self/fd').length };
}

const far = fork(fileURLToPath(new URL('far-side.mjs', import.meta.url)), [String(seed), String(channels)]);
const ask = (request: FarRequest): void => void far.send(request);
const [{ urls }] = (await once(far, 'message')) as [{ urls: string[] }];
const engine = await PushEngine.create({ maxConnections: channels, poolSize: 256 * 1024 * 1024 });
const cameras = urls.map((url, number) => new Camera(engine, url, number));
const samples: Record<Figure, Sample[]> = { rss: [], heap: [], descriptors: [] };
const begin = performance.now();
const filming = setInterval(() => {
  for (const camera of cameras) camera.send();
}, interval);
const sampling = setInterval(() => {
  const at = (performance.now() - begin) / 1000;
  for (const [name, value] of Object.entries(measure())) samples[name as Figure].push({ at, value });
}, SAMPLE_INTERVAL);
await sleep(duration);
clearInterval(sampling);
ask('heal');
await recovered();
clearInterval(filming);
await Promise.all(cameras.map(({ channel }) => channel.close()));
await engine.close();
ask('report');
const [{ report }] = (await once(far, 'message')) as [{ report: FarReport }];
const outcome = judge(report);
print(outcome);
process.exitCode = outcome.faults.length === 0 ? 0 : 1;

/** Every channel publishes again. */
async function recovered(): Promise<void> {
  const deadline = performance.now() + RECOVERY_TIMEOUT;
  while (performance.now() < deadline) {
    await sleep(50);
    if (cameras.every(({ channel }) => channel.state === 'publishing')) return;
  }
}

interface Outcome {
  readonly seed: number;
  readonly channels: number;
  readonly seconds: number;
  readonly connections: number;
  readonly injected: FarReport['injected'];
  readonly packets: Account;
  /** Within a group of channels, in ms. */
  readonly longestRecovery: number;
  readonly trends: Readonly<Record<Figure, Trend>>;
  /** Reasons why the verdict is not good. */
  readonly faults: readonly string[];
}

function judge({ injected, connections, stretches }: FarReport): Outcome {
  const faults: string[] = [];
  const accounts = cameras.map(({ accepted, channel }, i) =>
    accountOf(accepted, channel.stats(), stretches[i]!),
  );
  const packets = accounts.reduce((all, account) => ({
    accepted: all.accepted + account.accepted,
    arrived: all.arrived + account.arrived,
    counted: all.counted + account.counted,
    lostWithConnections: all.lostWithConnections + account.lostWithConnections,
    unaccounted: all.unaccounted + account.unaccounted,
  }));
  for (const [i, { unaccounted }] of accounts.entries())
    if (unaccounted > 0) faults.push(`channel ${i}: ${unaccounted} packets without account`);
  for (const [i, { channel, accepted }] of cameras.entries())
    if (channel.stats().videoFrames === 0 && accepted.pictures > 0)
      faults.push(`channel ${i}: nothing was sent`);
  const { poolBlocksInUse } = engine.stats();
  if (poolBlocksInUse > 0) faults.push(`${poolBlocksInUse} blocks of the pool are still in use`);
  // Memory that a process needs once comes in the first half.
  const late = (figure: Figure): Sample[] => samples[figure].filter(({ at }) => at > duration / 2000);
  const trends = {
    rss: trendOf(late('rss')),
    heap: trendOf(late('heap')),
    descriptors: trendOf(late('descriptors')),
  };
  for (const [name, limit] of Object.entries(LIMITS))
    if ((trends[name as Figure].low * duration) / 2000 > limit) faults.push(`${name} grows`);
  const longestRecovery = Math.round(Math.max(...cameras.map((camera) => camera.longestRecovery)));
  return {
    seed,
    channels,
    seconds: duration / 1000,
    connections,
    injected,
    packets,
    longestRecovery,
    trends,
    faults,
  };
}

function print(outcome: Outcome): void {
  if (values.json) {
    console.log(JSON.stringify(outcome));
    return;
  }
  const { packets, trends, injected } = outcome;
  const kinds = Object.entries(injected).map(([kind, count]) => `${kind} ${count}`);
  const faults = Object.values(injected).reduce((sum, count) => sum + count, 0);
  const growth = ({ slope, low, high }: Trend, unit: number, name: string): string =>
    `${(slope / unit).toFixed(2)} ${name}/s (95 %: ${(low / unit).toFixed(2)} to ${(high / unit).toFixed(2)})`;
  console.log(`seed ${outcome.seed}, ${outcome.channels} channels, ${outcome.seconds} s, ${outcome.connections} connections
faults       ${faults}: ${kinds.join(', ')}
packets      ${packets.accepted} accepted, ${packets.arrived} arrived bit for bit and in order, ${packets.counted} dropped or lost
             and counted, ${packets.lostWithConnections} lost with their connections, ${packets.unaccounted} without account
recovery     ${outcome.longestRecovery} ms at most
memory       ${growth(trends.rss, 1024, 'KiB')}; heap ${growth(trends.heap, 1024, 'KiB')}
descriptors  ${growth(trends.descriptors, 1, '')}
verdict      ${outcome.faults.length === 0 ? 'good' : outcome.faults.join('; ')}`);
}
