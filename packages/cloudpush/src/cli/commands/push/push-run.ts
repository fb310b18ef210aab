import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LatencySummary, PushEngine } from '@cloudpush/engine';
import { Pacer } from '@cloudpush/engine/sources';
import { type ChannelOutcome, ChannelRun, type ChannelRunEvents, droppedFrames } from './channel-run.js';
import type { PushPlan } from './push-plan.js';
import type { Retry } from './retry-notes.js';

/** Channels that are begun at once: between batches, signals are heard and progress is shown. */
const BATCH = 256;

/** Where a run stands. */
export interface PushSnapshot {
  /** ms since the run began. */
  readonly elapsed: number;
  readonly channels: number;
  readonly connected: number;
  /** Channels that have ended without being complete. */
  readonly failed: number;
  readonly paused: number;
  /** Frames handed to the connections. */
  readonly frames: number;
  readonly dropped: number;
  /** Bytes that the kernel has accepted. */
  readonly bytesSent: number;
  /** ms of media sent, averaged over the channels. */
  readonly position: number;
  /** ms by which the latest channel is late. */
  readonly lag: number;
}

/** How a run ended. */
export interface PushOutcome {
  readonly channels: readonly ChannelOutcome[];
  /** ms from the first connection being up to the last one being closed. */
  readonly elapsed: number;
  /** Time of all threads on the processors in that time, in ms. */
  readonly cpu: number;
  readonly latency: LatencySummary;
}

/** Pushes a plan on an engine: all channels at once, on one schedule. */
export class PushRun {
  readonly #engine: PushEngine;
  readonly #plan: PushPlan;
  readonly #pacer: Pacer;
  readonly #events: ChannelRunEvents;
  readonly #runs: ChannelRun[] = [];
  readonly #startedAt = performance.now();
  /** When the first connection was up: what is measured leaves out the start of the threads. */
  #firstUp: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | undefined;

  /**
   * @param onRetry called when a connection is going to be made again
   * @param onWaiting called with the URL of a server that is not connected at the end of the input
   */
  constructor(
    engine: PushEngine,
    plan: PushPlan,
    onRetry: (retry: Retry) => void,
    onWaiting: (url: string) => void,
  ) {
    this.#engine = engine;
    this.#plan = plan;
    this.#events = { onConnected: this.#onConnected, onRetry, onWaiting };
    this.#pacer = new Pacer({ realTime: plan.realTime });
  }

  /**
   * Runs until every channel has ended.
   * @param signal ends the streams cleanly when it aborts.
   */
  async run(signal: AbortSignal): Promise<PushOutcome> {
    const { places, source } = this.#plan;
    const stop = () => this.#stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const step = source.frameInterval / places.length;
      const outcomes: Promise<ChannelOutcome>[] = [];
      for (let index = 0; index < places.length && !signal.aborted; index++) {
        const run = new ChannelRun(this.#engine, this.#plan, index, this.#events);
        this.#runs.push(run);
        outcomes.push(run.run(this.#pacer, index * step));
        if (outcomes.length % BATCH === 0) await nextTurn();
      }
      const channels = await Promise.all(outcomes);
      const { user, system } = process.cpuUsage(this.#firstUp?.cpu);
      return {
        channels,
        elapsed: performance.now() - (this.#firstUp?.at ?? this.#startedAt),
        cpu: (user + system) / 1000,
        latency: this.#engine.stats().latency,
      };
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  snapshot(): PushSnapshot {
    const now = performance.now();
    const sum = {
      connected: 0,
      failed: 0,
      paused: 0,
      frames: 0,
      dropped: 0,
      bytesSent: 0,
      position: 0,
      lag: 0,
    };
    for (const { stats, feed, isWell, hasFailed } of this.#runs) {
      sum.connected += isWell ? 1 : 0;
      sum.failed += hasFailed ? 1 : 0;
      sum.paused += stats.paused ? 1 : 0;
      sum.frames += stats.videoFrames + stats.audioFrames;
      sum.dropped += droppedFrames(stats);
      sum.bytesSent += stats.bytesSent;
      sum.position += feed?.position ?? 0;
      sum.lag = Math.max(sum.lag, this.#plan.realTime ? (feed?.lag(now) ?? 0) : 0);
    }
    const channels = this.#plan.places.length;
    return { ...sum, channels, elapsed: now - this.#startedAt, position: sum.position / channels };
  }

  readonly #onConnected = (): void => {
    this.#firstUp ??= { at: performance.now(), cpu: process.cpuUsage() };
  };

  #stop(): void {
    for (const run of this.#runs) run.stop();
  }
}
