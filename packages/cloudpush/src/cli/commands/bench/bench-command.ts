import { ExitCode } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import { count, plural } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { placesByUrl } from '../push/channel-place.js';
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
import { reportText } from './report-text.js';

/** Options that `cloudpush push` does not have, or for one destination only. */
type OtherOptions = 'also' | 'loop' | 'tokenServer' | 'device' | 'client' | 'asFastAsPossible' | 'duration';

/** The options of `cloudpush bench`, as the parser gives them. */
export interface BenchOptions extends Omit<PushOptions, OtherOptions>, MediaArguments {
  /** Channels a second. */
  readonly ramp?: number;
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
  const source = await openBenchMedia(files, options, interruption.signal);
  if (source === undefined) return interruption.exitCode!;
  try {
    const secrets = secretsOf(connection);
    const plan: PushPlan = { ...planOf(options), source, places, connection, encryption, secrets };
    const monitor = new BenchMonitor(places.length, options.quiet === true ? undefined : output);
    const outcome = await runPlan(plan, options, output, interruption, monitor);
    const report = benchReport(plan, outcome, monitor, interruption.signal.aborted);
    return tell(report, options, output, interruption);
  } finally {
    await source.close?.();
  }
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
  return interruption.exitCode ?? (report.ok ? ExitCode.ok : ExitCode.failure);
}
