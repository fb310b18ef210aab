import { type EngineLogger, loggerTo, PushEngine } from '@cloudpush/engine';
import type { MediaSource } from '@cloudpush/engine/sources';

import { optimizeEarly } from '../../early-optimization.js';
import { errorText } from '../../error-text.js';
import { ExitCode, usageError } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import type { Output } from '../../terminal/output.js';
import type { ChannelRun } from './channel-run.js';
import { failureLines, warningLines } from './failures.js';
import { PushProgress } from './progress.js';
import { type PushPlan, plannedDuration } from './push-plan.js';
import { type PushOutcome, PushRun } from './push-run.js';
import { type Retry, RetryNotes } from './retry-notes.js';
import { summaryJson, summaryText } from './summary.js';

/** Options of an engine that is run from the command line. */
export interface EngineArguments {
  readonly pool?: number | undefined;
  readonly shards?: number | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** Follows a run in place of the usual progress. */
export interface RunMonitor {
  onRetry(retry: Retry): void;
  onFeeding(channel: ChannelRun): void;
  /** Follows the run until it is disposed of. */
  follow(run: PushRun): Disposable;
}

/** The command that runs a plan: its options, its output, and whether it is told to end. */
interface RunSurroundings {
  readonly options: EngineArguments;
  readonly output: Output;
  readonly interruption: Interruption;
}

/**
 * Runs a plan with its progress shown.
 * @param monitor shows how it goes, and may measure it; left out: the progress of `cloudpush push`
 */
export async function runPlan(
  plan: PushPlan,
  { options, output, interruption }: RunSurroundings,
  monitor: RunMonitor = pushMonitor(plan, options, output),
): Promise<PushOutcome> {
  optimizeEarly();
  const told = new Set<string>();
  tellNotices(plan.source, output, told);
  await using engine = await createEngine(plan, options, output);
  const retries = new RetryNotes(output);
  const run = new PushRun(engine, plan, {
    onRetry: (retry) => {
      retries.tellRetry(retry);
      monitor.onRetry(retry);
    },
    onWaiting: retries.tellWaiting,
    onFeeding: (channel) => monitor.onFeeding(channel),
  });
  using _progress = monitor.follow(run);
  const outcome = await run.run(interruption.signal);
  tellNotices(plan.source, output, told);
  return outcome;
}

function pushMonitor(plan: PushPlan, { quiet }: EngineArguments, output: Output): RunMonitor {
  const follow = (run: PushRun): Disposable =>
    quiet === true
      ? { [Symbol.dispose]() {} }
      : new PushProgress(output, plannedDuration(plan), () => run.snapshot());
  return { onRetry() {}, onFeeding() {}, follow };
}

async function createEngine(
  { places, tokenServer, spool: folder }: PushPlan,
  { pool, shards, verbose }: EngineArguments,
  output: Output,
): Promise<PushEngine> {
  try {
    const logger = verbose === true ? noteLogger(output) : undefined;
    const maxConnections = places.reduce((sum, { also }) => sum + 1 + also.length, 0);
    const spool = folder === undefined ? undefined : { folder };
    return await PushEngine.create({ poolSize: pool, maxConnections, shards, logger, tokenServer, spool });
  } catch (error) {
    throw usageError(errorText(error));
  }
}

/** Lines of the log pass where notes do, so that they and a bar do not write over each other. */
function noteLogger(output: Output): EngineLogger {
  return loggerTo({ write: (line) => output.note(line.trimEnd()) }, 'verbose');
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
    output.result(summaryText(outcome, output.columns));
  }
  // A channel that was given up because the user wanted the end needs no explanation.
  for (const line of failureLines(channels.filter(({ connected }) => connected || !interrupted))) {
    output.error(line);
  }
  for (const line of warningLines(channels)) output.error(line);
  return (
    interruption.exitCode ?? (channels.every(({ complete }) => complete) ? ExitCode.ok : ExitCode.failure)
  );
}

/**
 * Tells what has not been told yet: the end of what comes through a pipe, or of a long file, is read last.
 */
function tellNotices(source: MediaSource, output: Output, told: Set<string>): void {
  for (const notice of source.notices) {
    if (told.has(notice)) continue;
    told.add(notice);
    output.note(`cloudpush: ${notice}`);
  }
}
