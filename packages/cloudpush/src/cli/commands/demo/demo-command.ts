import { makeRecordingFolder } from '@cloudpush/engine/recording';
import type { MediaSource } from '@cloudpush/engine/sources';
import { openSource } from '@cloudpush/engine/sources';
import type { HevcForm } from '@cloudpush/muxer';
import { BUNDLED_CLIP } from '../../bundled-clip.js';
import { ExitCode, usageError } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import { plural } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { type ChannelPlace, placesByUrl } from '../push/channel-place.js';
import { milliseconds, type PushPlan } from '../push/push-plan.js';
import type { PushOutcome } from '../push/push-run.js';
import { type EngineArguments, reportOutcome, runPlan } from '../push/run-plan.js';
import { ReceiverProcess } from './receiver-process.js';
import { verdictJson, verdictText } from './verdict.js';
import { type ChannelVerdict, verify } from './verify.js';

/** The options of `cloudpush demo`, as the parser gives them. */
export interface DemoOptions extends EngineArguments {
  readonly channels: number;
  /** s */
  readonly duration: number;
  readonly record?: string;
  readonly hevc?: HevcForm | 'auto';
  /** s */
  readonly connectTimeout?: number;
  /** s */
  readonly closeTimeout?: number;
  readonly json?: boolean;
}

/** Folder of recordings unless told otherwise. */
export const DEFAULT_FOLDER = 'recordings';

/** `cloudpush demo [url]` */
export async function demoCommand(
  url: string | undefined,
  options: DemoOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const source = await openSource(BUNDLED_CLIP);
  if (url === undefined) return await pushAndCompare(source, options, output, interruption);
  if (!/^rtmps?:\/\//i.test(url)) {
    throw usageError('the argument must be the URL to push to, rtmp://… or rtmps://…');
  }
  if (options.record !== undefined) {
    throw usageError('--record needs the demo to receive what it pushes: leave out the URL');
  }
  const plan = planFor(source, placesByUrl(url, options.channels), options);
  const outcome = await runPlan(plan, { options, output, interruption });
  return reportOutcome(outcome, options.json === true, output, interruption);
}

async function pushAndCompare(
  source: MediaSource,
  options: DemoOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const folder = options.record ?? DEFAULT_FOLDER;
  await makeRecordingFolder(folder);
  await using receiver = await ReceiverProcess.start(folder);
  if (options.quiet !== true) {
    const channels = plural(options.channels, 'channel');
    output.note(
      `cloudpush: pushing ${source.name} on ${channels} for ${options.duration} s to ${receiver.url}`,
    );
  }
  const places = placesByUrl(`${receiver.url}demo/channel-{i}`, options.channels);
  const outcome = await runPlan(planFor(source, places, options), { options, output, interruption });
  await receiver.stop();
  const verdicts = await verify(source, outcome.channels, ({ number }) =>
    receiver.recordings.get(`channel-${number}`),
  );
  return report({ outcome, verdicts, folder }, options, output, interruption);
}

interface DemoResult {
  readonly outcome: PushOutcome;
  readonly verdicts: readonly ChannelVerdict[];
  /** Of the recordings. */
  readonly folder: string;
}

function report(
  { outcome, verdicts, folder }: DemoResult,
  options: DemoOptions,
  output: Output,
  interruption: Interruption,
): number {
  const ok = verdicts.length > 0 && verdicts.every((verdict) => verdict.ok);
  if (options.json === true) {
    output.json(verdictJson(outcome, verdicts, folder, interruption.signal.aborted));
  } else {
    output.result(verdictText(outcome, verdicts, folder, output.columns));
  }
  return interruption.exitCode ?? (ok ? ExitCode.ok : ExitCode.failure);
}

function planFor(source: MediaSource, places: ChannelPlace[], options: DemoOptions): PushPlan {
  return {
    source,
    passes: Number.POSITIVE_INFINITY,
    limit: milliseconds(options.duration),
    places,
    realTime: true,
    hevc: options.hevc,
    connectTimeout: milliseconds(options.connectTimeout),
    closeTimeout: milliseconds(options.closeTimeout),
  };
}
