import { type Logger, pino } from 'pino';
import { PushEngine } from '../../engine.js';
import { loggerTo } from '../../logging/create-logger.js';
import type { MediaSource } from '../../sources/source.js';
import { errorText } from '../error-text.js';
import { ExitCode, usageError } from '../exit-code.js';
import type { Interruption } from '../interruption.js';
import type { Output } from '../output.js';
import { failureLines } from './failures.js';
import { PushProgress } from './progress.js';
import { type PushPlan, plannedDuration } from './push-plan.js';
import { type PushOutcome, PushRun } from './push-run.js';
import { summaryJson, summaryText } from './summary.js';

/** How an engine is run from the command line. */
export interface EngineArguments {
  readonly pool?: number | undefined;
  readonly shards?: number | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** Runs a plan with its progress shown. */
export async function runPlan(
  plan: PushPlan,
  options: EngineArguments,
  output: Output,
  interruption: Interruption,
): Promise<PushOutcome> {
  tellNotices(plan.source, output);
  await using engine = await createEngine(plan, options);
  const run = new PushRun(engine, plan);
  using _progress =
    options.quiet === true
      ? undefined
      : new PushProgress(output, plannedDuration(plan), () => run.snapshot());
  return await run.run(interruption.signal);
}

async function createEngine(
  { places, tokenServer }: PushPlan,
  { pool, shards, verbose }: EngineArguments,
): Promise<PushEngine> {
  try {
    const logger = verbose === true ? stderrLogger() : undefined;
    const maxConnections = places.reduce((sum, { also }) => sum + 1 + also.length, 0);
    return await PushEngine.create({ poolSize: pool, maxConnections, shards, logger, tokenServer });
  } catch (error) {
    throw usageError(errorText(error));
  }
}

function stderrLogger(): Logger<'main'> {
  const destination = pino.destination({ dest: 2, sync: true });
  // A log that finds no place is left out, as notes are.
  destination.on('error', () => {});
  return loggerTo(destination, 'verbose');
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
  return (
    interruption.exitCode ?? (channels.every(({ complete }) => complete) ? ExitCode.ok : ExitCode.failure)
  );
}

function tellNotices(source: MediaSource, output: Output): void {
  for (const notice of source.notices) {
    output.note(`cloudpush: ${notice}`);
  }
}
