import type { ConnectionOptions } from '@cloudpush/engine';
import type { MediaSource } from '@cloudpush/engine/sources';
import { ExitCode, usageError } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import { count, plural } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { channelUrls, placesByUrl } from '../push/channel-place.js';
import {
  connectionOptions,
  encryptionOptions,
  secretsOf,
  tellInsecure,
} from '../push/connection-arguments.js';
import type { PushOptions } from '../push/push-command.js';
import { milliseconds, type PushPlan } from '../push/push-plan.js';
import { splitWords } from '../push/push-words.js';
import { runPlan } from '../push/run-plan.js';
import { type MediaArguments, openBenchMedia } from './bench-media.js';
import { BenchMonitor } from './bench-monitor.js';
import { type BenchReport, benchReport } from './bench-report.js';
import { requirePool } from './pool-check.js';
import { ChannelPlayback } from './pull/channel-playback.js';
import { isStampable, stampedSource } from './pull/stamped-source.js';
import { reportText } from './report-text.js';

/** Options that `cloudpush push` does not have, or for one destination only. */
type OtherOptions = 'also' | 'loop' | 'tokenServer' | 'device' | 'client' | 'asFastAsPossible' | 'duration';

/** The options of `cloudpush bench`, as the parser gives them. */
export interface BenchOptions extends Omit<PushOptions, OtherOptions>, MediaArguments {
  /** Channels a second. */
  readonly ramp?: number;
  /** Plays back what it publishes. */
  readonly pull?: boolean;
  /** Plays back from this URL. */
  readonly pullFrom?: string;
  /** s, from the beginning of the last channel. */
  readonly duration: number;
}

/** `cloudpush bench [input...] <url>` */
export async function benchCommand(
  words: readonly string[],
  options: BenchOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const { files, template } = splitWords(words);
  const places = placesByUrl(template, options.channels);
  const connection = await connectionOptions(
    options,
    places.map(({ url }) => url!),
  );
  const encryption = await encryptionOptions(options);
  tellInsecure(options, output);
  const playback = playbackOf(options, template, connection);
  const media = await openBenchMedia(files, options, interruption.signal);
  if (media === undefined) return interruption.exitCode!;
  try {
    if (playback !== undefined) requireStampable(media);
    const { pool, channels } = options;
    // Files may be long, and are read as they are sent.
    if (pool !== undefined && files.length === 0) await requirePool(pool, channels, media);
    const source = playback === undefined ? media : stampedSource(media, now);
    const secrets = secretsOf(connection);
    const plan: PushPlan = { ...planOf(options), source, places, connection, encryption, secrets };
    const rows = options.quiet === true ? undefined : output;
    const monitor = new BenchMonitor(places.length, rows, playback);
    const outcome = await runPlan(plan, { options, output, interruption }, monitor);
    const report = benchReport(plan, outcome, monitor, interruption.signal.aborted);
    return tell(report, options, output, interruption);
  } finally {
    await media.close?.();
  }
}

function now(): number {
  return performance.now();
}

function playbackOf(
  { pull, pullFrom, channels, encrypt }: BenchOptions,
  template: string,
  connection: ConnectionOptions,
): ChannelPlayback | undefined {
  if (pull !== true && pullFrom === undefined) return undefined;
  if (encrypt !== undefined)
    throw usageError('--pull reads the time in the pictures that come back, which --encrypt hides');
  const urls = channelUrls(pullFrom ?? template, channels);
  return new ChannelPlayback(urls, connection, now);
}

/** @throws CommandError for media whose pictures cannot carry the time */
function requireStampable(media: MediaSource): void {
  if (isStampable(media)) return;
  const found = media.video ?? 'no pictures';
  throw usageError(
    `--pull needs pictures in H.264 or H.265 to carry the time, and ${media.name} has ${found}`,
  );
}

function planOf(options: BenchOptions): Omit<PushPlan, 'source' | 'places'> {
  return {
    passes: Number.POSITIVE_INFINITY,
    limit: milliseconds(options.duration),
    ramp: options.ramp,
    realTime: true,
    hevc: options.hevc,
    overflow: options.overflow,
    reconnect: options.reconnect,
    connectTimeout: milliseconds(options.connectTimeout),
    closeTimeout: milliseconds(options.closeTimeout),
  };
}

function tell(
  report: BenchReport,
  { json }: BenchOptions,
  output: Output,
  interruption: Interruption,
): number {
  if (json === true) output.json(report);
  else output.result(reportText(report, output.columns));
  const { failed, planned } = report.channels;
  if (failed > 0) {
    output.error(`${count(failed)} of ${plural(planned, 'channel')} did not publish to the end`);
  }
  for (const { count: times, message } of report.client.limits) {
    const who = plural(times, 'channel');
    output.error(`this machine was the limit, and says nothing of the server: ${who}: ${message}`);
  }
  return interruption.exitCode ?? (report.ok ? ExitCode.ok : ExitCode.failure);
}
