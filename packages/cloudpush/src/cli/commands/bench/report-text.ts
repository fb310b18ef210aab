import { bytes, count, facts, table } from '../../terminal/format.js';
import type { BenchReport } from './bench-report.js';
import type { Cause } from './causes.js';
import type { Distribution } from './percentiles.js';

/** Characters of the longest bar of a histogram. */
const BAR = 40;
/** ms by which this machine may be late without being the limit itself. */
const LATE = 100;

/** The report for people. */
export function reportText(report: BenchReport, columns?: number): string {
  const parts = [
    durationTable(report, columns),
    histogram('from the beginning of a channel to its first media, ms', report.firstMediaMs),
    histogram('from due to the player, ms', report.pull?.latencyMs ?? null),
    causeTable('failed', report.failures, columns),
    causeTable('not played', report.pull?.failures ?? [], columns),
    causeTable('limits here', report.client.limits, columns),
    causeTable('retries', report.retries.causes, columns),
    facts(factsOf(report), columns),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function factsOf(report: BenchReport) {
  const { channels, sent, latencyMs, client, retries, elapsedMs, media, pull } = report;
  const states = [
    `${count(channels.publishedToEnd)} of ${count(channels.planned)} published to the end`,
    ...(channels.failed > 0 ? [`${count(channels.failed)} failed`] : []),
    ...(channels.stopped > 0 ? [`${count(channels.stopped)} stopped`] : []),
  ];
  const rows: [string, string][] = [
    ['channels', states.join(', ')],
    ['media', [media.name, media.video, media.audio].filter((part) => part !== null).join(', ')],
    ['frames', `${count(sent.videoFrames)} video, ${count(sent.audioFrames)} audio`],
    [
      'sent',
      `${bytes(sent.bytes)} in ${(elapsedMs / 1000).toFixed(1)} s (${sent.mbitPerSecond.toFixed(1)} Mbit/s)`,
    ],
    ['retries', count(retries.count)],
    ['server', serverText(report)],
    [
      'latency',
      `p50 ${latencyMs.p50.toFixed(2)} ms, p99 ${latencyMs.p99.toFixed(2)} ms, from send to the kernel`,
    ],
    ...(pull === null ? [] : [['played back', playedText(pull)] satisfies [string, string]]),
    ['this machine', clientText(client)],
  ];
  return rows;
}

function playedText({ players, playing, latencyMs }: NonNullable<BenchReport['pull']>): string {
  const had = `${count(playing)} of ${count(players)} had pictures`;
  if (latencyMs === null) return had;
  return `${had}, ${count(latencyMs.count)} in all, p50 ${latencyMs.p50.toFixed(2)} ms, p99 ${latencyMs.p99.toFixed(2)} ms`;
}

function serverText({ server: { keptUp, dropped, waits, queue }, channels }: BenchReport): string {
  if (keptUp === null) {
    return channels.connected === 0 ? 'took nothing' : 'not measured: this machine was the limit';
  }
  const queues = `longest queue ${count(queue.maxMs)} ms, growth ${count(queue.growthMs)} ms`;
  const troubles = `${count(dropped)} frames dropped, ${count(waits)} waits for room`;
  const unacknowledged = queue.maxUnacknowledgedBytes;
  const behind = unacknowledged === null ? '' : `, up to ${bytes(unacknowledged)} a channel not acknowledged`;
  return `${keptUp ? 'kept up' : 'did not keep up'}: ${troubles}, ${queues}${behind}`;
}

function clientText({ maxLagMs, cpuMicrosecondsPerFrame, ...here }: BenchReport['client']): string {
  const late = `frames up to ${count(maxLagMs)} ms late`;
  const limit = maxLagMs > LATE ? ' (it may be the limit itself)' : '';
  const troubles =
    here.limits.length === 0
      ? ''
      : `the limit: ${count(here.dropped)} frames dropped and ${count(here.waits)} waits for room before the server had a part in it; `;
  return `${troubles}${late}${limit}, ${count(cpuMicrosecondsPerFrame)} µs of CPU a frame`;
}

function durationTable(
  { connectMs, publishMs, firstMediaMs, stagesMs, pull }: BenchReport,
  columns?: number,
): string {
  const stages = Object.entries(stagesMs).map(
    ([stage, distribution]) => [`  ${stage}`, distribution] as const,
  );
  const rows = [
    ['connect', connectMs] as const,
    ['publish', publishMs] as const,
    ['first media', firstMediaMs] as const,
    ['through the server', pull?.latencyMs ?? null] as const,
    ['first picture played', pull?.firstPictureMs ?? null] as const,
    ...stages,
  ].flatMap(([name, distribution]) => (distribution === null ? [] : [durationRow(name, distribution)]));
  if (rows.length === 0) return '';
  const head = ['ms', 'count', 'min', 'mean', 'p50', 'p90', 'p99', 'max'];
  return table(head, rows, columns, ['mean', 'p90', 'min', 'count', 'p99']);
}

function durationRow(name: string, distribution: Distribution): (string | number)[] {
  const { min, mean, p50, p90, p99, max } = distribution;
  return [
    name,
    distribution.count,
    ...[min, mean, p50, p90, p99, max].map((ms) => ms.toFixed(2).padStart(8)),
  ];
}

function histogram(title: string, distribution: Distribution | null): string {
  if (distribution === null) return '';
  const most = Math.max(...distribution.histogram.map((bucket) => bucket.count));
  const lines = distribution.histogram.map((bucket) => {
    const bound = bucket.upTo === null ? 'more' : `≤ ${bucket.upTo}`;
    const bar = '█'.repeat(Math.ceil((bucket.count / most) * BAR));
    return `  ${bound.padStart(7)}  ${count(bucket.count).padStart(6)}  ${bar}`.trimEnd();
  });
  return [`  ${title}`, ...lines].join('\n');
}

function causeTable(title: string, causes: readonly Cause[], columns?: number): string {
  if (causes.length === 0) return '';
  const rows = causes.map((cause) => [cause.count, cause.code ?? 'no error', cause.message]);
  return table([title, 'code', 'the first one'], rows, columns, ['code']);
}
