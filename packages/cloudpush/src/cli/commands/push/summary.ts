import type { CloudPushError } from '@cloudpush/engine';
import { bytes, count, facts, megabitsPerSecond, plural, rounded, table } from '../../terminal/format.js';
import { type ChannelOutcome, droppedFrames } from './channel-run.js';
import type { DestinationOutcome } from './destination-run.js';
import type { PushOutcome } from './push-run.js';

/** A table of a thousand rows helps nobody: above this, channels that went well are left out. */
const MAX_ROWS = 32;

/** The sum of a run's channels. */
export interface PushTotals {
  readonly channels: number;
  readonly connected: number;
  readonly complete: number;
  readonly videoFrames: number;
  readonly audioFrames: number;
  readonly bytesSent: number;
  readonly dropped: number;
  readonly pauses: number;
  /** ms of processor time a frame; 0 when there was none. */
  readonly cpuPerFrame: number;
}

export function totalsOf({ channels, cpu }: PushOutcome): PushTotals {
  const sum = (value: (channel: ChannelOutcome) => number) =>
    channels.reduce((total, channel) => total + value(channel), 0);
  const videoFrames = sum(({ stats }) => stats.videoFrames);
  const audioFrames = sum(({ stats }) => stats.audioFrames);
  return {
    channels: channels.length,
    connected: sum(({ connected }) => Number(connected)),
    complete: sum(({ complete }) => Number(complete)),
    videoFrames,
    audioFrames,
    bytesSent: sum(({ stats }) => stats.bytesSent),
    dropped: sum(({ stats }) => droppedFrames(stats)),
    pauses: sum(({ stats }) => stats.pauses),
    cpuPerFrame: videoFrames + audioFrames === 0 ? 0 : cpu / (videoFrames + audioFrames),
  };
}

/** The summary for people. */
export function summaryText(outcome: PushOutcome, columns?: number): string {
  const totals = totalsOf(outcome);
  return `${channelTable(outcome, columns)}\n${facts(
    [
      ['channels', `${count(totals.complete)} of ${count(totals.channels)} complete`],
      ['frames', `${count(totals.videoFrames)} video, ${count(totals.audioFrames)} audio`],
      ['sent', sentText(totals.bytesSent, outcome.elapsed)],
      ['CPU a frame', `${(totals.cpuPerFrame * 1000).toFixed(0)} µs, all threads`],
      ['latency', latencyText(outcome)],
    ],
    columns,
  )}`;
}

export function sentText(bytesSent: number, elapsed: number): string {
  const rate = megabitsPerSecond(bytesSent, elapsed).toFixed(1);
  return `${bytes(bytesSent)} in ${(elapsed / 1000).toFixed(1)} s (${rate} Mbit/s)`;
}

export function latencyText({ latency }: PushOutcome): string {
  return `p50 ${latency.p50.toFixed(2)} ms, p99 ${latency.p99.toFixed(2)} ms, from send to the kernel`;
}

function channelTable({ channels, elapsed }: PushOutcome, columns?: number): string {
  const shown =
    channels.length <= MAX_ROWS ? channels : channels.filter(({ complete }) => !complete).slice(0, MAX_ROWS);
  const rows = shown.flatMap((channel) => rowsOf(channel, elapsed));
  const head = ['#', 'to', 'video', 'audio', 'sent', 'Mbit/s', 'dropped', 'pauses', 'result'];
  const text = table(head, rows, columns, ['pauses', 'Mbit/s', 'audio', 'sent', 'dropped', 'video', 'to']);
  const hidden = channels.length - shown.length;
  const note = `${plural(hidden, rows.length === 0 ? 'channel' : 'more channel')} not listed, see --json`;
  return hidden === 0 ? text : rows.length === 0 ? `  ${note}` : `${text}\n  ${note}`;
}

/** A row a destination: which of them got everything is what several are for. */
function rowsOf(channel: ChannelOutcome, elapsed: number): (string | number)[][] {
  const { number, destinations } = channel;
  if (destinations.length === 1) {
    const { stats } = channel;
    const dropped = droppedFrames(stats);
    const result = resultText(channel);
    return [row({ number, url: channel.url, stats, dropped, pauses: stats.pauses, result, elapsed })];
  }
  return destinations.map((destination) => {
    const { url, stats, connected, complete, losses } = destination;
    const { droppedDisposable, droppedPictures, droppedAudio, droppedUndecodable } = stats;
    const dropped = droppedDisposable + droppedPictures + droppedAudio + droppedUndecodable;
    const clean = destination.error === undefined;
    const reconnects = losses;
    const result = resultText({
      ...channel,
      complete,
      connected,
      clean,
      stats: { ...channel.stats, reconnects },
    });
    return row({ number, url, stats, dropped, pauses: channel.stats.pauses, result, elapsed });
  });
}

/** The facts about a destination that its row shows. */
interface RowFacts {
  readonly number: number;
  readonly url: string;
  readonly stats: Pick<ChannelOutcome['stats'], 'videoFrames' | 'audioFrames' | 'bytesSent'>;
  readonly dropped: number;
  readonly pauses: number;
  readonly result: string;
  /** ms */
  readonly elapsed: number;
}

function row({ number, url, stats, dropped, pauses, result, elapsed }: RowFacts): (string | number)[] {
  const { videoFrames, audioFrames, bytesSent } = stats;
  return [
    ...[String(number), url, videoFrames, audioFrames],
    ...[bytes(bytesSent), megabitsPerSecond(bytesSent, elapsed).toFixed(1), dropped, pauses, result],
  ];
}

function resultText({ complete, connected, clean, ending, stats }: ChannelOutcome): string {
  if (complete) return ending === 'stopped' ? 'stopped' : 'complete';
  if (clean || (stats.reconnects > 0 && ending !== 'stopped')) return 'with losses';
  return connected ? 'broken off' : 'not connected';
}

/** The summary for programs. Times in ms unless the name says otherwise. */
export function summaryJson(outcome: PushOutcome, interrupted: boolean): object {
  const { cpuPerFrame, ...totals } = totalsOf(outcome);
  const { p50, p99, p999, max } = outcome.latency;
  return {
    ok: !interrupted && totals.complete === totals.channels && totals.channels > 0,
    interrupted,
    elapsedMs: rounded(outcome.elapsed, 1),
    totals: {
      ...totals,
      mbitPerSecond: rounded(megabitsPerSecond(totals.bytesSent, outcome.elapsed)),
      cpuMicrosecondsPerFrame: rounded(cpuPerFrame * 1000, 1),
      latencyMs: { p50: rounded(p50), p99: rounded(p99), p999: rounded(p999), max: rounded(max) },
    },
    channels: outcome.channels.map(channelJson),
  };
}

function channelJson(channel: ChannelOutcome): object {
  const { stats, error } = channel;
  return {
    channel: channel.number,
    url: channel.url,
    complete: channel.complete,
    connected: channel.connected,
    framesTaken: { video: channel.videoFrames, audio: channel.audioFrames },
    videoFrames: stats.videoFrames,
    audioFrames: stats.audioFrames,
    mediaBytes: channel.mediaBytes,
    bytesSent: stats.bytesSent,
    dropped: droppedFrames(stats),
    lost: stats.packetsLost,
    pauses: stats.pauses,
    reconnects: stats.reconnects,
    refusals: channel.refusals,
    maxLagMs: rounded(channel.maxLag, 1),
    error: errorJson(error),
    warning: errorJson(channel.warning),
    destinations: channel.destinations.map(destinationJson),
  };
}

function destinationJson(destination: DestinationOutcome): object {
  const { url, complete, connected, failedAttempts, losses, error, stats } = destination;
  const { droppedDisposable, droppedPictures, droppedAudio, droppedUndecodable } = stats;
  return {
    url,
    complete,
    connected,
    /** Attempts that had failed before the first connection was up. */
    failedAttempts,
    losses,
    videoFrames: stats.videoFrames,
    audioFrames: stats.audioFrames,
    bytesSent: stats.bytesSent,
    dropped: droppedDisposable + droppedPictures + droppedAudio + droppedUndecodable,
    error: complete ? null : errorJson(error),
    lastFailedAttempt: complete ? errorJson(error) : null,
  };
}

function errorJson(error: CloudPushError | undefined): object | null {
  return error === undefined ? null : { code: error.code, message: error.message };
}
