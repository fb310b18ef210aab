import type { HevcForm } from '@cloudpush/muxer';
import { pino } from 'pino';
import { PushEngine } from '../../engine.js';
import { openSource } from '../../sources/open-source.js';
import type { MediaSource } from '../../sources/source.js';
import { channelUrl } from '../channel-url.js';
import { errorText } from '../error-text.js';
import { ExitCode, usageError } from '../exit-code.js';
import type { Interruption } from '../interruption.js';
import type { Output } from '../output.js';
import { failureLines } from './failures.js';
import { PushProgress } from './progress.js';
import { milliseconds, type PushPlan, plannedDuration } from './push-plan.js';
import { type PushOutcome, PushRun } from './push-run.js';
import { summaryJson, summaryText } from './summary.js';

/** The options of `cloudpush push`, as the parser gives them. */
export interface PushOptions {
  readonly fps?: number;
  readonly loop?: number;
  /** s */
  readonly duration?: number;
  readonly channels: number;
  readonly asFastAsPossible?: boolean;
  readonly hevc?: HevcForm | 'auto';
  readonly overflow?: 'reject' | 'drop';
  readonly reconnect?: boolean;
  readonly pool?: number;
  readonly shards?: number;
  /** s */
  readonly connectTimeout?: number;
  /** s */
  readonly closeTimeout?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** How an engine is run from the command line. */
export interface EngineArguments {
  readonly pool?: number | undefined;
  readonly shards?: number | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** `cloudpush push <input...> <url>` */
export async function pushCommand(
  words: readonly string[],
  options: PushOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const { files, template } = splitWords(words);
  const urls = channelUrls(template, options.channels);
  const source = await openSource(files, { frameRate: options.fps });
  const plan: PushPlan = {
    source,
    passes: options.loop ?? 1,
    limit: milliseconds(options.duration),
    urls,
    realTime: options.asFastAsPossible !== true,
    hevc: options.hevc,
    overflow: options.overflow,
    reconnect: options.reconnect,
    connectTimeout: milliseconds(options.connectTimeout),
    closeTimeout: milliseconds(options.closeTimeout),
  };
  const outcome = await runPlan(plan, options, output, interruption);
  return reportOutcome(outcome, options.json === true, output, interruption);
}

/** The URL is the last word; everything before it is an input. */
function splitWords(words: readonly string[]): { files: string[]; template: string } {
  const files = words.slice(0, -1);
  const template = words.at(-1);
  // Nothing of a URL is repeated: it may hold a token.
  if (template === undefined || !/^rtmps?:\/\//i.test(template)) {
    throw usageError('the last argument must be the URL to push to, rtmp://… or rtmps://…');
  }
  if (files.length === 0) {
    throw usageError('there is no input: name a media file before the URL');
  }
  if (files.some((file) => file.includes('://'))) {
    throw usageError('inputs are files; only the last argument may be a URL');
  }
  return { files, template };
}

/** The URLs of all channels, checked. */
export function channelUrls(template: string, channels: number): string[] {
  try {
    return Array.from({ length: channels }, (_, index) => channelUrl(template, index + 1, channels));
  } catch (error) {
    throw usageError(errorText(error));
  }
}

/** Runs a plan with its progress shown. */
export async function runPlan(
  plan: PushPlan,
  options: EngineArguments,
  output: Output,
  interruption: Interruption,
): Promise<PushOutcome> {
  tellNotices(plan.source, output);
  await using engine = await createEngine(plan.urls.length, options);
  const run = new PushRun(engine, plan);
  using _progress =
    options.quiet === true
      ? undefined
      : new PushProgress(output, plannedDuration(plan), () => run.snapshot());
  return await run.run(interruption.signal);
}

async function createEngine(
  maxConnections: number,
  { pool, shards, verbose }: EngineArguments,
): Promise<PushEngine> {
  try {
    const logger =
      verbose === true ? pino({ level: 'debug' }, pino.destination({ dest: 2, sync: true })) : undefined;
    return await PushEngine.create({ poolSize: pool, maxConnections, shards, logger });
  } catch (error) {
    throw usageError(errorText(error));
  }
}

/** Writes the summary and what went wrong; returns the exit code. */
export function reportOutcome(
  outcome: PushOutcome,
  json: boolean,
  output: Output,
  interruption: Interruption,
): number {
  const interrupted = interruption.signal.aborted;
  const { channels } = outcome;
  if (json) {
    output.json(summaryJson(outcome, interrupted));
  } else if (channels.some(({ connected }) => connected)) {
    output.result(summaryText(outcome));
  }
  // A channel that was given up because the user wanted the end needs no explanation.
  for (const line of failureLines(channels.filter(({ connected }) => connected || !interrupted))) {
    output.error(line);
  }
  return (
    interruption.exitCode ?? (channels.every(({ complete }) => complete) ? ExitCode.ok : ExitCode.failure)
  );
}

function tellNotices(source: MediaSource, output: Output): void {
  for (const notice of source.notices) {
    output.note(`cloudpush: ${notice}`);
  }
}
