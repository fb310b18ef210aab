import type { ConnectTimings } from '@cloudpush/transport';
import { errorText } from '../../error-text.js';
import { megabitsPerSecond, rounded } from '../../terminal/format.js';
import { type ChannelOutcome, droppedFrames } from '../push/channel-run.js';
import { causeText } from '../push/failures.js';
import type { PushPlan } from '../push/push-plan.js';
import type { PushOutcome } from '../push/push-run.js';
import { totalsOf } from '../push/summary.js';
import type { BenchMonitor } from './bench-monitor.js';
import { type Cause, CauseCounter } from './causes.js';
import { type Distribution, distributionOf } from './percentiles.js';
import { publishedToEnd, wasStopped } from './published.js';
import type { PlaybackFigures } from './pull/playback.js';
import type { QueueTrend } from './queue-trend.js';

/** Queues that are longer at the end by more than so many ms of media have grown. */
const GROWTH_LIMIT = 250;

const POOL_TOO_SMALL = 'ERR_CLOUDPUSH_POOL_TOO_SMALL';

/** The stages of a connect, in their order. */
const STAGES = ['dns', 'tcp', 'proxy', 'tls', 'handshake', 'connect', 'createStream', 'publish'] as const;

/** Everything that a benchmark has found. Times in ms. `docs/bench.md` says what each number is. */
export interface BenchReport {
  readonly ok: boolean;
  readonly interrupted: boolean;
  readonly url: string;
  readonly media: { readonly name: string; readonly video: string | null; readonly audio: string | null };
  readonly elapsedMs: number;
  readonly channels: {
    readonly planned: number;
    readonly begun: number;
    readonly connected: number;
    readonly publishedToEnd: number;
    readonly stopped: number;
    readonly failed: number;
  };
  readonly connectMs: Distribution | null;
  readonly publishMs: Distribution | null;
  readonly firstMediaMs: Distribution | null;
  readonly stagesMs: Readonly<Partial<Record<(typeof STAGES)[number], Distribution>>>;
  readonly failures: readonly Cause[];
  readonly retries: { readonly count: number; readonly causes: readonly Cause[] };
  readonly sent: {
    readonly bytes: number;
    readonly mbitPerSecond: number;
    readonly videoFrames: number;
    readonly audioFrames: number;
  };
  readonly server: {
    readonly keptUp: boolean | null;
    readonly dropped: number;
    readonly waits: number;
    readonly queue: QueueTrend;
  };
  readonly latencyMs: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** Of what was played back; null: nothing was. */
  readonly pull: PullReport | null;
  readonly client: {
    readonly maxLagMs: number;
    readonly cpuMicrosecondsPerFrame: number;
    readonly dropped: number;
    readonly waits: number;
    readonly limits: readonly Cause[];
  };
}

/** The way through the server: from the time at which a picture was due to its arrival at a player. */
interface PullReport {
  readonly players: number;
  readonly playing: number;
  readonly latencyMs: Distribution | null;
  readonly firstPictureMs: Distribution | null;
  readonly failures: readonly Cause[];
}

/** The measurements of a monitor that the report needs. */
export type Measurements = Pick<BenchMonitor, 'queues' | 'retries' | 'pull'> & {
  readonly firstMedia: Pick<BenchMonitor['firstMedia'], 'times'>;
};

/** Works the report out, when the run is over. */
export function benchReport(
  { places, source }: Pick<PushPlan, 'places' | 'source'>,
  outcome: PushOutcome,
  { queues, retries, firstMedia, pull }: Measurements,
  interrupted: boolean,
): BenchReport {
  const { channels, elapsed, latency } = outcome;
  const totals = totalsOf(outcome);
  const complete = channels.filter(publishedToEnd).length;
  const failures = failuresOf(channels);
  const connects = channels.flatMap(({ destinations }) => destinations.flatMap((to) => to.connects));
  const { p50, p99, p999, max } = latency;
  return {
    ok:
      !interrupted &&
      complete === places.length &&
      limitedHere(channels).size === 0 &&
      (pull === undefined || pull.playing === pull.players),
    interrupted,
    url: places[0]!.shown,
    media: { name: source.name, video: source.video ?? null, audio: source.audio ?? null },
    elapsedMs: rounded(elapsed, 1),
    channels: {
      planned: places.length,
      begun: channels.length,
      connected: totals.connected,
      publishedToEnd: complete,
      stopped: channels.length - complete - failures.count,
      failed: failures.count,
    },
    connectMs: distributionOf(connects.map(connectTime)) ?? null,
    publishMs: distributionOf(connects.map(publishTime)) ?? null,
    firstMediaMs: distributionOf(firstMedia.times) ?? null,
    stagesMs: stagesOf(connects),
    failures: failures.causes,
    retries: { count: retries.count, causes: retries.causes },
    sent: {
      bytes: totals.bytesSent,
      mbitPerSecond: rounded(megabitsPerSecond(totals.bytesSent, elapsed)),
      videoFrames: totals.videoFrames,
      audioFrames: totals.audioFrames,
    },
    server: serverOf(outcome, queues.trend),
    latencyMs: { p50: rounded(p50), p99: rounded(p99), p999: rounded(p999), max: rounded(max) },
    pull: pull === undefined ? null : pullOf(pull),
    client: {
      ...clientOf(channels),
      maxLagMs: rounded(
        channels.reduce((most, { maxLag }) => Math.max(most, maxLag), 0),
        1,
      ),
      cpuMicrosecondsPerFrame: rounded(totals.cpuPerFrame * 1000, 1),
    },
  };
}

function pullOf({ players, playing, latencies, firstPictures, failures }: PlaybackFigures): PullReport {
  return {
    players,
    playing,
    latencyMs: distributionOf(latencies) ?? null,
    firstPictureMs: distributionOf(firstPictures) ?? null,
    failures: failures.causes,
  };
}

function failuresOf(channels: readonly ChannelOutcome[]): CauseCounter {
  const causes = new CauseCounter();
  for (const channel of channels) {
    if (publishedToEnd(channel) || wasStopped(channel)) continue;
    causes.add(channel.error, channel.error === undefined ? causeText(channel) : errorText(channel.error));
  }
  return causes;
}

/** From the first packet to the answer to `connect`. */
function connectTime({ dns = 0, tcp, proxy = 0, tls = 0, handshake, connect }: ConnectTimings): number {
  return dns + tcp + proxy + tls + handshake + connect;
}

/** From the answer to `connect` to `NetStream.Publish.Start`. */
function publishTime({ createStream, publish }: ConnectTimings): number {
  return createStream + publish;
}

function stagesOf(connects: readonly ConnectTimings[]): BenchReport['stagesMs'] {
  const distributions = STAGES.map((stage) => {
    const times = connects.map((timings) => timings[stage]).filter((time) => time !== undefined);
    return [stage, distributionOf(times)] as const;
  });
  return Object.fromEntries(distributions.filter(([, distribution]) => distribution !== undefined));
}

/**
 * Channels of which this machine kept packets from being sent: what they dropped is not the server's doing. A
 * pool that is too small drops frames of any channel.
 */
function limitedHere(channels: readonly ChannelOutcome[]): ReadonlySet<ChannelOutcome> {
  const limited = channels.filter(({ localProblems }) => localProblems.length > 0);
  const isPool = limited.some(({ localProblems }) =>
    localProblems.some(({ code }) => code === POOL_TOO_SMALL),
  );
  return new Set(isPool ? channels : limited);
}

function troublesOf(channels: readonly ChannelOutcome[]): { dropped: number; waits: number } {
  let dropped = 0;
  let waits = 0;
  for (const { stats, refusals } of channels) {
    dropped += droppedFrames(stats);
    waits += refusals;
  }
  return { dropped, waits };
}

function clientOf(
  channels: readonly ChannelOutcome[],
): Pick<BenchReport['client'], 'dropped' | 'waits' | 'limits'> {
  const limits = new CauseCounter();
  for (const { localProblems } of channels) {
    for (const problem of localProblems) {
      limits.add(problem, errorText(problem).replace('a poolSize of', 'a --pool of'));
    }
  }
  return { ...troublesOf([...limitedHere(channels)]), limits: limits.causes };
}

/**
 * A server that nothing was sent to, or not all that it should have got, has not shown whether it keeps up; it
 * may have shown that it does not.
 */
function serverOf({ channels }: PushOutcome, trend: QueueTrend): BenchReport['server'] {
  const limited = limitedHere(channels);
  const { dropped, waits } = troublesOf(channels.filter((channel) => !limited.has(channel)));
  const { maxMs, growthMs } = trend;
  const queue = { ...trend, maxMs: rounded(maxMs, 1), growthMs: rounded(growthMs, 1) };
  return { keptUp: keptUp(), dropped, waits, queue };

  function keptUp(): boolean | null {
    if (!channels.some(({ connected }) => connected)) return null;
    if (dropped + waits > 0) return false;
    return limited.size > 0 ? null : growthMs <= GROWTH_LIMIT;
  }
}
