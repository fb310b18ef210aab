import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { LatencySummary, PushEngine } from '@cloudpush/engine';
import { Pacer } from '@cloudpush/engine/sources';
import { type ChannelOutcome, ChannelRun, type ChannelRunEvents, droppedFrames } from './channel-run.js';
import { type PushPlan, startOf } from './push-plan.js';

/** Channels that are begun at once: between batches, signals are heard and progress is shown. */
const BATCH = 256;

/** State of a run. */
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

/** End of a run. */
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
  /** Time at which the first connection was up: measurements leave out the start of the threads. */
  #firstUp: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | undefined;

  constructor(engine: PushEngine, plan: PushPlan, events: Omit<ChannelRunEvents, 'onConnected'>) {
    this.#engine = engine;
    this.#plan = plan;
    this.#events = { ...events, onConnected: this.#onConnected };
    this.#pacer = new Pacer({ realTime: plan.realTime });
  }

  /**
   * Runs until every channel has ended.
   * @param signal ends the streams cleanly when it aborts.
   */
  async run(signal: AbortSignal): Promise<PushOutcome> {
    const { places } = this.#plan;
    const stop = () => this.#stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const outcomes: Promise<ChannelOutcome>[] = [];
      for (let index = 0; index < places.length; index++) {
        await this.#untilStartOf(index, signal);
        if (signal.aborted) break;
        const run = new ChannelRun(this.#engine, this.#plan, index, this.#events);
        this.#runs.push(run);
        outcomes.push(run.run(this.#pacer));
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

  /** The channels that have begun. */
  get channels(): readonly ChannelRun[] {
    return this.#runs;
  }

  /** From `send…` to the kernel, of all packets so far. */
  get latency(): LatencySummary {
    return this.#engine.stats().latency;
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

  /** Waits for a channel's turn on the ramp, or for the signal. */
  async #untilStartOf(index: number, signal: AbortSignal): Promise<void> {
    const wait = this.#startedAt + startOf(this.#plan, index) - performance.now();
    if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
  }

  readonly #onConnected = (): void => {
    this.#firstUp ??= { at: performance.now(), cpu: process.cpuUsage() };
  };

  #stop(): void {
    for (const run of this.#runs) run.stop();
  }
}
