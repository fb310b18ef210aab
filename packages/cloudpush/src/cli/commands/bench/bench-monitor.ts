import type { Output } from '../../terminal/output.js';
import { RateMeter } from '../../terminal/rate-meter.js';
import { type ChannelRun, droppedFrames } from '../push/channel-run.js';
import type { PushRun } from '../push/push-run.js';
import type { Retry } from '../push/retry-notes.js';
import type { RunMonitor } from '../push/run-plan.js';
import { type BenchRow, HEAD, rowText } from './bench-rows.js';
import { CauseCounter } from './causes.js';
import { FirstMediaWatch } from './first-media.js';
import { publishedToEnd } from './published.js';
import type { ChannelPlayback } from './pull/channel-playback.js';
import type { PlaybackFigures } from './pull/playback.js';
import { QueueSamples } from './queue-trend.js';

/** Samples of the queues a row, and ms from one row to the next. */
const SAMPLES = 4;
const ROW_INTERVAL = 1000;
/** Rows until the names of the columns are written again. */
const HEAD_EVERY = 20;

/** Follows a benchmark: a row a second, and what its report needs beside the outcomes of the channels. */
export class BenchMonitor implements RunMonitor {
  readonly queues = new QueueSamples();
  readonly retries = new CauseCounter();
  readonly firstMedia = new FirstMediaWatch();
  readonly #planned: number;
  readonly #output: Output | undefined;
  readonly #playback: ChannelPlayback | undefined;
  readonly #rate = new RateMeter();
  #rows = 0;

  /**
   * @param planned how many channels there will be
   * @param output where the rows go; undefined: nowhere
   * @param playback plays back what is published; undefined: nothing is
   */
  constructor(planned: number, output: Output | undefined, playback?: ChannelPlayback) {
    this.#planned = planned;
    this.#output = output;
    this.#playback = playback;
  }

  /** The figures of what was played back; undefined: nothing was. */
  get pull(): PlaybackFigures | undefined {
    return this.#playback?.figures;
  }

  onRetry({ error }: Retry): void {
    this.retries.add(error);
  }

  onFeeding(channel: ChannelRun): void {
    this.firstMedia.add(channel);
    this.#playback?.add(channel);
  }

  follow(run: PushRun): Disposable {
    const startedAt = performance.now();
    let ticks = 0;
    const tick = () => {
      this.#sample(run.channels);
      ticks++;
      if (ticks % SAMPLES === 0) this.#show(run, performance.now() - startedAt);
    };
    const timer = setInterval(tick, ROW_INTERVAL / SAMPLES);
    return {
      [Symbol.dispose]: () => {
        clearInterval(timer);
        this.firstMedia[Symbol.dispose]();
        this.#playback?.close();
      },
    };
  }

  /** Samples the queues while all channels are there: they grow and shrink at both ends of a run. */
  #sample(channels: readonly ChannelRun[]): void {
    if (channels.length < this.#planned) return;
    if (channels.some(({ feed, outcome }) => outcome === undefined && feed?.ending !== undefined)) return;
    const stats = channels.map((channel) => channel.stats);
    if (stats.every(({ state }) => state !== 'publishing')) return;
    const unacknowledged = channels
      .map((channel) => channel.unacknowledgedBytes)
      .filter((bytes) => bytes !== undefined);
    this.queues.add({
      unacknowledged: unacknowledged.length === 0 ? undefined : longest(unacknowledged),
      ms: longest(stats.map(({ queuedMs }) => queuedMs)),
      bytes: stats.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0),
    });
  }

  #show(run: PushRun, elapsed: number): void {
    const output = this.#output;
    if (output === undefined) return;
    if (this.#rows % HEAD_EVERY === 0) output.note(HEAD);
    this.#rows++;
    output.note(rowText(this.#row(run, elapsed)));
  }

  #row({ channels, latency }: PushRun, elapsed: number): BenchRow {
    const row = { connected: 0, publishing: 0, failed: 0, dropped: 0, queueMs: 0 };
    let bytes = 0;
    for (const { stats, wasConnected, outcome } of channels) {
      row.connected += wasConnected ? 1 : 0;
      row.publishing += stats.state === 'publishing' ? 1 : 0;
      row.failed += outcome === undefined || publishedToEnd(outcome) ? 0 : 1;
      row.dropped += droppedFrames(stats);
      row.queueMs = Math.max(row.queueMs, stats.queuedMs);
      bytes += stats.bytesSent;
    }
    const mbitPerSecond = this.#rate.update({ elapsed, bytes });
    return { ...row, elapsed, begun: channels.length, mbitPerSecond, p50: latency.p50, p99: latency.p99 };
  }
}

/** The largest of any number of values; 0 where there is none. */
function longest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
