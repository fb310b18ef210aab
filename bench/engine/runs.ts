import { fileURLToPath } from 'node:url';
import { buildPeer, runJson, Sink } from '../support/peers.js';
import { cpuSeconds } from '../support/process-usage.js';
import { median } from '../support/statistics.js';
import { AUDIO_RATE, loadLoop, VIDEO_RATE } from './media.js';
import type { PushResult } from './push.js';

interface FloorResult {
  readonly bytes: number;
  readonly packets: number;
  readonly seconds: number;
  readonly user: number;
  readonly system: number;
}

interface EngineRun extends PushResult {
  readonly sinkCores: number;
}

/** Options of measuring the engine. */
export interface RunOptions {
  readonly channels: number;
  /** Seconds that are measured, and before them. */
  readonly seconds: number;
  readonly warmUp: number;
  readonly rounds: number;
  /** ms. */
  readonly maxBatchDelay: number;
  /** MiB. */
  readonly pool: number;
  readonly unpaced: boolean;
  readonly shards?: number | undefined;
}

/** Medians over the rounds. */
export interface Comparison {
  readonly channels: number;
  /** CPU µs a packet of the whole process, of which the benchmark's own pacing, and of the C program. */
  readonly engine: number;
  readonly pacing: number;
  readonly floor: number;
  readonly cpuPerGigabyte: number;
  readonly floorPerGigabyte: number;
  readonly megabits: number;
  /** ms from `send…` to the kernel's acceptance. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly refused: number;
  readonly connectSeconds: number;
  readonly rssBytes: number;
  readonly poolBytes: number;
  /** Cores that the sink uses. */
  readonly sinkCores: number;
}

/**
 * The engine and the C program that does one `write()` a packet, in turns, each into a sink that discards.
 */
export async function compare(options: RunOptions): Promise<Comparison> {
  const engine: EngineRun[] = [];
  const floor: FloorResult[] = [];
  for (let round = 0; round < options.rounds; round++) {
    floor.push(await runFloor(options));
    engine.push(await runEngine(options));
  }
  const of = (pick: (result: EngineRun) => number): number => median(engine.map(pick));
  return {
    channels: options.channels,
    engine: of((r) => (cpu(r) * 1e6) / r.packets),
    pacing: of((r) => r.pacing),
    floor: median(floor.map((r) => (cpu(r) * 1e6) / r.packets)),
    cpuPerGigabyte: of((r) => cpu(r) / (r.bytes / 1e9)),
    floorPerGigabyte: median(floor.map((r) => cpu(r) / (r.bytes / 1e9))),
    megabits: of((r) => (r.bytes * 8) / r.seconds / 1e6),
    p50: of((r) => r.p50),
    p99: of((r) => r.p99),
    p999: of((r) => r.p999),
    refused: of((r) => r.refused),
    connectSeconds: of((r) => r.connectSeconds),
    rssBytes: of((r) => r.rssBytes),
    poolBytes: of((r) => r.poolBytes),
    sinkCores: of((r) => r.sinkCores),
  };
}

function cpu({ user, system }: { readonly user: number; readonly system: number }): number {
  return user + system;
}

async function runFloor({ channels, seconds, unpaced }: RunOptions): Promise<FloorResult> {
  const { videoBytes, keyBytes, audioBytes, group } = loadLoop();
  const rates = [videoBytes, VIDEO_RATE, audioBytes, AUDIO_RATE, keyBytes, group];
  const sink = await Sink.raw();
  try {
    const args = [sink.port, channels, seconds, ...rates].map(String);
    return await runJson<FloorResult>(await buildPeer('floor_sender'), unpaced ? ['-u', ...args] : args);
  } finally {
    await sink.stop();
  }
}

/** The engine once, into a sink that discards. */
export async function runEngine(options: Omit<RunOptions, 'rounds'>): Promise<EngineRun> {
  const { channels, seconds, warmUp, maxBatchDelay, pool, unpaced, shards } = options;
  const sink = await Sink.rtmp();
  try {
    const script = fileURLToPath(new URL('./push.js', import.meta.url));
    const args = ['--port', sink.port, '--channels', channels, '--seconds', seconds, '--warm-up', warmUp];
    args.push('--max-batch-delay', maxBatchDelay, '--pool', pool);
    if (shards !== undefined) args.push('--shards', shards);
    args.push(unpaced ? '--unpaced' : '--pacing-cost');
    const result = await runJson<PushResult>(process.execPath, [script, ...args.map(String)]);
    return { ...result, sinkCores: cpuSeconds([sink.pid]) / (warmUp + seconds) };
  } finally {
    await sink.stop();
  }
}
