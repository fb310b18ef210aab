import { fileURLToPath } from 'node:url';
import { PICTURE_BYTES } from '../../engine/media.js';
import type { PushResult, SourceKind } from '../../engine/push.js';
import { runJson, Sink } from '../../support/peers.js';
import { TlsSink } from '../../support/tls-sink.js';
import type { Contestant, Times } from '../experiment.js';
import type { Sample } from '../model.js';

/** How the engine is used. */
export interface EngineUse {
  readonly channels: number;
  /** Default: the caller, packet by packet. */
  readonly source?: SourceKind;
  /** ms. Default 0. */
  readonly maxBatchDelay?: number;
  readonly pictureBytes?: number;
  readonly unpaced?: boolean;
  /** RTMPS. */
  readonly secure?: boolean;
  /** Everything is encrypted. */
  readonly encrypt?: boolean;
}

/** MiB of the pool, and channels from which on it must be larger. */
const POOL = 256;
const LARGE_POOL = 1024;
const MANY_CHANNELS = 1500;

/** The engine in a process of its own, into a sink that discards. `use` says how at each x. */
export function engine(name: string, use: (x: number) => EngineUse): Contestant {
  return { name, measure: (x, times) => measure(use(x), times) };
}

async function measure(use: EngineUse, { seconds, warmUp }: Times): Promise<Sample> {
  const { channels, source = 'caller', maxBatchDelay = 0, pictureBytes = PICTURE_BYTES } = use;
  const sink = await (use.secure ? TlsSink.start() : Sink.rtmp());
  try {
    const script = fileURLToPath(new URL('../../engine/push.js', import.meta.url));
    const args = ['--port', sink.port, '--channels', channels, '--seconds', seconds, '--warm-up', warmUp];
    args.push('--pool', channels >= MANY_CHANNELS ? LARGE_POOL : POOL, '--source', source);
    args.push('--max-batch-delay', maxBatchDelay, '--picture-bytes', pictureBytes);
    if (use.unpaced) args.push('--unpaced');
    if (use.secure) args.push('--secure');
    if (use.encrypt) args.push('--encrypt');
    return sampleOf(await runJson<PushResult>(process.execPath, [script, ...args.map(String)]), source);
  } finally {
    await sink.stop();
  }
}

function sampleOf(result: PushResult, source: SourceKind): Sample {
  const cpu = result.user + result.system;
  return {
    cpuPerPacket: (cpu * 1e6) / result.packets,
    cores: cpu / result.seconds,
    cpuPerGigabyte: cpu / (result.bytes / 1e9),
    gigabytesPerSecond: result.bytes / 1e9 / result.seconds,
    // A source in the shard is timed from its due time on only where the engine does so.
    ...(result.p99 > 0 || source === 'caller' ? { p50: result.p50, p99: result.p99 } : {}),
    rss: result.rssBytes / 1024 ** 2,
    lost: result.refused,
  };
}
